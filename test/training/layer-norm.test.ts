import { beforeAll, describe, expect, test } from "vitest";
import { firstClasses, type Images } from "../../src/data/index.ts";
import {
  type Decay,
  type TrainingData,
  type TrainingResult,
  type TrainingSettings,
  trainingSettings,
  trainRun,
  underWeightDecay,
} from "../../src/training/index.ts";
import { glyphData } from "./glyph-data.ts";

/** Networks that end in layer normalization, under weight decay alone (theory, section 9.4), and a decay that spares scale and shift. */
const K = 4;
const lambda = 0.03;
const counts = [20, 20, 20, 20];
const N = 80;

/** Four classes of built-in characters, every fourth pixel of every fourth row: 7 x 7, so that hundreds of looks take seconds. */
function data(): TrainingData {
  const all = glyphData([20, 20, 20, 20, 1, 1, 1, 1, 1, 1], 2);
  const small = (images: Images): Images => {
    const { count, pixels } = firstClasses(images, K);
    const at = (i: number, p: number): number => pixels[i * 784 + (4 * Math.floor(p / 7) + 2) * 28 + 4 * (p % 7) + 2];
    const chosen = Uint8Array.from({ length: 49 * count }, (_, e) => at(Math.floor(e / 49), e % 49));
    return { ...firstClasses(images, K), height: 7, width: 7, pixels: chosen };
  };
  return { ...all, train: small(all.train), test: small(all.test) };
}

function settingsOf(decay: Decay, change: Partial<TrainingSettings> = {}): TrainingSettings {
  const { lambdaZ, ...penalties } = underWeightDecay(
    { network: "mlp-ln", features: "linear", decay, N },
    { weightDecay: lambda },
  );
  return trainingSettings({
    counts,
    lambdaZ,
    ...penalties,
    network: "mlp-ln",
    batch: 80,
    epochs: 3,
    schedule: "decay-ramp",
    seed: 4,
    ...change,
  });
}

const squares = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, x) => sum + x * x, 0);

/** Loss, and the decay of what decays, from the state itself. */
function objectiveOf({ final, state }: TrainingResult, decaying: readonly string[]): number {
  return final.crossEntropy + (lambda / 2) * decaying.reduce((sum, name) => sum + squares(state.params[name].data), 0);
}

// The simplex of margin c: min over c of log(1 + (K-1) e^-c) + lambda c (K-1)^(3/2) / sqrt(K d), stationary where (K-1) / (e^c + K-1) is that slope.
const slope = (lambda * (K - 1) ** 1.5) / Math.sqrt(K * 256);
const margin = Math.log((K - 1) / slope - (K - 1));
const simplex = Math.log1p((K - 1) * Math.exp(-margin)) + slope * margin;

const head = ["head.weight", "head.bias"];
const affine = ["features.norm.scale", "features.norm.shift"];

describe("four balanced classes, the decay of what counts", () => {
  let result: TrainingResult;
  beforeAll(async () => {
    result = await trainRun(settingsOf("effective", { epochs: 60, wholeSet: 30, lastLayer: 150 }), data());
  }, 300_000);

  test("the objective is loss and decay of head, scale and shift", () => {
    expect(result.final.objective).toBeCloseTo(objectiveOf(result, [...head, ...affine]), 6);
  });

  test("it ends at the simplex, whose value has a closed form", () => {
    expect(result.final.objective / simplex - 1).toBeGreaterThan(-1e-5);
    expect(result.final.objective / simplex - 1).toBeLessThan(0.005);
    const { Z } = result.final;
    const centred = Z.map((_, k) => Z.map((row) => row[k] - Z.reduce((sum, r) => sum + r[k], 0) / K));
    for (let k = 0; k < K; k++)
      for (let l = 0; l < k; l++) {
        const dot = centred[k].reduce((sum, x, i) => sum + x * centred[l][i], 0);
        expect(dot / Math.sqrt(squares(centred[k]) * squares(centred[l])), `${k}, ${l}`).toBeCloseTo(-1 / 3, 1);
      }
  });

  test("it stands at the model's best minimum, which the search finds without it", () => {
    const { layerNorm, comparison, predictedObjective } = result.final;
    expect(comparison).toBeNull();
    expect(layerNorm?.best).toBeCloseTo(simplex, 6);
    expect(layerNorm?.settled).toBeCloseTo(simplex, 6);
    expect(predictedObjective).toBe(layerNorm?.best);
    expect(result.layerNorm?.geometry?.name).toBe("simplex");
    // Within half a percent of the objective: an error of Z goes as its root, as the objective is flat there.
    expect(layerNorm?.Zerror.frobenius).toBeLessThan(0.05);
  });

  test("head and affine part are balanced; batch normalization's identity is not asked for", () => {
    expect(result.final.balance?.headToNorm).toBeCloseTo(1, 2);
    expect(result.final.balance?.featureToNorm).toBeNull();
  });
});

test("a decay of the head alone: scale and shift are not in the objective, and nothing is predicted", async () => {
  const result = await trainRun(settingsOf("head"), data());
  expect(result.final.objective).toBeCloseTo(objectiveOf(result, head), 6);
  expect(result.prediction).toBeNull();
  expect(result.layerNorm).toBeNull();
  expect(result.final).toMatchObject({ predictedObjective: null, comparison: null, comparedAt: null, layerNorm: null });
  expect(result.final.balance).toMatchObject({ headToNorm: null });
});

test("what decays, in the settings: nothing of it is a penalty on the features", () => {
  const of = (decay: Decay) => underWeightDecay({ network: "mlp-ln", features: "linear", decay, N }, { weightDecay: 0.1 });
  expect(of("all")).toMatchObject({ lambdaW: 0.1, lambdaB: 0.1, normDecay: 0.1, lambdaH: 0, weightDecay: 0.1 });
  expect(of("effective")).toMatchObject({ lambdaW: 0.1, lambdaB: 0.1, normDecay: 0.1, lambdaH: 0, weightDecay: 0 });
  expect(of("head")).toMatchObject({ lambdaW: 0.1, lambdaB: 0.1, normDecay: 0, lambdaH: 0, weightDecay: 0 });
  const spared = underWeightDecay({ network: "mlp-bn", features: "relu", decay: "head", N }, { weightDecay: 0.1 });
  expect(spared).toMatchObject({ lambdaW: 0.1, normDecay: 0, lambdaH: 0, weightDecay: 0 });
});

test("a penalty on the features of a layer normalization is one, with the problem of section 1", async () => {
  const settings = trainingSettings({ counts, lambdaZ: 0.01, network: "mlp-ln", epochs: 1, batch: 80 });
  const { final } = await trainRun(settings, data());
  expect(final.predictedObjective).toBeLessThan(final.objective);
  expect(final.balance).toBeNull();
});

test("what makes no sense is refused", () => {
  expect(() =>
    underWeightDecay({ network: "mlp-ln", features: "linear", decay: "head", N }, { weightDecay: 0.1, normWeightDecay: 0.1 }),
  ).toThrow(/normWeightDecay: expected none beside the decay of the head alone.*got 0.1/);
  expect(() =>
    underWeightDecay({ network: "mlp-ln", features: "linear", decay: "all", N }, { weightDecay: 0.1, ends: "batch-norm" }),
  ).toThrow(/ends: expected .*mlp-ln.*got "?batch-norm/);
  expect(() =>
    underWeightDecay({ network: "mlp-ln", features: "linear", decay: "all", N }, { weightDecay: 0.1, width: 512 }),
  ).toThrow(/width: expected 256.*got 512/);
  expect(() =>
    underWeightDecay({ network: "mlp-ln", features: "linear", decay: "all", N }, { weightDecay: 0.1, branches: 2 }),
  ).toThrow(/branches: expected 1 with layer-norm.*got 2/);
  expect(() => settingsOf("effective", { lambdaH: 0.1 })).toThrow(/lambdaH: expected 0/);
  expect(() =>
    settingsOf("effective", { remedies: { repeats: null, weights: [1, 1], offsets: null, factors: null, smoothing: 0 } }),
  ).toThrow(/weights/);
});
