import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { random } from "../../src/math/random.ts";
import {
  type Block,
  bothPasses,
  cosineHead,
  cosineStream,
  finish,
  measureFeatures,
  type Stream,
} from "../../src/measure/index.ts";
import { type Cloud, clouds, plain } from "./plain.ts";

const near = (x: number | null | undefined, y: number, tolerance = 1e-9): void => {
  expect(x).not.toBeNull();
  expect(Math.abs((x as number) - y)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(y)));
};

test("one sample a class: what is about spread within classes is undefined, loudly", () => {
  const m = measureFeatures(clouds([1, 1, 1, 1], 3, 0.1, 1));
  expect([m.nc1.paper, m.nc1.sampleWeighted, m.nc1.classBalanced, m.traceRatio, m.cdnv]).toEqual([null, null, null, null, null]);
  expect(m.notes.join()).toMatch(/every class has ONE sample.*undefined/);
  expect(m.nc2.equinormMeans).toBeGreaterThan(0);
  // One class with two is enough.
  expect(measureFeatures(clouds([2, 1, 1, 1], 3, 0.1, 1)).nc1.paper).toBeGreaterThan(0);
});

test("blockDeviation needs a block of two entries", () => {
  const distinct = measureFeatures(clouds([5, 4, 3], 3, 0.1, 1));
  expect(distinct.blockDeviation).toBeNull();
  expect(distinct.notes.join()).toMatch(/every count occurs once.*blockDeviation is undefined/);
  const two = measureFeatures(clouds([5, 3, 3], 3, 0.1, 1));
  expect(two.blockDeviation).toBeGreaterThan(0);
  expect(two.notes.join()).not.toMatch(/blockDeviation/);
});

describe("nearly equal means", () => {
  /** Classes 3 and 4 with means `apart` from each other; the same with both means in the middle, for the printed formulas. */
  const pair = (apart: number, counts: number[]): { data: Cloud; rest: Cloud } => {
    const data = clouds(counts, 6, 0.3, 7);
    const { labels, d } = data;
    const mean = (k: number): number[] =>
      Array.from({ length: d }, (_, j) =>
        labels.reduce((s, l, i) => s + (l === k ? data.features[i * d + j] / counts[k] : 0), 0),
      );
    const gap = mean(3).map((x, j) => x - mean(4)[j]);
    const size = Math.hypot(...gap);
    // Move class 4 towards class 3 along the line between them.
    labels.forEach((l, i) => {
      if (l === 4) for (let j = 0; j < d; j++) data.features[i * d + j] += gap[j] * (1 - apart / size);
    });
    const middle = gap.map((x) => (x / size) * (apart / 2));
    const features = data.features.map((x, e) => {
      const k = labels[Math.floor(e / d)];
      return k === 3 ? x - middle[e % d] : k === 4 ? x + middle[e % d] : x;
    });
    return { data, rest: { ...data, features } };
  };
  test.each([1e-2, 1e-5, 1e-9])("%s apart: NC1 is that pair, and what it is without", (apart) => {
    const { data, rest } = pair(apart, [20, 15, 10, 8, 5]);
    const m = measureFeatures(data);
    expect(m.nc1.paper as number).toBeGreaterThan(0.01 / apart ** 2);
    const note = m.notes.find((text) => text.startsWith("nc1 is that pair"));
    expect(note).toMatch(/means of classes 3 and 4 are \S+ of the largest distance apart/);
    const said = /nc1 is (\S+) \(paper\), (\S+) \(sampleWeighted\), (\S+) \(classBalanced\)/.exec(
      note as string,
    ) as RegExpExecArray;
    const expected = plain(rest);
    near(Number(said[1]), expected.paper, 0.01 * expected.paper);
    near(Number(said[2]), expected.sampleWeighted, 0.01 * expected.sampleWeighted);
    near(Number(said[3]), expected.classBalanced, 0.01 * expected.classBalanced);
  });

  test("1e-12 apart: nc1 is without them, and says so", () => {
    const { data, rest } = pair(1e-12, [20, 15, 10, 8, 5]);
    const m = measureFeatures(data);
    near(m.nc1.classBalanced, plain(rest).classBalanced, 1e-6);
    expect(m.notes.join()).toMatch(/classes 3 and 4 are \S+e-1[23] of the largest distance apart: too near for nc1/);
  });

  test("three in a group, and a second group", () => {
    const r = random(4);
    const at = [0, 0.001, 0.002, 5, 5.001, 9];
    const labels = Array.from({ length: 120 }, (_, i) => i % 6);
    const features = Float64Array.from(
      labels.flatMap((k) => [at[k], ...[1, 2, 3, 4].map((j) => (at[k] > j ? j : 0.0003 * ((k * j) % 4)))]),
      (x) => x + 0.1 * r.normal() * 0.01,
    );
    const m = measureFeatures({ features, labels, d: 5, K: 6 });
    expect(m.notes.join()).toMatch(/nc1 is that of those groups: the means of classes 0 and 1 and 2; 3 and 4 are/);
  });

  test("classes that are well apart have no note", () => {
    expect(measureFeatures(clouds([20, 10, 5], 4, 0.5, 3)).notes.join()).not.toMatch(/apart/);
  });
});

test("logits in place of features are said", () => {
  const K = 4;
  const r = random(8);
  const labels = Array.from({ length: 80 }, (_, i) => i % K);
  const logits = Float64Array.from(labels.flatMap((k) => Array.from({ length: K }, (_, j) => (j === k ? 3 : 0) + r.normal())));
  const right = labels.filter((k, i) => [0, 1, 2, 3].every((j) => logits[i * K + j] <= logits[i * K + k])).length;
  const note = (features: Float64Array, d: number): string => measureFeatures({ features, labels, d, K }).notes.join();
  expect(note(logits, K)).toMatch(
    `look like logits, not features: there are 4 a sample, as many as classes, and the largest is that of the label in ${Math.round((100 * right) / 80)} % of 80`,
  );
  // Nonnegative features with a direction for each class; features in another order; more features than classes.
  expect(
    note(
      logits.map((x) => Math.max(0, x)),
      K,
    ),
  ).not.toMatch(/logits/);
  expect(
    note(
      logits.map((_, e) => logits[e % K === K - 1 ? e - 3 : e + 1]),
      K,
    ),
  ).not.toMatch(/logits/);
  expect(note(Float64Array.from(labels.flatMap((_, i) => [...logits.subarray(i * K, i * K + K), 0])), K + 1)).not.toMatch(
    /logits/,
  );
});

test("cross-entropy and accuracy over all samples", () => {
  const data = clouds([9, 6, 4], 3, 1, 5);
  const { features, labels, d, K, head } = data;
  let [crossEntropy, right] = [0, 0];
  labels.forEach((k, i) => {
    const u = Array.from(
      { length: K },
      (_, c) =>
        head.b[c] + Array.from({ length: d }, (_, j) => head.W[c * d + j] * features[i * d + j]).reduce((x, y) => x + y, 0),
    );
    const p = u.map((x) => Math.exp(x) / u.reduce((s, y) => s + Math.exp(y), 0));
    crossEntropy -= Math.log(p[k]) / labels.length;
    if (u[k] === Math.max(...u)) right++;
  });
  const m = measureFeatures(data);
  near(m.crossEntropy, crossEntropy, 1e-12);
  near(m.accuracyOverall, right / labels.length, 1e-15);
  const { head: _, ...without } = data;
  expect([measureFeatures(without).crossEntropy, measureFeatures(without).accuracyOverall]).toEqual([null, null]);
});

test("a cosine head is a linear one on features of length 1", async () => {
  const data = clouds([9, 6, 4, 4], 3, 1, 5);
  const { features, labels, d, K, head } = data;
  const unit = (x: ArrayLike<number>): Float64Array =>
    Float64Array.from(x, (v, e) => v / Math.hypot(...Array.from({ length: d }, (_, j) => x[Math.floor(e / d) * d + j])));
  const normal = { features: unit(features), labels, d, K, head: { W: unit(head.W).map((w) => 30 * w), b: head.b } };
  const m = measureFeatures({ ...data, cosine: { scale: 30 } });
  const expected = plain(normal);
  near(m.nc1.paper, expected.paper);
  near(m.nc3, expected.nc3);
  near(m.nc4, expected.nc4);
  m.Z?.forEach((row, i) => {
    row.forEach((z, k) => {
      near(z, expected.Z[i][k]);
    });
  });
  const simple = { W: Float64Array.of(3, 4, 0, 0), b: new Float64Array(2) };
  expect(cosineHead(simple, 2, 10).W).toEqual(Float64Array.of(6, 8, 0, 0));
  expect(cosineHead(simple, 2, 0.5).W).toEqual(Float64Array.of(0.3, 0.4, 0, 0));
  // Without a scale the logits are the cosines.
  expect(cosineHead(simple, 2).W).toEqual(Float64Array.of(0.6, 0.8, 0, 0));
  for (const scale of [0, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => cosineHead(simple, 2, scale)).toThrow(InputError);
  const stream: Stream = {
    d,
    K,
    head,
    async *blocks(from, to): AsyncGenerator<Block & { first: number }> {
      for (let first = from; first < to; first += 5) {
        const end = Math.min(to, first + 5);
        yield { first, n: end - first, features: features.subarray(first * d, end * d), labels: labels.slice(first, end) };
      }
    },
  };
  const streamed = cosineStream(stream, 30);
  const { frame, within } = await bothPasses(streamed, labels.length);
  const measured = finish(frame, within, streamed.head);
  near(measured.nc1.paper, expected.paper);
  near(measured.nc4, expected.nc4);
  near(measured.crossEntropy, m.crossEntropy as number);
  expect(cosineStream({ ...stream, head: null }).head).toBeNull();
  expect(() => measureFeatures({ ...data, cosine: { scale: -1 } })).toThrow(/scale: expected a positive number, got -1/);
  expect(() => measureFeatures({ features, labels, d, K, cosine: {} })).toThrow(/cosine: expected a head beside it/);
});

describe("numbers too small or too large for their squares", () => {
  const data = clouds([9, 6, 4], 3, 1, 5);
  const at = (scale: number) => ({ ...data, features: data.features.map((x) => scale * x) });
  test.each([1e-69, 1e-40, 1e40, 1e69])("measures do not depend on the unit: %s", (scale) => {
    const [m, expected] = [measureFeatures(at(scale)), measureFeatures(data)];
    for (const name of ["paper", "sampleWeighted", "classBalanced"] as const) near(m.nc1[name], expected.nc1[name] as number);
    for (const name of ["traceRatio", "cdnv", "nc3"] as const) near(m[name], expected[name] as number);
    for (const name of ["equinormMeans", "equiangularMeans", "etfDistance"] as const)
      near(m.nc2[name], expected.nc2[name] as number);
  });
  test.each([1e-72, 1e-155, 1e-160, 1e-300, 1e71, 1e155, 1e300])("%s is refused with the way out", (scale) => {
    expect(() => measureFeatures(at(scale))).toThrow(InputError);
    expect(() => measureFeatures(at(scale))).toThrow(
      scale < 1
        ? /features: expected numbers that are not all below 1e-70.*multiply/
        : /features\[0\]\[\d\]: expected a finite number of at most 1e\+70/,
    );
  });
  test("the head's too; but features, weights and biases of 0 are fine, and tiny biases", () => {
    const { W, b } = data.head;
    const head = (x: number, y: number) => () =>
      measureFeatures({ ...data, head: { W: W.map((w) => x * w), b: b.map((v) => y * v) } });
    expect(head(1e-160, 1)).toThrow(/head\.W: expected numbers that are not all below 1e-70/);
    expect(head(1e200, 1)).toThrow(/head\.W, entry 0: expected a finite number of at most 1e\+70/);
    expect(head(1, 1e200)).toThrow(/head\.b, entry 0/);
    expect(JSON.stringify(head(1, 1e-200)())).not.toMatch(/NaN/);
    expect(JSON.stringify(head(0, 0)())).not.toMatch(/NaN/);
    expect(JSON.stringify(measureFeatures(at(0)))).not.toMatch(/NaN/);
  });
  test.each([1e-300, 1e-9, 1e300])("a weight decay of %s gives no NaN", (weightDecay) => {
    const { effective } = measureFeatures(data, { weightDecay });
    for (const value of Object.values(effective ?? {})) expect(value).not.toBeNaN();
  });
});

test("sizes are whole numbers", () => {
  const data = clouds([2, 2], 2, 1, 1);
  expect(() => measureFeatures({ ...data, K: 1 })).toThrow(/K: expected a whole number of at least 2, got 1/);
  expect(() => measureFeatures({ ...data, d: 0 })).toThrow(/d: expected a whole number of at least 1, got 0/);
});
