import { describe, expect, test } from "vitest";
import { glyphDataset } from "../../src/data/glyphs.ts";
import { imbalancedSubset } from "../../src/data/imbalance.ts";
import { startEngine } from "../../src/engine/index.ts";
import { random } from "../../src/math/random.ts";
import { featureKinds, hasFeatureLayer, type NetworkName, network, networkNames } from "../../src/networks/index.ts";
import {
  type Evaluation,
  fittingImages,
  type TrainingData,
  type TrainingSettings,
  trainingSettings,
  trainRun,
} from "../../src/training/index.ts";
import { initialState } from "../../src/training/state.ts";
import { batchStep, type Ended, stepInParts } from "./steps.ts";

/** Short trainings of the networks that convolve, and steps in parts. */
const counts = [12, 12, 12, 12, 12, 6, 6, 6, 6, 6];
const glyphs = glyphDataset({ seed: 1, perClass: 12, testPerClass: 2 });

function dataFor(name: NetworkName): TrainingData {
  const fitting = (images: typeof glyphs.train) => fittingImages(images, name);
  return {
    train: fitting(imbalancedSubset(glyphs.train, counts, 1)),
    test: fitting(glyphs.test),
    normalization: glyphs.normalization,
  };
}

test("every network has batch normalization: what is said of batches of one image is true of each", () => {
  for (const name of networkNames) {
    const images = dataFor(name).train;
    const { height, width, channels, classes } = images;
    const { stats } = network({ name, features: "linear", height, width, channels, classes, bias: true }).init({
      ...random(1),
      normal: () => 0,
    });
    // Running means and variances: nothing else has statistics.
    expect(Object.keys(stats).length, name).toBeGreaterThan(0);
  }
});

async function train(change: Partial<TrainingSettings>): Promise<Evaluation[]> {
  const settings = trainingSettings({ counts, lambdaZ: 0.002, lambdaB: 0.02, epochs: 4, batch: 30, seed: 4, ...change });
  const history: Evaluation[] = [];
  await trainRun(settings, dataFor(settings.network), { evaluateEvery: 2, onEvaluation: (e) => void history.push(e) });
  return history;
}

describe.each(["cnn", "resnet8"] as const)("%s", (name) => {
  test.each(featureKinds)("%s features: the objective falls, above the predicted minimum", async (features) => {
    const history = await train({ network: name, features });
    const last = history[history.length - 1];
    expect(last.objective).toBeLessThan(history[0].objective);
    for (const { objective, predictedObjective } of history) expect(objective).toBeGreaterThan(predictedObjective as number);
    const smallest = Math.min(...last.H);
    if (features === "relu") expect(smallest).toBeGreaterThanOrEqual(0);
    else expect(smallest).toBeLessThan(0);
  });

  test("without a bias b is 0", async () => {
    const [first] = await train({ network: name, lambdaB: Number.POSITIVE_INFINITY, epochs: 1 });
    expect(first.b).toEqual(counts.map(() => 0));
  });
});

test("the cnn with linear features survives its first steps at the default learning rate", async () => {
  const history = await train({ network: "cnn", epochs: 24 });
  for (const accuracy of history[history.length - 1].trainAccuracy) expect(accuracy).toBeGreaterThan(0.7);
});

describe("every network is made for 1 and 3 channels and both kinds of features", () => {
  test.each(networkNames)("%s", (name) => {
    for (const channels of [1, 3])
      for (const features of featureKinds) {
        const net = network({ name, features, height: 32, width: 32, channels, classes: 10, bias: false });
        expect(net.inputs).toBe(32 * 32 * channels);
        expect(net.featureLayer !== undefined).toBe(hasFeatureLayer(name));
        expect(net.featureSize).toBe(
          {
            mlp: 512,
            "mlp-wide": 64,
            "mlp-bn": 256,
            "mlp-ln": 256,
            cnn: 256,
            "cnn-bn": 256,
            "cnn-ln": 256,
            resnet8: 64,
            resnet18: 512,
            vgg11: 4096,
            vgg13: 4096,
          }[name],
        );
      }
  });

  test("images of a size that cannot be halved often enough are refused", () => {
    const input = { features: "relu", height: 28, width: 28, channels: 1, classes: 10, bias: true } as const;
    expect(() => network({ ...input, name: "vgg11" })).toThrow(/images of vgg11: expected .* multiples of 32, got "28 x 28"/);
    expect(() => network({ ...input, name: "cnn" })).toThrow(/multiples of 8/);
  });

  test("28 x 28 images are stretched for all but the mlp", () => {
    expect(fittingImages(glyphs.train, "mlp")).toBe(glyphs.train);
    expect(fittingImages(glyphs.train, "resnet18")).toMatchObject({ height: 32, width: 32, channels: 1 });
  });
});

describe("a step in parts", () => {
  const net = network({ name: "cnn", features: "linear", height: 8, width: 8, channels: 1, classes: 10, bias: true });
  const options = { momentum: 0.9, weightDecay: 1e-3 };
  const rates = { learningRate: 0.1, lambdaW: 0.01, featurePenalty: 0.3, lambdaB: 0.02 };
  /** Rows from..to of a fixed set of images, of which the second eight are the first eight again. */
  const rows = (from: number, to: number) => ({
    x: Float32Array.from({ length: 64 * (to - from) }, (_, i) => Math.sin(1 + ((i + 64 * from) % 512) ** 2)),
    y: Float32Array.from({ length: 10 * (to - from) }, (_, i) => Number(i % 10 === (((from + Math.floor(i / 10)) % 8) * 3) % 10)),
  });
  const start = () => initialState(net, 2);
  const setting = async () => ({ engine: await startEngine(), network: net, options });
  const furthest = (a: Ended["params"], b: Ended["params"]): number =>
    Math.max(...Object.keys(a).flatMap((name) => Array.from(a[name].data, (x, i) => Math.abs(x - b[name].data[i]))));

  test("where both parts have the batch's mean and variance, it is the step of the whole batch", async () => {
    const whole = await batchStep(await setting(), start(), rows(0, 16), rates);
    const parts = await stepInParts(await setting(), start(), [rows(0, 8), rows(8, 16)], rates);
    const moved = furthest(start().params, parts.params);
    expect(moved).toBeGreaterThan(1e-2);
    expect(furthest(whole.params, parts.params)).toBeLessThan(1e-5 * moved);
    expect(furthest(whole.velocities, parts.velocities)).toBeLessThan(1e-4 * moved);
    expect(parts.sums.loss).toBeCloseTo(whole.sums.loss, 5);
    expect(parts.sums.crossEntropy).toBeCloseTo(whole.sums.crossEntropy, 5);
    // The penalties are what the two differ by: neither stands for the other.
    expect(whole.sums.loss - whole.sums.crossEntropy).toBeGreaterThan(1e-3);
    expect(parts.sums.correct).toBe(whole.sums.correct);
    // The running mean, which began at 0, moved a tenth of the way twice instead of once.
    const [once, twice] = [whole, parts].map(({ stats }) => stats["block1.norm.mean"].data);
    for (const [i, m] of once.entries()) expect(twice[i]).toBeCloseTo(1.9 * m, 6);
  });

  test("the sums of gradients begin anew with every step", async () => {
    const halves = [rows(0, 8), rows(8, 16)];
    const whole = await batchStep(await setting(), start(), rows(0, 16), rates, 3);
    const parts = await stepInParts(await setting(), start(), halves, rates, 3);
    const moved = furthest(start().params, parts.params);
    expect(furthest(whole.params, parts.params)).toBeLessThan(1e-3 * moved);
    expect(parts.sums.loss).toBeCloseTo(whole.sums.loss, 3);
  });

  test("where they do not, it is another step", async () => {
    const whole = await batchStep(await setting(), start(), rows(0, 8), rates);
    const parts = await stepInParts(await setting(), start(), [rows(0, 4), rows(4, 8)], rates);
    expect(furthest(whole.params, parts.params)).toBeGreaterThan(1e-4);
  });
});

test("a training in parts says so in its settings and runs; parts must divide the batch", async () => {
  const [, last] = await train({ network: "cnn", microBatch: 10 });
  expect(last.objective).toBeGreaterThan(last.predictedObjective as number);
  expect(() => trainingSettings({ counts, lambdaZ: 0.002, batch: 30, microBatch: 7 })).toThrow(
    /microBatch: expected a divisor of the batch of 30, at least 2 \(batch normalization needs two\), got 7/,
  );
});
