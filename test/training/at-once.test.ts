import { describe, expect, test } from "vitest";
import { featureKinds } from "../../src/networks/index.ts";
import {
  type Evaluation,
  encodeCheckpoint,
  Interrupted,
  type TrainingSettings,
  type TrainingState,
  trainingSettings,
  trainRun,
  underWeightDecay,
} from "../../src/training/index.ts";
import { glyphData } from "./glyph-data.ts";

/**
 * Training under weight decay alone that ends on all samples at once. 90 images and 512 hidden units: the network can give each image any features, so that it ends at the model's minimum,
 * which the solver knows with a certificate. That is the independent value: the training knows nothing of it.
 */
const counts = [12, 12, 12, 12, 12, 6, 6, 6, 6, 6];
const data = glyphData(counts, 2);

function settingsOf(change: Partial<TrainingSettings> = {}): TrainingSettings {
  const features = change.features ?? "linear";
  const { lambdaZ, ...penalties } = underWeightDecay(
    { network: "mlp-bn", features, decay: "effective", N: 90 },
    { weightDecay: 0.05 },
  );
  return trainingSettings({
    counts,
    lambdaZ,
    ...penalties,
    network: "mlp-bn",
    batch: 90,
    epochs: 10,
    schedule: "decay-ramp",
    seed: 4,
    ...change,
  });
}

/** Within this share above the certified minimum; below it only by float32's rounding of features and logits. */
function atMinimum({ objective, predictedObjective, comparison, balance }: Evaluation, share: number): void {
  expect(objective / (predictedObjective as number) - 1).toBeGreaterThan(-1e-5);
  expect(objective / (predictedObjective as number) - 1).toBeLessThan(share);
  // The objective is strongly convex in Z only along what the loss sees: an error of Z goes as the root of that of the objective.
  expect(comparison?.Zerror.frobenius).toBeLessThan(10 * Math.sqrt(share));
  expect(balance?.headToNorm).toBeCloseTo(1, 2);
  expect(balance?.featureToNorm).toBeCloseTo(1, 2);
}

describe.each(featureKinds)("%s features end at the certified minimum", (features) => {
  test("by the last layer alone", async () => {
    const history: Evaluation[] = [];
    const { final } = await trainRun(settingsOf({ features, lastLayer: features === "relu" ? 160 : 100 }), data, {
      onEvaluation: (e) => void history.push(e),
    });
    expect(history.map(({ epoch }) => epoch)).toEqual([10, 11]);
    expect(history[0].objective / (history[0].predictedObjective as number)).toBeGreaterThan(1.05);
    atMinimum(final, 1e-4);
  });

  test("by all layers", async () => {
    const { final } = await trainRun(settingsOf({ features, wholeSet: 90 }), data);
    atMinimum(final, 1e-3);
  });
});

describe("a run that ends so", () => {
  const text = ({ final, state }: { final: Evaluation; state: TrainingState }): string =>
    JSON.stringify([final.epoch, final.Z, final.b, final.objective, state.epoch]) +
    Buffer.from(encodeCheckpoint(state)).toString("base64");

  test("goes on from any of its checkpoints to the same bits, and from its end to nothing more", async () => {
    const settings = settingsOf({ epochs: 2, wholeSet: 35, lastLayer: 5 });
    const saved: TrainingState[] = [];
    const whole = await trainRun(settings, data, { checkpointEvery: 1, onCheckpoint: (state) => void saved.push(state) });
    expect(saved.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    for (const resume of saved) expect(text(await trainRun(settings, data, { resume }))).toBe(text(whole));
  });

  test("may be stopped among its looks, with every one counted", async () => {
    const settings = settingsOf({ epochs: 1, wholeSet: 4, lastLayer: 4 });
    const steps: number[] = [];
    const stopped = trainRun(settings, data, {
      onProgress: ({ step, steps: all }) => {
        expect(all).toBe(1 + 4 + 4);
        steps.push(step);
      },
      stop: () => steps.length === 7,
    });
    await expect(stopped).rejects.toThrow(Interrupted);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});

test("what it cannot do is refused", () => {
  expect(() => settingsOf({ wholeSet: 1.5 })).toThrow(/wholeSet: expected a whole number of at least 0, got 1.5/);
  expect(() => settingsOf({ wholeSet: 10, weightDecay: 0.05 })).toThrow(/wholeSet: expected 0 but under weight decay alone/);
  expect(() => trainingSettings({ counts, lambdaZ: 0.002, batch: 90, wholeSet: 10 })).toThrow(/wholeSet: expected 0 but under/);
});
