import { beforeAll, describe, expect, test } from "vitest";
import {
  decodeCheckpoint,
  type Evaluation,
  encodeCheckpoint,
  startOf,
  type TrainingData,
  type TrainingSettings,
  type TrainingState,
  trainingSettings,
  trainRun,
} from "../../src/training/index.ts";
import { glyphData } from "./glyph-data.ts";

/** Short trainings on glyphs: enough steps to move, few enough for a test. */
const counts = [40, 40, 40, 40, 40, 20, 20, 20, 20, 20];
const base = trainingSettings({ counts, lambdaZ: 0.002, lambdaB: 0.02, epochs: 6, batch: 32, seed: 4 });
let data: TrainingData;
let unbroken: { final: Evaluation; state: TrainingState };
const saved: TrainingState[] = [];
const history: Evaluation[] = [];

beforeAll(async () => {
  data = glyphData(counts, 5);
  unbroken = await trainRun(base, data, {
    evaluateEvery: 1,
    checkpointEvery: 1,
    onEvaluation: (evaluation) => void history.push(evaluation),
    onCheckpoint: (state) => void saved.push(state),
  });
}, 120_000);

function equalRuns(a: { final: Evaluation; state: TrainingState }, b: { final: Evaluation; state: TrainingState }): boolean {
  const text = (run: typeof a): string => JSON.stringify([run.final.Z, run.final.b, run.final.objective, [...run.final.H]]);
  return text(a) === text(b) && Buffer.compare(encodeCheckpoint(a.state), encodeCheckpoint(b.state)) === 0;
}

describe("one seed, one result", () => {
  test("the same settings give the same bits, whether or not somebody looks", async () => {
    expect(equalRuns(await trainRun(base, data), unbroken)).toBe(true);
  });

  test("another seed gives other numbers", async () => {
    const other = await trainRun({ ...base, seed: 5, epochs: 1 }, data);
    expect(other.final.Z).not.toEqual(history[0].Z);
  });

  test("resuming from a checkpoint gives the unbroken run, bit for bit", async () => {
    expect(saved.map((state) => state.epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    const resume = decodeCheckpoint(encodeCheckpoint(saved[2]), startOf(base, data));
    expect(equalRuns(await trainRun(base, data, { resume }), unbroken)).toBe(true);
  });

  test("resuming within a warmup too, which is not the run without it", async () => {
    const warm = { ...base, epochs: 3, warmup: 2 };
    const states: TrainingState[] = [];
    const whole = await trainRun(warm, data, { checkpointEvery: 1, onCheckpoint: (state) => void states.push(state) });
    expect(equalRuns(await trainRun(warm, data, { resume: states[0] }), whole)).toBe(true);
    expect(equalRuns(await trainRun({ ...base, epochs: 3 }, data), whole)).toBe(false);
  });

  test("each part of the state matters: without momentum, statistics or the generator's state the numbers differ", async () => {
    const start = startOf(base, data);
    for (const part of ["velocities", "stats", "random"] as const) {
      const resume = { ...saved[4], [part]: start[part] };
      expect(equalRuns(await trainRun(base, data, { resume }), unbroken), part).toBe(false);
    }
  });
});

test("who hears an evaluation may stop the run there, with a checkpoint of that epoch", async () => {
  let epochs = 0;
  const kept: number[] = [];
  const stopped = trainRun({ ...base, epochs: 3 }, data, {
    evaluateEvery: 1,
    onEvaluation: () => void epochs++,
    onCheckpoint: ({ epoch }) => void kept.push(epoch),
    stop: () => epochs === 2,
  });
  await expect(stopped).rejects.toThrow("interrupted after epoch 2");
  expect(kept).toEqual([2]);
});

describe("training does what it is for", () => {
  test("the objective falls and ends above the predicted minimum, which nothing can pass", () => {
    const last = history[history.length - 1];
    expect(last.objective).toBeLessThan(history[0].objective);
    for (const evaluation of history) expect(evaluation.objective).toBeGreaterThan(evaluation.predictedObjective as number);
  });

  test("images within a class come together: NC1 falls to less than half", async () => {
    const longer: Evaluation[] = [];
    await trainRun({ ...base, epochs: 24 }, data, {
      evaluateEvery: 12,
      onEvaluation: (evaluation) => void longer.push(evaluation),
    });
    const nc1 = [history[0], ...longer].map((evaluation) => evaluation.nc1.paper as number);
    expect(nc1[2]).toBeLessThan(nc1[0] / 2);
    expect(longer[1].comparison?.Zerror.frobenius as number).toBeLessThan(history[0].comparison?.Zerror.frobenius as number);
  });

  test("the loss of the batches agrees with the objective of the evaluation once the network stands still", async () => {
    // Batch statistics against running ones and 6 of 300 images left out: a percent or two remain.
    let last = 0;
    const { final } = await trainRun({ ...base, epochs: 60, batch: 98 }, data, {
      onProgress: (p) => (last = p.last?.loss ?? last),
    });
    expect(Math.abs(last - final.objective) / final.objective).toBeLessThan(0.05);
  });

  test("bias-free for lambda_b = infinity", async () => {
    const { final, state } = await trainRun({ ...base, lambdaB: Number.POSITIVE_INFINITY, epochs: 1 }, data);
    expect(final.b).toEqual(counts.map(() => 0));
    expect("head.bias" in state.params).toBe(false);
  });

  test("ReLU features are nonnegative", async () => {
    const { final } = await trainRun({ ...base, features: "relu", epochs: 1 }, data);
    expect(Math.min(...final.H)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...final.H)).toBeGreaterThan(0);
    expect(final.comparedAt?.nonnegative).toBe(true);
  });
});

describe("what cannot be trained is refused", () => {
  test.each<[string, Partial<TrainingSettings>, RegExp]>([
    ["lambda_W", { lambdaW: 0 }, /lambdaW: expected a positive number, got 0/],
    ["lambda_b", { lambdaB: Number.NaN }, /lambdaB: expected/],
    ["epochs", { epochs: 1.5 }, /epochs: expected a whole number of at least 1, got 1.5/],
    ["batch larger than the data", { batch: 301 }, /batch: expected at most the 300 samples, got 301/],
    ["one class", { counts: [300] }, /counts: expected at least 2 classes/],
    ["counts that are not the images'", { counts: [60, ...counts.slice(1, 9)] }, /class counts/],
  ])("%s", async (_, change, message) => {
    await expect(trainRun({ ...base, ...change }, data)).rejects.toThrow(message);
  });

  test("a diverging run says so", async () => {
    await expect(trainRun({ ...base, lambdaW: 1e6 }, data)).rejects.toThrow(/training diverged in epoch 1/);
    // The loss is still a number, and what the network makes of the images is none.
    const late = trainingSettings({ counts, lambdaZ: 1000, epochs: 3, batch: 32, seed: 4 });
    await expect(trainRun(late, data)).rejects.toThrow(/training diverged in epoch [123]: .*warmup/);
  });

  test("a checkpoint of another network", () => {
    const start = startOf(base, data);
    const biasFree = startOf({ ...base, lambdaB: Number.POSITIVE_INFINITY }, data);
    expect(() => decodeCheckpoint(encodeCheckpoint(biasFree), start)).toThrow(/expected an array params\/head.bias, got none/);
    expect(() => decodeCheckpoint(encodeCheckpoint(start).subarray(0, 5000), start)).toThrow(/checkpoint/);
  });
});
