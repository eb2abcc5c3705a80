import { join } from "node:path";
import { fromRunText, hashOf, runTrainings, type TrainingJob, type TrainingOutcome, versions } from "../experiments/index.ts";
import { encodeNpz } from "../features/index.ts";
import { makeFolders, textOf, writeFileAtomic } from "../files/index.ts";
import { isObject, toJson } from "../json.ts";
import {
  featuresPenalized,
  layerNormProblemOf,
  seenCounts,
  type TrainingProgress,
  type TrainingSettings,
} from "../training/index.ts";
import type { Figure, FigurePoint, FigureResult, PointOutcome, Scale } from "./figure.ts";

/**
 * Runs a figure's trainings and says what they show. Every outcome is kept in `out`/points under a hash of its settings, so what was trained once is
 * not trained again: not after an interruption, and not for another figure of the same trainings.
 */
export interface ReproduceOptions {
  out: string;
  dataDir?: string;
  workers?: number;
  onProgress?: (job: number, jobs: number, progress: TrainingProgress) => void;
  /** Told each training that failed; the others go on. */
  onFailure?: (id: string, message: string) => void;
  /** Before training: how many of the points are missing, and how many steps those take together. */
  onStart?: (missing: number, points: number, steps: number) => void;
}

export interface Reproduction {
  figure: Figure;
  scale: Scale;
  /** Null where a training failed: the figure's verdicts need them all. */
  result: FigureResult | null;
  /** Those that are there. */
  points: PointOutcome[];
  /** Trainings that failed in this call, with the reason; a later call tries them again. */
  failed: { id: string; message: string }[];
  /** Of all trainings, those of earlier calls included. */
  seconds: number;
  versions: Record<string, string>;
}

export async function reproduce(figure: Figure, scale: Scale, options: ReproduceOptions): Promise<Reproduction> {
  const folder = join(options.out, "points");
  await makeFolders(folder);
  const points = figure.points(scale);
  const kept = await Promise.all(points.map((point) => readPoint(folder, point)));
  const missing = points.flatMap((_, i) => (kept[i] ? [] : [i]));
  const steps = missing.map((i) => stepsOf(points[i].job.settings)).reduce((a, b) => a + b, 0);
  options.onStart?.(missing.length, points.length, steps);
  const failed: Reproduction["failed"] = [];
  await runTrainings(
    missing.map((i): TrainingJob => ({ ...points[i].job, dataDir: options.dataDir })),
    {
      workers: options.workers,
      onFailure: (job, message) => {
        const { id } = points[missing[job]];
        failed.push({ id, message });
        options.onFailure?.(id, message);
      },
      onProgress: (job, progress) => options.onProgress?.(job, missing.length, progress),
      onOutcome: async (job, outcome) => {
        const i = missing[job];
        kept[i] = { ...points[i], outcome: essentials(outcome) };
        await writeFileAtomic(pointFile(folder, points[i]), `${toJson(kept[i], 1)}\n`);
      },
    },
  );
  const outcomes = kept.filter((point) => point !== null);
  return {
    figure,
    scale,
    result: failed.length > 0 ? null : figure.conclude(outcomes, scale),
    points: outcomes,
    failed,
    seconds: outcomes.reduce((sum, p) => sum + p.outcome.seconds, 0),
    versions: versions(),
  };
}

/** Z and b of every point, as arrays that NumPy reads: points x K x K and points x K. Where K is not the same in all: one such pair for each K, Z4 and b4, in the order of the points. */
export function pointArrays(points: readonly PointOutcome[]): Uint8Array {
  const classes = [...new Set(points.map((p) => p.outcome.final.Z.length))];
  const arrays = classes.flatMap((K) => {
    const of = points.filter((p) => p.outcome.final.Z.length === K);
    const name = classes.length > 1 ? String(K) : "";
    return [
      [`Z${name}`, { shape: [of.length, K, K], data: Float64Array.from(of.flatMap((p) => p.outcome.final.Z.flat())) }],
      [`b${name}`, { shape: [of.length, K], data: Float64Array.from(of.flatMap((p) => p.outcome.final.b)) }],
    ] as const;
  });
  return encodeNpz(Object.fromEntries(arrays));
}

function stepsOf(settings: TrainingSettings): number {
  const seen = seenCounts(settings).reduce((a, b) => a + b, 0);
  return Math.floor(seen / settings.batch) * settings.epochs + (settings.wholeSet ?? 0) + (settings.lastLayer ?? 0);
}

/** By settings, not by name: two figures may share a training. */
function pointFile(folder: string, { job }: FigurePoint): string {
  return join(folder, `${hashOf(toJson(job))}.json`);
}

async function readPoint(folder: string, point: FigurePoint): Promise<PointOutcome | null> {
  const text = await textOf(pointFile(folder, point));
  if (text === undefined) return null;
  // Written whole or not at all; one that cannot be read, or says something else, is trained again.
  try {
    const { outcome } = fromRunText(text) as PointOutcome;
    return isOutcome(outcome, point.job.settings) ? { ...point, outcome } : null;
  } catch {
    return null;
  }
}

/** Whether a file's outcome has what figures read of it. */
function isOutcome(value: unknown, settings: TrainingSettings): boolean {
  const K = settings.counts.length;
  const numbers = (x: unknown, n: number): boolean => Array.isArray(x) && x.length === n && x.every((e) => typeof e === "number");
  const errors = (x: unknown): boolean => isObject(x) && isObject(x.Zerror) && isObject(x.berror);
  if (!isObject(value) || typeof value.seconds !== "number" || !isObject(value.final)) return false;
  const { history, final } = value;
  const { Z, b, nc1, trainAccuracy, testAccuracy, comparison, objective, predictedObjective, layerNorm } = final as Record<
    string,
    unknown
  >;
  return (
    Array.isArray(history) &&
    history.every((point) => isObject(point) && typeof point.epoch === "number" && errors(point)) &&
    Array.isArray(Z) &&
    Z.length === K &&
    Z.every((row) => numbers(row, K)) &&
    numbers(b, K) &&
    isObject(nc1) &&
    // What is held against the prediction, where there is one; of a layer normalization where it stands among the model's minima.
    (featuresPenalized(settings) ? errors(comparison) && typeof predictedObjective === "number" : comparison === null) &&
    (layerNormProblemOf(settings) === null || errors(layerNorm)) &&
    [trainAccuracy, testAccuracy].every((list) => Array.isArray(list) && list.length === K) &&
    typeof objective === "number"
  );
}

function essentials({ final, history, seconds }: TrainingOutcome): PointOutcome["outcome"] {
  const { Z, b, nc1, blockDeviation, trainAccuracy, testAccuracy, comparison, objective, predictedObjective, epoch } = final;
  const { geometry, layerNorm } = final;
  return {
    history,
    seconds,
    final: {
      Z,
      b,
      nc1,
      blockDeviation,
      trainAccuracy,
      testAccuracy,
      comparison,
      objective,
      predictedObjective,
      epoch,
      geometry,
      layerNorm,
    },
  };
}
