import { describe, expect, test } from "vitest";
import { Graph, startEngine } from "../../src/engine/index.ts";
import { type NetworkName, network } from "../../src/networks/index.ts";
import { inputRows, labelRows, seenImages } from "../../src/training/batches.ts";
import { compileLayer, heldPass } from "../../src/training/forward.ts";
import {
  type Evaluation,
  fittingImages,
  type TrainingSettings,
  trainingSettings,
  trainRun,
  underWeightDecay,
} from "../../src/training/index.ts";
import { heldArrays, initialState } from "../../src/training/state.ts";
import { wholeSetStatistics } from "../../src/training/statistics.ts";
import { glyphData } from "./glyph-data.ts";
import { batchStep, stepInParts } from "./steps.ts";

/** Weight decay alone (theory, section 9): its gradient by hand, the statistics it is about, its identities in a trained network. */
const counts = [12, 12, 12, 12, 12, 6, 6, 6, 6, 6];
const N = 90;

function settingsOf(name: NetworkName, change: Partial<TrainingSettings> = {}): TrainingSettings {
  const features = change.features ?? "linear";
  const { lambdaZ, ...penalties } = underWeightDecay({ network: name, features, decay: "effective", N }, { weightDecay: 0.05 });
  return trainingSettings({
    counts,
    lambdaZ,
    ...penalties,
    network: name,
    batch: 90,
    epochs: 3,
    schedule: "decay-ramp",
    seed: 4,
    ...change,
  });
}

describe("a step", () => {
  const net = network({ name: "mlp-bn", features: "relu", height: 2, width: 2, channels: 1, classes: 10, bias: true });
  const rates = { learningRate: 0.1, lambdaW: 0.01, featurePenalty: 0, lambdaB: 0.02 };
  const batch = (from: number, to: number) => ({
    x: Float32Array.from({ length: 4 * (to - from) }, (_, i) => Math.sin(3 + ((i + 4 * from) % 32) ** 2)),
    y: labelRows(
      { classes: 10, labels: Uint8Array.from({ length: 16 }, (_, i) => i % 8) } as never,
      Array.from({ length: to - from }, (_, i) => from + i),
    ).data,
  });
  const start = () => initialState(net, 2);
  const setting = async (options: Parameters<typeof batchStep>[0]["options"]) => ({
    engine: await startEngine(),
    network: net,
    options,
  });
  const decaying = { momentum: 0.9, weightDecay: 0.5, ownNormDecay: true };

  test("scale and shift of the last normalization decay by their own rate, everything else by the body's", async () => {
    const without = await batchStep(await setting({ momentum: 0.9, weightDecay: 0 }), start(), batch(0, 16), rates);
    const own = await batchStep(await setting(decaying), start(), batch(0, 16), { ...rates, normDecay: 0.125 });
    const decays: Record<string, number> = {
      "features.norm.scale": 0.125,
      "features.norm.shift": 0.125,
      "head.weight": 0,
      "head.bias": 0,
    };
    for (const [name, { data }] of Object.entries(start().params)) {
      const [a, b] = [without, own].map(({ velocities }) => velocities[name].data);
      // Velocities start at 0: the first is the gradient.
      for (let i = 0; i < data.length; i += 7) expect(b[i] - a[i], name).toBeCloseTo((decays[name] ?? 0.5) * data[i], 5);
    }
    // The scale starts at 1 in 256 channels, the shift at 0.
    expect(own.sums.loss - without.sums.loss).toBeCloseTo((0.125 / 2) * 256, 3);
  });

  test("in parts of equal images it is the whole step", async () => {
    const whole = await batchStep(await setting(decaying), start(), batch(0, 16), { ...rates, normDecay: 0.125 });
    const halves = [batch(0, 8), batch(8, 16)];
    const parts = await stepInParts(await setting(decaying), start(), halves, { ...rates, normDecay: 0.125 });
    for (const name of Object.keys(whole.params)) {
      const [a, b] = [whole, parts].map(({ velocities }) => velocities[name].data);
      for (let i = 0; i < a.length; i += 11) expect(b[i], name).toBeCloseTo(a[i], 4);
    }
    expect(parts.sums.loss).toBeCloseTo(whole.sums.loss, 3);
  });
});

// 15 images are one block; 90 are 50 and a rest.
describe.each([
  ["mlp-bn", 15],
  ["cnn-bn", 15],
  ["cnn-bn", 90],
  ["resnet8", 15],
] as const)("statistics of the whole set, %s, %i images", (name, inAll) => {
  test("evaluation with them is what training makes of all images as one batch", async () => {
    const data = glyphData(
      counts.map((n) => (n * inAll) / N),
      2,
    );
    const fitting = { ...data, train: fittingImages(data.train, name) };
    const { height, width, channels } = fitting.train;
    const net = network({ name, features: "relu", height, width, channels, classes: 10, bias: true });
    const engine = await startEngine();
    const { params, stats } = initialState(net, 3);
    const seen = seenImages(fitting.train, null);
    const found = await wholeSetStatistics({ engine, network: net, data: fitting }, { params, stats }, seen);
    const { data: x } = inputRows(fitting.train, fitting.normalization, seen);
    const evaluated = await compileLayer(engine, net.body, { rows: seen.length, inputs: net.inputs });
    const { values: a } = await evaluated.run(engine.hold(heldArrays({ params, stats: found })), x);
    const graph = new Graph();
    graph.output("values", net.body.apply(heldPass(graph, "training"), graph.input("x", [seen.length, net.inputs])));
    const { values: b } = await (await engine.compile(graph)).run(engine.hold(heldArrays({ params, stats })), { x });
    const scale = b.reduce((top, x) => Math.max(top, Math.abs(x)), 0);
    let furthest = 0;
    for (let i = 0; i < a.length; i++) furthest = Math.max(furthest, Math.abs(a[i] - b[i]));
    expect(scale).toBeGreaterThan(0.1);
    expect(furthest).toBeLessThan(2e-4 * scale);
  });
});

test("a network of linear features under weight decay: the two identities hold, the objective nears the predicted minimum from above", async () => {
  const history: Evaluation[] = [];
  await trainRun(settingsOf("mlp-bn", { epochs: 150, features: "linear" }), glyphData(counts, 2), {
    evaluateEvery: 75,
    onEvaluation: (e) => void history.push(e),
  });
  const [half, end] = history;
  expect(end.objective).toBeLessThan(half.objective);
  expect(end.objective).toBeGreaterThan(end.predictedObjective as number);
  expect(end.objective / (end.predictedObjective as number)).toBeLessThan(1.1);
  // Balancedness comes with training; the second identity is one of the normalization, exact but for its eps, at any time.
  expect(Math.abs((end.balance?.headToNorm as number) - 1)).toBeLessThan(
    0.5 * Math.abs((half.balance?.headToNorm as number) - 1),
  );
  expect(end.balance?.headToNorm).toBeCloseTo(1, 1);
  for (const { balance, branches } of history) {
    expect(balance?.featureToNorm).toBeCloseTo(1, 3);
    // J is the one over the other: mean |h|^2 / norms, over the head's share of them.
    const J = (balance?.featureToNorm as number) / (balance?.headToNorm as number);
    expect(branches).toEqual({ J: expect.closeTo(J, 6), atMost: 1 });
  }
});

test("settings: a network that ends otherwise, and lambdas that do not belong together, are refused", () => {
  expect(() =>
    underWeightDecay({ network: "mlp-bn", features: "relu", decay: "all", N }, { weightDecay: 0.1, ends: "batch-norm" }),
  ).toThrow(/ends: expected batch-norm-relu, which mlp-bn with relu features ends in, got batch-norm/);
  expect(underWeightDecay({ network: "mlp-bn", features: "relu", decay: "all", N }, { weightDecay: 0.1 }).weightDecay).toBe(0.1);
  for (const network of ["mlp-bn", "cnn-bn"] as const) {
    const under = (branches: number) =>
      underWeightDecay({ network, features: "relu", decay: "all", N: 90 }, { weightDecay: 0.1, branches });
    expect(() => under(2)).toThrow(`branches: expected 1 for ${network}, whose features come out of one normalization, got 2`);
    expect(under(1).lambdaH).toBe(0.1 / 90);
  }
  expect(() => settingsOf("mlp-bn", { lambdaH: 0.1 })).toThrow(/lambdaH: expected normDecay \/ \(J N\)/);
  expect(() => settingsOf("mlp-bn", { network: "vgg11" })).toThrow(/normDecay: expected none for vgg11/);
});

test("the explicit feature penalty knows no balance of decays", async () => {
  const settings = trainingSettings({ counts, lambdaZ: 0.002, epochs: 1, batch: 30 });
  expect((await trainRun(settings, glyphData(counts, 2))).final).toMatchObject({ balance: null, branches: null });
});
