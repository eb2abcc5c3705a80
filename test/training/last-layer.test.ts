import { describe, expect, test } from "vitest";
import { startEngine } from "../../src/engine/index.ts";
import { featureKinds, network } from "../../src/networks/index.ts";
import { predict } from "../../src/prediction/index.ts";
import {
  type Evaluation,
  encodeCheckpoint,
  Interrupted,
  type TrainingSettings,
  type TrainingState,
  trainingSettings,
  trainRun,
} from "../../src/training/index.ts";
import { descendLastLayer } from "../../src/training/last-layer.ts";
import { problemOf } from "../../src/training/settings.ts";
import { initialState } from "../../src/training/state.ts";
import { glyphData } from "./glyph-data.ts";

/**
 * 150 images and 512 hidden units: the last layer alone can give every image any features, so that full-batch steps on it end at the minimum of the
 * unconstrained feature model, which the solver knows with a certificate. That is the independent value here; nothing is compared with an earlier output.
 */
const counts = [20, 20, 20, 20, 20, 10, 10, 10, 10, 10];
const data = glyphData(counts, 2);

const settingsOf = (change: Partial<TrainingSettings>): TrainingSettings =>
  trainingSettings({
    counts,
    lambdaZ: 0.002,
    lambdaB: 0.02,
    epochs: 20,
    batch: 30,
    seed: 4,
    schedule: "cosine",
    lastLayer: 300,
    ...change,
  } as Parameters<typeof trainingSettings>[0]);

async function train(change: Partial<TrainingSettings>): Promise<{ history: Evaluation[]; final: Evaluation }> {
  const history: Evaluation[] = [];
  const { final } = await trainRun(settingsOf(change), data, { evaluateEvery: 10, onEvaluation: (e) => void history.push(e) });
  return { history, final };
}

describe("after the last layer's steps the network is at the predicted minimum", () => {
  test.each(featureKinds)("%s features", async (features) => {
    const { history, final } = await train({ features, lastLayer: features === "relu" ? 1200 : 300 });
    expect(history.map(({ epoch }) => epoch)).toEqual([10, 20, 21]);
    const [, before] = history;
    // float32 features and head: each logit to about 1e-6; the objective, flat at its minimum, to better than that.
    expect(final.objective / (final.predictedObjective as number) - 1).toBeLessThan(1e-5);
    expect(final.objective / (final.predictedObjective as number) - 1).toBeGreaterThan(-1e-6);
    expect(before.objective / (before.predictedObjective as number) - 1).toBeGreaterThan(1e-3);
    expect(final.comparison?.Zerror.frobenius).toBeLessThan(1e-3);
    expect(final.nc1.paper as number).toBeLessThan(1e-6 * (before.nc1.paper as number));
    const smallest = Math.min(...final.H);
    if (features === "relu") expect(smallest).toBeGreaterThanOrEqual(0);
    else expect(smallest).toBeLessThan(0);
  });

  test.each([
    ["no bias", { lambdaB: Number.POSITIVE_INFINITY }],
    [
      "oversampling",
      { remedies: { weights: null, offsets: null, factors: null, smoothing: 0, repeats: counts.map((n) => 20 / n) } },
    ],
    [
      "class weights",
      { remedies: { weights: counts.map((n) => 20 / n), offsets: null, factors: null, smoothing: 0, repeats: null } },
    ],
    [
      "label smoothing and offsets",
      {
        remedies: { weights: null, offsets: counts.map((n) => Math.log(n / 150)), factors: null, smoothing: 0.1, repeats: null },
      },
    ],
  ] satisfies [string, Partial<TrainingSettings>][])("%s", async (_, change) => {
    const { final } = await train(change);
    expect(Math.abs(final.objective / (final.predictedObjective as number) - 1)).toBeLessThan(1e-5);
    expect(final.comparison?.Zerror.frobenius).toBeLessThan(2e-3);
  });

  test("where the penalties are so large that all collapses, too", async () => {
    const { final } = await train({ lambdaW: 1, lambdaH: 0.001 });
    expect(Math.abs(final.objective / (final.predictedObjective as number) - 1)).toBeLessThan(1e-5);
    expect(Math.max(...final.Z.flat().map(Math.abs))).toBeLessThan(1e-3);
  });
});

describe("a step that is too long", () => {
  /** The objective before each of the steps, from a network as it was drawn. */
  async function descent(change: Partial<TrainingSettings>, steps: number): Promise<number[]> {
    const settings = settingsOf(change);
    const engine = await startEngine();
    const net = network({ name: "mlp", features: "linear", height: 28, width: 28, channels: 1, classes: 10, bias: true });
    const seen: number[] = [];
    const subject = { settings, network: net, data, engine };
    await descendLastLayer(subject, initialState(net, 4), steps, (objective) => void seen.push(objective));
    return seen;
  }

  test("goes back to the least objective seen, exactly, and is half as long from there", async () => {
    // The head's own penalty is a parabola of curvature lambda_W. Momentum 0.9 follows it to rate x lambda_W = 2 (1 + 0.9) = 3.8 and no further; the first rate is
    // 0.5 / (1 + N lambda_H), so that three halvings are needed for lambda_W = 50: 25 / 2, 25 / 4, 25 / 8 = 3.1.
    const objectives = await descent({ lambdaW: 50, lambdaH: 2e-5 }, 120);
    let least = Number.POSITIVE_INFINITY;
    let halvings = 0;
    for (const [i, objective] of objectives.entries()) {
      if (objective > 1.05 * least) {
        halvings++;
        expect(objectives[i + 1], `after step ${i}`).toBe(least);
      }
      least = Math.min(least, objective);
    }
    expect(halvings).toBeGreaterThanOrEqual(3);
    // The first three are from one place in one direction, along which the objective is all but a parabola a r^2 - c r: whatever a and c, its values at r, r/2 and r/4
    // add up to 0 with the factors 1, -6 and 8.
    const [whole, half, quarter] = [1, 3, 5].map((i) => objectives[i] - objectives[0]);
    expect(quarter).toBeGreaterThan(objectives[0]);
    expect(Math.abs(whole - 6 * half + 8 * quarter)).toBeLessThan(1e-3 * whole);
    // Then it comes down, to where all collapses under such a penalty: within the rule's own 5 % of the predicted minimum, and never below it.
    const { objective } = predict(problemOf(settingsOf({ lambdaW: 50, lambdaH: 2e-5 })));
    expect(objectives[0]).toBeGreaterThan(10 * objective);
    expect(objectives.at(-1)).toBeLessThan(1.05 * objective);
    expect(Math.min(...objectives)).toBeGreaterThan((1 - 1e-6) * objective);
  });
});

describe("a run that ends with the last layer's steps", () => {
  const text = ({ final, state }: { final: Evaluation; state: TrainingState }): string =>
    JSON.stringify([final.epoch, final.Z, final.b, final.objective, [...final.H], state.epoch]) +
    Buffer.from(encodeCheckpoint(state)).toString("base64");

  test("goes on from any of its checkpoints to the same bits, and from its end to nothing more", async () => {
    const settings = settingsOf({ epochs: 4, lastLayer: 20 });
    const saved: TrainingState[] = [];
    const whole = await trainRun(settings, data, { checkpointEvery: 2, onCheckpoint: (state) => void saved.push(state) });
    expect(saved.map(({ epoch }) => epoch)).toEqual([2, 4, 5]);
    for (const resume of saved) expect(text(await trainRun(settings, data, { resume }))).toBe(text(whole));
  });

  test("may be stopped among them, with every step counted", async () => {
    const settings = settingsOf({ epochs: 1, lastLayer: 20 });
    const steps: number[] = [];
    const stopped = trainRun(settings, data, {
      onProgress: ({ step, steps: all }) => {
        expect(all).toBe(5 + 20);
        steps.push(step);
      },
      stop: () => steps.length === 12,
    });
    await expect(stopped).rejects.toThrow(Interrupted);
    expect(steps).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  });
});

test("what the steps cannot do is refused", () => {
  expect(() => settingsOf({ network: "resnet8" })).toThrow(/lastLayer: expected 0 for resnet8.*, got 300/);
  expect(() => settingsOf({ weightDecay: 1e-4 })).toThrow(/lastLayer: expected 0 with weight decay/);
  // Dense weights before a batch normalization are not the features' own; only weight decay alone has steps for them.
  for (const network of ["mlp-bn", "cnn-bn"] as const)
    expect(() => settingsOf({ network })).toThrow(new RegExp(`lastLayer: expected 0 for ${network} beside lambdas, .*, got 300`));
  expect(() => settingsOf({ lastLayer: 0.5 })).toThrow(/lastLayer: expected a whole number of at least 0, got 0.5/);
});
