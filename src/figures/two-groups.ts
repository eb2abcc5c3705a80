import { twoGroupCounts } from "../data/index.ts";
import { type HeatMapData, heatMaps } from "../plots/index.ts";
import { predict } from "../prediction/index.ts";
import { problem } from "../problem/index.ts";
import { completeCollapse } from "../theory/index.ts";
import { type ScheduleName, type TrainingRemedies, trainingSettings } from "../training/index.ts";
import type { FigurePoint, FigureResult, PointOutcome, Scale } from "./figure.ts";

/** What the experiments of section 4.3 share: k_A classes of n_A images, k_B of n_B, lambda_W = 10 lambda_Z, lambda_H = lambda_Z/10. */
export interface TwoGroups {
  kA: number;
  nA: number;
  kB: number;
  nB: number;
  lambdaZ: number;
  lambdaB: number;
  features: "linear" | "relu";
}

export const countsOf = ({ kA, nA, kB, nB }: Pick<TwoGroups, "kA" | "nA" | "kB" | "nB">): number[] =>
  twoGroupCounts(kA, nA, kB, nB);

/**
 * The paper's steps leave a class just beyond its threshold half merged after 200 epochs. A small residual network learns the images slowly: pressed together at
 * once, its rare classes vanish on either side of their threshold (docs/figures.md).
 */
const schedules: Record<Scale["name"], ScheduleName> = {
  full: "paper-4.3",
  medium: "learn-first",
  small: "stable-decay",
  demo: "stable-decay",
};

/** `given`: instead of what all share. */
export function groupPoint(
  id: string,
  g: TwoGroups,
  scale: Scale,
  given: { remedies?: Partial<TrainingRemedies>; schedule?: ScheduleName } = {},
): FigurePoint {
  const counts = countsOf(g);
  const N = counts.reduce((a, b) => a + b, 0);
  return {
    id,
    job: {
      dataset: scale.dataset,
      settings: trainingSettings({
        counts,
        lambdaZ: g.lambdaZ,
        lambdaB: g.lambdaB,
        features: g.features,
        network: scale.network,
        epochs: scale.epochs,
        batch: Math.min(scale.name === "medium" ? 32 : 128, N),
        schedule: schedules[scale.name],
        // From here on N lambda_H is too much for the first steps of linear features at 0.1: of 10,900 images' losses the first epoch made NaN.
        ...(scale.name !== "full" && g.features === "linear" && (N * g.lambdaZ) / 10 > 4 ? { warmup: 5 } : {}),
        seed: scale.seed,
        device: scale.device,
        ...given,
      }),
    },
  };
}

/** The group as it was trained, with what was predicted and measured. */
export interface GroupOutcome extends TwoGroups {
  predicted: { Z: number[][]; separation: number; largest: number };
  measured: { Z: number[][]; separation: number; largest: number; trainAccuracy: number[]; testAccuracy: number[] };
}

export function groupOutcome(g: TwoGroups, { outcome: { final } }: PointOutcome): GroupOutcome {
  const minority = Array.from({ length: g.kB }, (_, i) => g.kA + i);
  const majority = Array.from({ length: g.kA }, (_, i) => i);
  const prediction = predict(
    problem({ counts: countsOf(g), lambdaZ: g.lambdaZ, lambdaB: g.lambdaB, nonnegative: g.features === "relu" }),
  );
  const describe = (Z: number[][]) => ({ Z, separation: spread(Z, minority), largest: largestOf(Z) });
  const means = (accuracy: (number | null)[]): number[] =>
    [majority, minority].map((group) => group.reduce((sum, k) => sum + (accuracy[k] ?? 0), 0) / group.length);
  return {
    ...g,
    predicted: describe(prediction.Z),
    measured: { ...describe(final.Z), trainAccuracy: means(final.trainAccuracy), testAccuracy: means(final.testAccuracy) },
  };
}

/** Largest distance between the mean predictions of two of the classes. */
export function spread(Z: readonly (readonly number[])[], classes: readonly number[]): number {
  let most = 0;
  for (const k of classes) for (const l of classes) most = Math.max(most, Math.hypot(...Z.map((row) => row[k] - row[l])));
  return most;
}

export function largestOf(Z: readonly (readonly number[])[]): number {
  return Math.max(...Z.map((row) => Math.max(...row.map(Math.abs))));
}

/** The mean predictions of section 4.3's figures: heat maps in the symmetric logarithmic scale of the paper, predicted above measured. */
export function groupHeatMaps(
  name: string,
  title: (g: GroupOutcome) => string,
  outcomes: readonly GroupOutcome[],
): FigureResult["pictures"][number] {
  const data: HeatMapData = {
    rows: ["predicted Z*", "measured Z"],
    groups: outcomes.map((g) => ({
      title: title(g),
      matrices: [g.predicted.Z, g.measured.Z],
      clusters: [Array.from({ length: g.kA }, (_, i) => i), Array.from({ length: g.kB }, (_, i) => g.kA + i)],
    })),
  };
  return { name, draw: (options) => heatMaps(data, { width: 1000, scale: "symlog", ...options }) };
}

/** Complete collapse in both models; the minority's threshold of the free model. */
export function lambdaThresholds(g: Omit<TwoGroups, "lambdaZ" | "features">): {
  minority: number;
  free: number;
  nonnegative: number;
} {
  const counts = countsOf(g);
  const N = counts.reduce((a, b) => a + b, 0);
  const { free, nonnegative } = completeCollapse(problem({ counts, lambdaZ: 1e-3, lambdaB: g.lambdaB }));
  return { minority: Math.sqrt(g.nB) / N, free, nonnegative };
}
