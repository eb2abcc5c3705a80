import { twoGroupCounts } from "../data/index.ts";
import { endingOf, type NetworkName } from "../networks/index.ts";
import { type TrainingSettings, trainingSettings, underWeightDecay } from "../training/index.ts";
import type { Scale } from "./figure.ts";

/** What the figure on layer normalization trains (theory, section 9.4): counts, decays, seeds. */
export interface Shape {
  id: string;
  label: string;
  counts: readonly number[];
  /** How many times their own the decays are at the height of the schedule decay-peak. */
  peak: number;
}

const balanced = (K: number, peak: number): Shape => ({
  id: `balanced-${K}`,
  label: `${K} x 100`,
  counts: new Array<number>(K).fill(100),
  peak,
});

/**
 * The model's local minima keep the directions that a training begins with, and at a strong decay only few directions are stable: too few, where the decay is stronger still. So for ten classes the
 * decays begin just below the strength at which the best minimum of the model has fewer directions than at their own (at whole multiples; they are found by `predict --ends layer-norm`: 9, 6, 3 and
 * 4 times have fewer), and fall to their own. For six classes there is no such strength up to complete collapse, and for four the simplex, which has most directions, comes back from any: there the
 * best minimum costs at first about half of what complete collapse costs, log K.
 */
export const shapes: readonly Shape[] = [
  balanced(4, 35),
  balanced(6, 35),
  balanced(10, 8),
  { id: "5x500-5x100", label: "5 x 500, 5 x 100", counts: twoGroupCounts(5, 500, 5, 100), peak: 5 },
  { id: "5x500-5x20", label: "5 x 500, 5 x 20", counts: twoGroupCounts(5, 500, 5, 20), peak: 2 },
  {
    id: "exponential",
    label: "500 to 10, exponential",
    counts: Array.from({ length: 10 }, (_, k) => Math.round(500 * 50 ** (-k / 9))),
    peak: 3,
  },
];

/**
 * What decays, and how:
 *
 *   peak    head, scale and shift; first much more than its own, which leads to few directions
 *   plain   head, scale and shift; growing to its own (decay-ramp), as without knowledge of the model
 *   spared  the head alone
 */
export const arms = ["peak", "plain", "spared"] as const;
export type Arm = (typeof arms)[number];

export interface Case {
  id: string;
  shape: Shape;
  arm: Arm;
  seed: number;
}

/** The decay of what decays. */
export const lambda = 0.03;

/** Whether all classes have as many samples. */
export const isEqual = (counts: readonly number[]): boolean => new Set(counts).size === 1;

export function cases(scale: Scale): Case[] {
  const shown = scale.name === "demo" ? [shapes[0], shapes[2]] : shapes;
  const seeds = scale.name === "demo" ? 1 : 3;
  return shown.flatMap((shape) =>
    arms.flatMap((arm) =>
      Array.from({ length: seeds }, (_, s) => ({ id: `${shape.id}-${arm}-${s}`, shape, arm, seed: scale.seed + s })),
    ),
  );
}

/**
 * Steps by batches of 100; looks at all samples at once, of all parameters and then of the last dense layer, the normalization and the head. Where scale and shift are spared there is no minimum to
 * look for: that end would raise the scale until nothing is left of the loss, and leave the classes where they stand. So there are more steps, in which the scale grows slowly.
 */
const lengths: Record<Scale["name"], { steps: number; wholeSet: number; lastLayer: number; spared: number }> = {
  demo: { steps: 450, wholeSet: 30, lastLayer: 60, spared: 1000 },
  small: { steps: 450, wholeSet: 30, lastLayer: 100, spared: 1000 },
  medium: { steps: 450, wholeSet: 30, lastLayer: 100, spared: 1000 },
  full: { steps: 4000, wholeSet: 60, lastLayer: 200, spared: 8000 },
};

/** The scale's network where it ends in layer normalization, else mlp-ln (at full scale cnn-ln). */
export function layerNormTraining({ shape: { counts, peak }, arm, seed }: Case, scale: Scale): TrainingSettings {
  const own: NetworkName = scale.name === "full" ? "cnn-ln" : "mlp-ln";
  const network = endingOf(scale.network) === "layer-norm" ? scale.network : own;
  const N = counts.reduce((sum, n) => sum + n, 0);
  const batch = Math.min(100, N);
  const { steps, wholeSet, lastLayer, spared } = lengths[scale.name];
  const decay = arm === "spared" ? "head" : "effective";
  const { lambdaZ, ...penalties } = underWeightDecay({ network, features: "linear", decay, N }, { weightDecay: lambda });
  return trainingSettings({
    counts,
    lambdaZ,
    ...penalties,
    network,
    features: "linear",
    epochs: Math.ceil(((arm === "spared" ? spared : steps) * batch) / N),
    batch,
    ...(arm === "peak" ? { schedule: "decay-peak", peak } : { schedule: "decay-ramp" }),
    ...(arm === "spared" ? {} : { wholeSet, lastLayer }),
    seed,
    device: scale.device,
  });
}
