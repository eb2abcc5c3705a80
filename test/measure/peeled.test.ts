import { describe, expect, test } from "vitest";
import { type PeeledOptions, peeledOf, type Stream, solvePeeled } from "../../src/measure/index.ts";
import { gramPoints, predictionsOf, solvePoints } from "../../src/solver/index.ts";
import { featuresOf, type Inputs, inputs, meanPredictions, trained } from "./two-layers.ts";

const inf = Number.POSITIVE_INFINITY;

/** Rows in blocks of some size that divides nothing. */
function streamOf(rows: ArrayLike<number>, d: number, { labels, K }: Inputs, step = 17): Stream {
  return {
    d,
    K,
    head: null,
    async *blocks(from, to) {
      for (let first = from; first < to; first += step) {
        const n = Math.min(step, to - first);
        const features = Float64Array.from({ length: n * d }, (_, e) => rows[first * d + e]);
        yield { first, n, features, labels: labels.slice(first, first + n) };
      }
    },
  };
}

const solveOn = (of: Inputs, options: PeeledOptions) =>
  solvePeeled(
    { stream: streamOf(of.phi, of.p, of), n: of.labels.length, withOne: (options.biasWeightDecay ?? 1) > 0 },
    { tolerance: 1e-9, ...options },
  );

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let off = 0;
  let size = 0;
  for (let e = 0; e < b.length; e++) {
    off += (a[e] - b[e]) ** 2;
    size += b[e] ** 2;
  }
  return Math.sqrt(off / size);
};

describe("the last two layers themselves, minimized as they are, end where the convex problem says", () => {
  // Fewer numbers than samples, so that the layers cannot collapse the classes; and as many as they like.
  test.each([
    ["7 numbers, 90 samples", { counts: [45, 25, 12, 8], p: 7, spread: 1.2, decay: 0.01 }],
    ["strong decay", { counts: [45, 25, 12, 8], p: 7, spread: 1.2, decay: 0.15 }],
    ["60 numbers, 40 samples", { counts: [20, 12, 8], p: 60, spread: 0.8, decay: 0.02 }],
    ["no bias in the head", { counts: [30, 15, 10], p: 6, spread: 1, decay: 0.02, biasDecay: inf }],
    ["a weak decay of the bias", { counts: [30, 15, 10], p: 6, spread: 1, decay: 0.02, biasDecay: 0.001 }],
    ["biases that do not decay", { counts: [30, 15, 10], p: 6, spread: 1, decay: 0.02, biasDecay: 0 }],
  ])(
    "%s",
    async (_, {
      counts,
      p,
      spread,
      decay,
      biasDecay,
    }: { counts: number[]; p: number; spread: number; decay: number; biasDecay?: number }) => {
      const of = inputs(counts, p, spread, 3);
      const layers = await trained(of, { d: 5, decay, biasDecay });
      const found = await solveOn(of, { weightDecay: decay, biasWeightDecay: biasDecay });
      expect(found.solved).toBe("samples");
      expect(found.objective - found.dual).toBeLessThan(1e-8 * found.objective);
      // Without decay of v the layers come near the infimum only: |W| may be small and v large.
      const near = biasDecay === 0 ? 1e-4 : 1e-8;
      expect(layers.objective).toBeGreaterThan(found.dual - 1e-12);
      expect(layers.objective / found.objective - 1).toBeLessThan(near);
      if (biasDecay === 0) return;
      expect(distance(meanPredictions(of, layers), found.Z)).toBeLessThan(1e-4);
      if (biasDecay !== inf) expect(distance(layers.b, found.b)).toBeLessThan(1e-3);
      // The class means: a lower bound.
      expect(found.classMeans.objective).toBeLessThan(found.objective);
    },
  );
});

test("a narrow space that is kept small ends at the same Z", async () => {
  const of = inputs([300, 150, 80, 40], 40, 1.5, 5);
  const options = { weightDecay: 0.01, tolerance: 1e-6 };
  const wide = await solveOn(of, options);
  // 3 K numbers a sample, the least that is allowed: each round has to throw directions away.
  const narrow = await solveOn(of, { ...options, most: 570 * 12 });
  expect(narrow.solved).toBe("samples");
  expect(narrow.objective / wide.objective - 1).toBeLessThan(1e-5);
  expect(narrow.dual).toBeLessThanOrEqual(wide.objective);
  expect(distance(narrow.Z, wide.Z)).toBeLessThan(1e-2);
  // Without room for these the class means are solved, and what that proves of the samples is said.
  const means = await solveOn(of, { ...options, most: 570 * 12 - 1 });
  expect(means.solved).toBe("class-means");
  expect(means.objective).toBeGreaterThan(wide.objective);
  expect(means.dual).toBeLessThan(wide.objective);
  expect(means.Z).toEqual(wide.classMeans.Z);
  expect(await solveOn(of, { ...options, meansOnly: true })).toEqual(means);
});

/** Deviations from the class means along axes that nothing else uses, each sample its own pair of axes with a sign for its twin. */
function orthogonal(counts: readonly number[]): Inputs {
  const K = counts.length;
  const labels = counts.flatMap((n, k) => new Array<number>(n).fill(k));
  const p = K + labels.length / 2;
  const phi = new Float64Array(labels.length * p);
  labels.forEach((k, i) => {
    for (let j = 0; j < K; j++) phi[i * p + j] = 0.3 + (j === k ? 1 : 0) + 0.1 * ((j * k) % 3);
    phi[i * p + K + Math.floor(i / 2)] = i % 2 === 0 ? 0.9 : -0.9;
  });
  return { phi, labels, p, K };
}

describe("the class means", () => {
  test("are exact where what varies within the classes is orthogonal to the means", async () => {
    const of = orthogonal([24, 12, 6]);
    const { classMeans, ...found } = await solveOn(of, { weightDecay: 0.02 });
    expect(classMeans.objective).toBeCloseTo(found.objective, 9);
    expect(distance(classMeans.Z, found.Z)).toBeLessThan(1e-6);
    const layers = await trained(of, { d: 4, decay: 0.02 });
    expect(layers.objective).toBeCloseTo(classMeans.objective, 8);
    expect(distance(meanPredictions(of, layers), classMeans.Z)).toBeLessThan(1e-4);
  });

  test("metric: the inverse of the Gram matrix of the sample means, which has the spread within the classes in it already", async () => {
    // Independent samples: the means are what is left of noise, |mean_k|^2 = alpha_k / n_k with alpha the mean square of the deviations about the true mean 0.
    const counts = [24, 12, 6];
    const labels = counts.flatMap((n, k) => new Array<number>(n).fill(k));
    const n = labels.length;
    const of = { K: 3, labels, p: n, phi: Float64Array.from({ length: n * n }, (_, e) => (e % (n + 1) === 0 ? 1 : 0)) };
    const decay = 0.01;
    const layers = await trained(of, { d: 4, decay });
    const found = await solveOn(of, { weightDecay: decay });
    expect(layers.objective).toBeCloseTo(found.objective, 8);
    expect(found.classMeans.objective).toBeCloseTo(found.objective, 9);
    // The spread added to the Gram matrix once more is another problem, with a lower minimum and another Z.
    const gram = Float64Array.from({ length: 9 }, (_, e) => 1 + (e % 4 === 0 ? 1 / counts[e / 4] : 0));
    const twice = gram.map((g, e) => g + (e % 4 === 0 ? (1 - 1 / counts[e / 4]) / counts[e / 4] : 0));
    const solved = (of: Float64Array) => {
      const points = {
        K: 3,
        ...gramPoints(of, 3),
        labels: [0, 1, 2],
        mass: Float64Array.from(counts, (c) => c / n),
        lambda: decay,
        lambdaB: decay,
      };
      const { answer, certificate } = solvePoints(points);
      return { Z: predictionsOf(points, answer), objective: certificate.objective };
    };
    expect(solved(gram).objective).toBeCloseTo(found.objective, 9);
    expect(solved(twice).objective).toBeLessThan(0.9 * found.objective);
    expect(distance(solved(twice).Z, found.Z)).toBeGreaterThan(0.05);
  });
});

describe("beside what is measured", () => {
  const of = inputs([40, 20, 10, 6], 9, 1, 8);
  const decay = 0.02;
  const measure = async (layers: Awaited<ReturnType<typeof trained>>, shift = 0) => {
    const Z = meanPredictions(of, layers);
    const head = { W: layers.W, b: layers.b };
    const features = {
      ...streamOf(
        featuresOf(of, layers).map((h) => h + shift),
        layers.v.length,
        of,
      ),
      head,
    };
    const notes: string[] = [];
    const rows = [0, 1, 2, 3].map((i) => Array.from(Z.subarray(i * 4, i * 4 + 4)));
    const found = await peeledOf(
      features,
      { hidden: streamOf(of.phi, of.p, of), n: of.labels.length },
      { Z: rows, b: Array.from(layers.b) },
      { weightDecay: decay, tolerance: 1e-7 },
      (text) => notes.push(text),
    );
    return { found, notes };
  };

  test("layers at rest: no error, no residual, nothing to warn of", async () => {
    const layers = await trained(of, { d: 6, decay });
    const { found, notes } = await measure(layers);
    expect(found.Zerror?.frobenius).toBeLessThan(1e-3);
    expect(found.berror?.frobenius).toBeLessThan(1e-3);
    expect(found.rest?.featureLayer).toBeLessThan(1e-4);
    expect(found.rest?.spectralRatio).toBeCloseTo(1, 5);
    expect(found.rest?.nonnegative).toBe(false);
    expect(notes).toEqual([]);
    expect(found.p).toBe(9);
    expect(found.gap).toBeCloseTo(found.objective - found.dual, 15);
    // The class means miss by as much as the spread within the classes matters.
    expect(found.classMeans.Zerror?.frobenius).toBeGreaterThan(10 * (found.Zerror?.frobenius as number));
  });

  test("layers that are not at rest are warned of, and so are features without a sign", async () => {
    const layers = await trained(of, { d: 6, decay: 0.05 });
    const { found, notes } = await measure(layers);
    expect(found.rest?.featureLayer).toBeGreaterThan(0.1);
    expect(notes.join()).toMatch(/not at rest under this weight decay \(residual/);
    expect((await measure(layers, 100)).notes.join()).toMatch(/no feature is negative/);
  });

  test("without a decay of the layer's bias, a constant in all features hides nothing", async () => {
    const layers = await trained(of, { d: 6, decay: 0.05, biasDecay: 0 });
    const [n, K, d, p] = [of.labels.length, of.K, 6, of.p];
    const h = featuresOf(of, layers);
    const measured = async (shift: number) => {
      // h + c and b - W c: the same logits.
      const W = layers.W;
      const b = layers.b.map((x, k) => x - shift * W.subarray(k * d, k * d + d).reduce((sum, w) => sum + w, 0));
      const stream = streamOf(
        h.map((x) => x + shift),
        d,
        of,
      );
      const notes: string[] = [];
      const { rest } = await peeledOf(
        { ...stream, head: { W, b } },
        { hidden: streamOf(of.phi, p, of), n },
        { Z: null, b: null },
        { weightDecay: decay, biasWeightDecay: 0, meansOnly: true },
        (text) => notes.push(text),
      );
      return { residual: rest?.featureLayer as number, warned: /not at rest/.test(notes.join()) };
    };
    // From the weights: V against -W'G/lambda, what each makes of phi about its mean.
    const G = new Float64Array(K * p);
    for (let i = 0; i < n; i++) {
      const u = Array.from({ length: K }, (_, k) => {
        let sum = layers.b[k];
        for (let c = 0; c < d; c++) sum += layers.W[k * d + c] * h[i * d + c];
        return sum;
      });
      const total = u.reduce((sum, z) => sum + Math.exp(z), 0);
      for (let k = 0; k < K; k++)
        for (let j = 0; j < p; j++)
          G[k * p + j] += ((Math.exp(u[k]) / total - (k === of.labels[i] ? 1 : 0)) * of.phi[i * p + j]) / n;
    }
    const means = Array.from({ length: p }, (_, j) => of.labels.reduce((sum, _, i) => sum + of.phi[i * p + j] / n, 0));
    let [off, size] = [0, 0];
    for (let i = 0; i < n; i++)
      for (let c = 0; c < d; c++) {
        let [has, lacks] = [0, 0];
        for (let j = 0; j < p; j++) {
          const x = of.phi[i * p + j] - means[j];
          let resting = 0;
          for (let k = 0; k < K; k++) resting -= (layers.W[k * d + c] * G[k * p + j]) / decay;
          has += layers.V[c * p + j] * x;
          lacks += (layers.V[c * p + j] - resting) * x;
        }
        off += lacks * lacks;
        size += has * has;
      }
    const expected = Math.sqrt(off / size);
    expect(expected).toBeGreaterThan(0.2);
    for (const [shift, digits] of [
      [0, 9],
      [100, 8],
      [-1e5, 6],
    ]) {
      const { residual, warned } = await measured(shift);
      expect(residual / expected).toBeCloseTo(1, digits);
      expect(warned).toBe(true);
    }
  });

  test("features that do not vary have no residual", async () => {
    const notes: string[] = [];
    const at = async (value: number, biasWeightDecay: number) => {
      const stream = streamOf(new Float64Array(of.labels.length * 2).fill(value), 2, of);
      const { rest } = await peeledOf(
        { ...stream, head: { W: new Float64Array(8).fill(0.1), b: new Float64Array(4) } },
        { hidden: streamOf(of.phi, of.p, of), n: of.labels.length },
        { Z: null, b: null },
        { weightDecay: decay, biasWeightDecay, meansOnly: true },
        (text) => notes.push(text),
      );
      return rest?.featureLayer;
    };
    expect([await at(0, 0), await at(7, 0), await at(0, 1)]).toEqual([null, null, null]);
    expect(notes.filter((note) => /do not vary/.test(note))).toHaveLength(3);
    expect(await at(7, 1)).toBeGreaterThan(0);
  });

  test("what is refused", async () => {
    const none = { ...of, labels: of.labels.map((k) => (k === 2 ? 0 : k)) };
    await expect(solveOn(none, { weightDecay: decay })).rejects.toThrow(
      "class 2: expected at least one sample of each class, got 0",
    );
    await expect(solveOn(of, { weightDecay: 0 })).rejects.toThrow("weightDecay: expected a positive finite number, got 0");
    await expect(solveOn(of, { weightDecay: decay, biasWeightDecay: -1 })).rejects.toThrow(
      "biasWeightDecay: expected a number of at least 0",
    );
    const broken = { ...of, phi: of.phi.map((x, e) => (e === 31 ? Number.NaN : x)) };
    await expect(solveOn(broken, { weightDecay: decay })).rejects.toThrow("hidden[3][4]: expected a finite number");
  });
});
