import { describe, expect, test } from "vitest";
import { solvePeeled } from "../../src/measure/index.ts";
import { featureBias, featureWeight } from "../../src/networks/index.ts";
import {
  type Dump,
  dumpOf,
  type Evaluation,
  type TrainingSettings,
  type TrainingState,
  trainingSettings,
  trainRun,
  underWeightDecay,
} from "../../src/training/index.ts";
import { glyphData } from "./glyph-data.ts";

/**
 * Training under weight decay of every layer, with features that come out of a dense layer. What the last two layers end at is known from elsewhere: the convex problem of section 9.3 on what the dense layer takes,
 * solved with a certificate from the dump alone. The training knows nothing of it.
 */
const counts = [12, 12, 12, 12, 12, 6, 6, 6, 6, 6];
const N = 90;
const data = glyphData(counts, 2);
const weightDecay = 0.01;

function settingsOf(change: Partial<TrainingSettings> = {}): TrainingSettings {
  const { lambdaZ, ...penalties } = underWeightDecay({ network: "mlp", features: "linear", decay: "all", N }, { weightDecay });
  return trainingSettings({ counts, lambdaZ, ...penalties, batch: 45, epochs: 40, schedule: "decay-ramp", seed: 4, ...change });
}

const rowsOf = ({ shape: [, d], data }: Dump["features"], i: number): Float32Array => data.subarray(i * d, i * d + d);

/** The convex problem of a dump's last two layers. */
function peeled({ hidden, labels }: Dump) {
  const { shape, data: phi } = hidden as NonNullable<Dump["hidden"]>;
  const blocks = async function* (from: number, to: number) {
    yield { n: to - from, first: from, features: phi.subarray(from * shape[1], to * shape[1]), labels: labels.slice(from, to) };
  };
  return solvePeeled(
    { stream: { d: shape[1], K: 10, head: null, blocks }, n: N, withOne: true },
    { weightDecay, tolerance: 1e-5 },
  );
}

const squares = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, x) => sum + x * x, 0);

/** Cross-entropy and the decay of everything. */
const whole = ({ crossEntropy }: Evaluation, { params }: TrainingState): number =>
  crossEntropy + (weightDecay / 2) * Object.values(params).reduce((sum, { data: values }) => sum + squares(values), 0);

describe("an mlp whose every layer decays", () => {
  test("ends, in its last two layers, at the certified minimum of the convex problem that they are", async () => {
    const settings = settingsOf({ lastLayer: 50 });
    const history: Evaluation[] = [];
    const { final, state } = await trainRun(settings, data, { onEvaluation: (e) => void history.push(e) });
    const { Z, b, objective, dual } = await peeled(await dumpOf(settings, data, state));
    expect(history.map(({ epoch }) => epoch)).toEqual([40, 41]);
    expect(history[0].objective).toBeGreaterThan(1.05 * objective);
    // float32 features and logits on one side, the solver's gap on the other.
    expect(final.objective).toBeGreaterThan(dual * (1 - 1e-5));
    expect(final.objective).toBeLessThan(objective * (1 + 1e-3));
    const off = final.Z.flat().map((z, e) => z - Z[e]);
    expect(Math.sqrt(squares(off) / squares(Z))).toBeLessThan(0.03);
    expect(Math.sqrt(squares(final.b.map((x, k) => x - b[k])) / squares(b))).toBeLessThan(0.1);
    expect(final).toMatchObject({ comparison: null, comparedAt: null, predictedObjective: null, balance: null, branches: null });
  });

  test("all layers at once lower the whole objective, and keep the network what it says it is", async () => {
    const settings = settingsOf({ wholeSet: 25 });
    const history: Evaluation[] = [];
    const saved: TrainingState[] = [];
    const after = await trainRun(settings, data, {
      onEvaluation: (e) => void history.push(e),
      checkpointEvery: 40,
      onCheckpoint: (state) => void saved.push(state),
    });
    expect(whole(after.final, after.state)).toBeLessThan(0.95 * whole(history[0], saved[0]));
    const dump = await dumpOf(settings, data, after.state);
    const weight = dump.weight.data;
    const logits = (h: Float32Array, k: number): number =>
      h.reduce((sum, x, j) => sum + x * weight[k * h.length + j], dump.bias?.data[k] ?? 0);
    // The features of the dump are the dense layer of its hidden values, and give the cross-entropy that was measured.
    const V = after.state.params[featureWeight].data;
    const v = after.state.params[featureBias].data;
    let loss = 0;
    for (let i = 0; i < N; i++) {
      const [h, phi] = [rowsOf(dump.features, i), rowsOf(dump.hidden as Dump["features"], i)];
      const made = v[3] + phi.reduce((sum, x, j) => sum + x * V[3 * phi.length + j], 0);
      expect(Math.abs(h[3] - made)).toBeLessThan(1e-4 * (1 + Math.abs(made)));
      const u = Array.from({ length: 10 }, (_, k) => logits(h, k));
      loss += (Math.log(u.reduce((sum, x) => sum + Math.exp(x), 0)) - u[dump.labels[i]]) / N;
    }
    expect(loss).toBeCloseTo(after.final.crossEntropy, 5);
  });
});

test("what says something else of a dense layer is refused", () => {
  const under = (decay: "all" | "effective", more: object) =>
    underWeightDecay({ network: "mlp", features: "linear", decay, N }, { weightDecay, ...more });
  expect(() => under("effective", {})).toThrow(/decay: expected all for mlp/);
  expect(() => under("all", { ends: "batch-norm" })).toThrow(/ends: expected none for mlp/);
  expect(() => under("all", { branches: 2 })).toThrow(/branches: expected none for mlp/);
  expect(() => under("all", { normWeightDecay: 0.1 })).toThrow(/normWeightDecay: expected none for mlp/);
  expect(under("all", {})).toMatchObject({ lambdaH: 0, lambdaW: weightDecay, lambdaB: weightDecay, weightDecay });
  expect(() => settingsOf({ weightDecay: 0 })).toThrow(/lambdaH: expected a positive number/);
});
