import type { DatasetName } from "../data/index.ts";
import type { TrainingJob, TrainingOutcome } from "../experiments/index.ts";
import type { NetworkName } from "../networks/index.ts";
import type { PictureOptions } from "../plots/index.ts";
import type { TrainingSettings } from "../training/index.ts";

/**
 * A published figure as a program: its claim, the trainings that it takes at a given scale, and what their outcomes say. One file a
 * figure; reproduce.ts runs them.
 */
export interface Figure {
  /** `fig5`; also the folder of its results. */
  name: string;
  /** In one sentence: what the paper says, or what goes further than it. */
  claim: string;
  /** What to train; nothing, where a figure is solved alone. */
  points(scale: Scale): FigurePoint[];
  /** Outcomes in the order of the points -> numbers, verdicts, pictures. */
  conclude(outcomes: readonly PointOutcome[], scale: Scale): FigureResult;
}

/** One training of a figure. */
export interface FigurePoint {
  /** File name of its outcome; says what it is. */
  id: string;
  job: Omit<TrainingJob, "dataDir">;
}

/** What is kept of a point: enough for every figure, small enough for results/. */
export interface PointOutcome extends FigurePoint {
  outcome: Pick<TrainingOutcome, "history" | "seconds"> & {
    final: Pick<
      TrainingOutcome["final"],
      | "Z"
      | "b"
      | "nc1"
      | "blockDeviation"
      | "trainAccuracy"
      | "testAccuracy"
      | "comparison"
      | "objective"
      | "predictedObjective"
      | "epoch"
      | "geometry"
      | "layerNorm"
    >;
  };
}

export interface FigureResult {
  /** What the picture shows, as plain data. */
  data: object;
  verdicts: Verdict[];
  /** What the words of the rules mean, where they need it: below the table. */
  words?: readonly string[];
  /** By the name of their files, without an ending. */
  pictures: { name: string; draw(options: PictureOptions): SVGSVGElement }[];
}

/** One line of the verdict table. */
export interface Verdict {
  what: string;
  predicted: string;
  measured: string;
  /** The value that the paper's text states, if it does. */
  paper: string | null;
  /** By which it is judged, in words; null: it is not. */
  rule: string | null;
  /** Whether prediction and measurement agree as the claim asks; null: stated without judging. */
  holds: boolean | null;
}

/** full: the paper's numbers. medium: every point of its grids on a CPU, by a residual network on CIFAR-10. small: by a perceptron. demo: minutes, a few points. */
export const scaleNames = ["demo", "small", "medium", "full"] as const;
export type ScaleName = (typeof scaleNames)[number];

export interface Scale {
  name: ScaleName;
  dataset: DatasetName;
  network: NetworkName;
  /** Epochs of the section 4.3 experiments (2000 in the paper) and of section 4.1 (1000). */
  epochs: number;
  seed: number;
  device: TrainingSettings["device"];
}

/** The defaults of a scale. */
export function scaleOf(name: ScaleName): Scale {
  const small = { dataset: "fashion-mnist", network: "mlp", seed: 0, device: "wasm" } as const;
  if (name === "demo") return { name, ...small, epochs: 60 };
  if (name === "small") return { name, ...small, epochs: 200 };
  if (name === "medium") return { name, ...small, dataset: "cifar-10", network: "resnet8", epochs: 45 };
  return { name, dataset: "cifar-10", network: "resnet18", epochs: 2000, seed: 0, device: "webgpu" };
}

/** Every second or third value of a grid at demo scale, ends included. */
export function thin<T>(grid: readonly T[], scale: Scale, keep = 4): readonly T[] {
  if (scale.name !== "demo" || grid.length <= keep) return grid;
  return Array.from({ length: keep }, (_, i) => grid[Math.round((i * (grid.length - 1)) / (keep - 1))]);
}
