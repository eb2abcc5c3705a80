import { describe, expect, test } from "vitest";
import type { Images } from "../../src/data/dataset.ts";
import { Graph, type Node, operations } from "../../src/engine/index.ts";
import { evaluate } from "../../src/engine/plain.ts";
import { wasmEngine } from "../../src/engine/wasm/index.ts";
import { random } from "../../src/math/random.ts";
import { headBias, headOf, headWeight } from "../../src/networks/index.ts";
import { epochBatches, inputRows, labelRows } from "../../src/training/batches.ts";
import { lossOf } from "../../src/training/loss.ts";
import { scores } from "../../src/training/outputs.ts";
import { ratesAt, warmupShare } from "../../src/training/schedule.ts";
import { trainingSettings } from "../../src/training/settings.ts";
import { sgd } from "../../src/training/sgd.ts";
import { expectTwinOf } from "../engine/twin.ts";

const { gradients } = operations;

describe("loss", () => {
  const [B, d, K] = [6, 5, 4];
  const r = random(3);
  const draw = (n: number): Float32Array<ArrayBuffer> => Float32Array.from({ length: n }, () => r.normal());
  const [H, W, b] = [draw(B * d), draw(d * K), draw(K)];
  const labels = [0, 1, 2, 3, 1, 1];
  const penalties = { lambdaW: 0.3, featurePenalty: 0.7, lambdaB: 0.2 };
  const onehot = labels.flatMap((k) => Array.from({ length: K }, (_, j) => Number(j === k)));

  /** The loss, and its gradients in features and head, in float64; what trains finds the same in float32. */
  async function made(weights: typeof penalties): Promise<Record<string, ArrayLike<number>>> {
    const graph = new Graph();
    const features = graph.input("features", [B, d]);
    const params = new Map<string, Node>();
    const param = (name: string, shape: readonly number[]): Node => {
      params.set(name, graph.input(name, shape));
      return params.get(name) as Node;
    };
    const head = headOf({ classes: K, featureSize: d, bias: true }, { param }, features);
    const loss = lossOf({ features, ...head }, graph.input("y", [B, K]), weights);
    for (const [name, node] of Object.entries(loss)) graph.output(name, node);
    const wanted = [features, params.get(headWeight), params.get(headBias)] as Node[];
    for (const [i, gradient] of gradients(loss.loss, wanted).entries()) graph.output(["dH", "dW", "db"][i], gradient);
    const values = { features: H, y: onehot, [headWeight]: W, [headBias]: b };
    await expectTwinOf([wasmEngine(1)], graph, values);
    return evaluate(graph, values, {}, (n) => new Float64Array(n)).outputs;
  }

  /** The same in float64 and loops. */
  function plain({ lambdaW, featurePenalty, lambdaB }: typeof penalties): { loss: number; crossEntropy: number; P: number[][] } {
    let crossEntropy = 0;
    const P = labels.map((label, i) => {
      const z = Array.from(
        { length: K },
        (_, k) => b[k] + Array.from({ length: d }, (_, j) => H[i * d + j] * W[k * d + j]).reduce((s, x) => s + x),
      );
      const total = z.reduce((s, x) => s + Math.exp(x), 0);
      crossEntropy -= (z[label] - Math.log(total)) / B;
      return z.map((x) => Math.exp(x) / total);
    });
    const squares = (x: Float32Array): number => x.reduce((s, v) => s + v * v, 0);
    return {
      loss: crossEntropy + (lambdaW * squares(W) + (featurePenalty * squares(H)) / B + lambdaB * squares(b)) / 2,
      crossEntropy,
      P,
    };
  }

  test("agrees with a plain float64 computation", async () => {
    const { loss, crossEntropy, correct } = await made(penalties);
    const expected = plain(penalties);
    expect(loss[0]).toBeCloseTo(expected.loss, 6);
    expect(crossEntropy[0]).toBeCloseTo(expected.crossEntropy, 6);
    const right = labels.filter((k, i) => expected.P[i].indexOf(Math.max(...expected.P[i])) === k).length;
    expect(correct[0]).toBe(right);
  });

  test("each lambda weighs its own penalty", async () => {
    for (const name of ["lambdaW", "featurePenalty", "lambdaB"] as const) {
      const doubled = { ...penalties, [name]: 2 * penalties[name] };
      const change = (await made(doubled)).loss[0] - (await made(penalties)).loss[0];
      expect(change, name).toBeCloseTo(plain(doubled).loss - plain(penalties).loss, 6);
      expect(change).toBeGreaterThan(0.01);
    }
  });

  test("gradients are the theory's: (1/B) (P - Y)'H + lambda_W W, (1/B)(P - Y) W + (lambda_H N / B) H, (1/B)(P - Y)'1 + lambda_b b", async () => {
    const { dH, dW, db } = await made(penalties);
    const E = plain(penalties).P.map((row, i) => row.map((p, k) => (p - Number(labels[i] === k)) / B));
    const close = (actual: ArrayLike<number>, expected: (i: number) => number): void => {
      for (const [i, v] of Array.from(actual).entries()) expect(v).toBeCloseTo(expected(i), 6);
    };
    const sum = (n: number, term: (i: number) => number): number =>
      Array.from({ length: n }, (_, i) => term(i)).reduce((s, x) => s + x, 0);
    expect([dH, dW, db].map(({ length }) => length)).toEqual([B * d, K * d, K]);
    close(dW, (i) => sum(B, (n) => H[n * d + (i % d)] * E[n][Math.floor(i / d)]) + penalties.lambdaW * W[i]);
    close(db, (k) => sum(B, (n) => E[n][k]) + penalties.lambdaB * b[k]);
    close(dH, (i) => sum(K, (k) => E[Math.floor(i / d)][k] * W[k * d + (i % d)]) + (penalties.featurePenalty / B) * H[i]);
  });
});

test("lambda_W = 10 lambda_Z and lambda_H = lambda_Z / 10, so that sqrt(lambda_W lambda_H) = lambda_Z", () => {
  const settings = trainingSettings({ counts: [100, 100], lambdaZ: 0.004 });
  expect([settings.lambdaW, settings.lambdaH]).toEqual([0.04, 0.0004]);
});

test("schedules, at and around each boundary of 60 epochs", () => {
  const at = (epoch: number) => ratesAt("paper-4.3", epoch, 60);
  expect([0, 9, 10, 19, 20, 39, 40, 59].map((epoch) => at(epoch).learningRate)).toEqual([
    0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001,
  ]);
  expect([0, 9, 10, 59].map((epoch) => at(epoch).regularization)).toEqual([0.1, 0.1, 1, 1]);
  expect([0, 9, 10, 19, 20, 59].map((epoch) => ratesAt("paper-4.1", epoch, 60).learningRate)).toEqual([
    0.1, 0.1, 0.01, 0.01, 0.001, 0.001,
  ]);
  expect(ratesAt("paper-4.1", 0, 60).regularization).toBe(1);
  const decaying = (epoch: number) => ratesAt("stable-decay", epoch, 60);
  expect([0, 39, 40].map((epoch) => decaying(epoch).learningRate)).toEqual([0.1, 0.1, 0.1]);
  // Halfway down at 5/6; cos(19 pi / 20) one epoch before the end.
  expect(decaying(50).learningRate).toBeCloseTo(0.05, 12);
  expect(decaying(59).learningRate).toBeCloseTo(0.05 * (1 - Math.cos(Math.PI / 20)), 12);
  expect([0, 9, 10, 59].map((epoch) => decaying(epoch).regularization)).toEqual([0.1, 0.1, 1, 1]);
});

test("learn-first: two falls of the rate, the penalties small until the first is over, then up by equal factors", () => {
  const at = (epoch: number) => ratesAt("learn-first", epoch, 100);
  expect([0, 20, 40, 69, 70, 85].map((epoch) => at(epoch).learningRate)).toEqual(
    [0.1, 0.05, 0.1, 0.1, 0.1, 0.05].map((x) => expect.closeTo(x, 12)),
  );
  expect(at(39).learningRate).toBeCloseTo(0.05 * (1 - Math.cos(Math.PI / 40)), 12);
  expect(at(99).learningRate).toBeCloseTo(0.05 * (1 - Math.cos(Math.PI / 30)), 12);
  expect([0, 39, 40].map((epoch) => at(epoch).regularization)).toEqual([0.03, 0.03, 0.03]);
  // Half of the way up, in logarithms, is the root of 0.03.
  expect(at(50).regularization).toBeCloseTo(Math.sqrt(0.03), 12);
  expect([60, 99].map((epoch) => at(epoch).regularization)).toEqual([1, 1]);
});

test("decay-peak: up in a line to its height, there for a third of the epochs, down by equal factors to the decays' own", () => {
  const at = (epoch: number) => ratesAt("decay-peak", epoch, 100, 16).regularization;
  expect([0, 14, 29, 59].map(at)).toEqual([16 / 30, 8, 16, 16].map((x) => expect.closeTo(x, 12)));
  // Half of the way down, in logarithms, is a factor of 4.
  expect(at(71) * at(72)).toBeCloseTo(16, 10);
  expect([84, 85, 99].map(at)).toEqual([1, 1, 1].map((x) => expect.closeTo(x, 12)));
  expect(ratesAt("decay-peak", 50, 100).regularization).toBe(20);
  for (const epoch of [0, 70, 99])
    expect(ratesAt("decay-peak", epoch, 100).learningRate).toBe(ratesAt("decay-ramp", epoch, 100).learningRate);
  expect(() => trainingSettings({ counts: [100, 100], lambdaZ: 0.004, peak: 2 })).toThrow(/peak: expected none but with/);
  expect(() => trainingSettings({ counts: [100, 100], lambdaZ: 0.004, schedule: "decay-peak", peak: 0.5 })).toThrow(
    /peak: expected a number of at least 1, got 0.5/,
  );
});

test("half a cosine from its peak to 0: 0.1, and 0.3 for the high one", () => {
  for (const [name, peak] of [
    ["cosine", 0.1],
    ["cosine-high", 0.3],
  ] as const) {
    const at = (epoch: number) => ratesAt(name, epoch, 60);
    // cos 0, cos 60 degrees, cos 90, cos 120, cos 177.
    expect(at(0).learningRate).toBeCloseTo(peak, 15);
    expect(at(20).learningRate).toBeCloseTo(0.75 * peak, 15);
    expect(at(30).learningRate).toBeCloseTo(0.5 * peak, 15);
    expect(at(40).learningRate).toBeCloseTo(0.25 * peak, 15);
    expect(at(59).learningRate).toBeCloseTo(peak * Math.sin(Math.PI / 120) ** 2, 15);
    for (const epoch of [0, 9, 10, 59]) expect(at(epoch).regularization).toBe(1);
  }
});

test("a warmup grows step by step to the schedule's rate", () => {
  expect([0, 1, 2, 3, 4, 100].map((step) => warmupShare(step, 4))).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
  expect([0, 5].map((step) => warmupShare(step, 0))).toEqual([1, 1]);
  expect(() => trainingSettings({ counts: [100, 100], lambdaZ: 0.004, epochs: 3, warmup: 4 })).toThrow(
    "warmup: expected a whole number from 0 to the 3 epochs, got 4",
  );
});

test("momentum by hand: v <- 0.9 v + g, w <- w - rate v; decay is the body's alone, but for what is spared", () => {
  const step = (name: string, spared?: ReadonlySet<string>): number[] => {
    const graph = new Graph();
    const [w, velocity, gradient] = [1, 2, 0.5].map((value) => graph.constant([value], []));
    const next = sgd(name, { w, velocity, gradient }, 0.1, { momentum: 0.9, weightDecay: 0.2, spared });
    graph.output("w", next.w);
    graph.output("velocity", next.velocity);
    const { outputs } = evaluate(graph, {}, {}, (n) => new Float64Array(n));
    return [outputs.velocity[0], outputs.w[0]];
  };
  const close = (made: number[], ...expected: number[]): void => {
    for (const [i, x] of expected.entries()) expect(made[i]).toBeCloseTo(x, 12);
  };
  close(step("a"), 0.9 * 2 + 0.5 + 0.2, 1 - 0.1 * 2.5);
  for (const name of [headWeight, headBias]) close(step(name), 2.3, 1 - 0.23);
  close(step("a", new Set(["a"])), 2.3, 1 - 0.23);
});

describe("batches", () => {
  test("whole batches of distinct samples, a new order each epoch, the same for the same seed", () => {
    const r = random(5);
    const seen = Int32Array.from({ length: 10 }, (_, i) => i);
    const [first, second] = [epochBatches(seen, 4, r), epochBatches(seen, 4, r)];
    for (const epoch of [first, second]) {
      expect(epoch.map((batch) => batch.length)).toEqual([4, 4]);
      expect(new Set(epoch.flatMap((batch) => [...batch])).size).toBe(8);
    }
    expect(second).not.toEqual(first);
    expect(epochBatches(seen, 4, random(5))).toEqual(first);
  });

  test("rows are (pixel / 255 - mean) / std by channel; rows beyond the indices are 0", () => {
    const images: Images = {
      name: "x",
      count: 2,
      height: 1,
      width: 2,
      channels: 2,
      classes: 3,
      pixels: Uint8Array.of(0, 51, 102, 255, 9, 9, 9, 9),
      labels: Uint8Array.of(2, 0),
    };
    const { shape, data } = inputRows(images, { mean: [0.5, 0.2], std: [0.25, 0.5] }, [0], 2);
    expect(shape).toEqual([2, 4]);
    const expected = [-2, 0, -0.4, 1.6, 0, 0, 0, 0];
    for (const [i, v] of expected.entries()) expect(data[i]).toBeCloseTo(v, 6);
    expect([...labelRows(images, [1, 0]).data]).toEqual([1, 0, 0, 0, 0, 1]);
  });
});

test("scores: accuracy by class, the first of equal logits decides, a class without images is null", () => {
  const logits = Float32Array.of(1, 1, 0, 1, 1, 0, 0, 3, 0);
  const { accuracy, crossEntropy } = scores(logits, Uint8Array.of(0, 1, 1), 3);
  expect(accuracy).toEqual([1, 0.5, null]);
  const tie = Math.log(2 * Math.E + 1) - 1;
  expect(crossEntropy).toBeCloseTo((2 * tie + Math.log(Math.exp(3) + 2) - 3) / 3, 6);
});
