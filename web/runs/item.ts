import { inputError } from "../../src/errors.ts";
import type { FeatureView, Measurement } from "../../src/measure/index.ts";
import type { Prediction } from "../../src/prediction/index.ts";
import type { ProblemInput } from "../../src/problem/index.ts";
import { groupsOf, numberIn, pointOf } from "../../src/watch/index.ts";
import type { ShownClass } from "../../src/words/index.ts";
import type { Structure } from "./structure.ts";

/** Something that was trained, measured or predicted, as the page shows it. */
export interface Item {
  /** Folder or file. */
  name: string;
  kind: "run" | "measurement" | "prediction";
  /** running, done or failed; of a run only. */
  status: string | null;
  counts: number[];
  /** The problem that Z is held against; null: nothing says which. */
  problem: ProblemInput | null;
  /** Where the lambdas of that problem come from; null: there is none. */
  at: LambdaSource | null;
  /** A line an evaluated epoch; for a document of a measurement one line, without an epoch. */
  lines: Line[];
  /** Of a prediction: its Z. */
  predicted: Prediction["Z"] | null;
  /** Of a document, or of a run's last evaluated epoch; null: nothing was measured yet. */
  structure: Structure | null;
  /** Names of the classes; null: they have none, or the document does not say. */
  classNames: readonly string[] | null;
  /** The features as a picture shows them, where a document of a measurement has that. */
  view: FeatureView | null;
  /** What the document says should be known of it. */
  notes: readonly string[];
  /** Its weakest classes, at the last measured epoch; empty where the document does not say what has become of them. */
  latest: readonly ShownClass[];
}

/** A run's own settings; lambdas stated with a measurement; those that its head's forces tell (`nclab measure --compare-effective`); those of a prediction. */
export type LambdaSource = "settings" | "stated" | "effective" | "prediction";

export interface Line {
  epoch: number | null;
  Z: (number | null)[][] | null;
  nc1: number | null;
  nc3: number | null;
  nc4: number | null;
  etfDistance: number | null;
  error: number | null;
  objective: number | null;
}

/** What has become of the weakest classes, by a document or a line of a run. */
export const latestOf = (document: Json, counts: readonly number[], where: string): readonly ShownClass[] =>
  document.classes === undefined || document.classes === null
    ? []
    : pointOf(document, { at: 0, file: null, groups: groupsOf([...counts], null), where }).latest;

export type Json = Record<string, unknown>;

/** One evaluated epoch, or a whole measurement. Throws InputError with its place, `where`. */
export function lineOf(line: Json, K: number, where: string): Line {
  const m = line as unknown as Partial<Measurement> & { epoch?: unknown; objective?: unknown };
  const optional = (value: unknown, what: string): number | null =>
    value === undefined || value === null ? null : numberIn(value, `${where}: ${what}`);
  return {
    epoch: optional(m.epoch, "epoch"),
    Z: matrixOf(m.Z, K, `${where}: Z`),
    nc1: optional(m.nc1?.paper, "nc1.paper"),
    nc3: optional(m.nc3, "nc3"),
    nc4: optional(m.nc4, "nc4"),
    etfDistance: optional(m.nc2?.etfDistance, "nc2.etfDistance"),
    error: optional(m.comparison?.Zerror?.frobenius, "comparison.Zerror.frobenius"),
    objective: optional(m.objective, "objective"),
  };
}

/** K x K numbers, null where a class does not occur; null: there is no matrix. */
export function matrixOf(Z: unknown, K: number, what: string): (number | null)[][] | null {
  if (Z === undefined || Z === null) return null;
  const valid =
    Array.isArray(Z) &&
    Z.length === K &&
    Z.every((row) => Array.isArray(row) && row.length === K && row.every((x) => x === null || Number.isFinite(x)));
  if (!valid) throw inputError(what, `${K} x ${K} numbers`, Z);
  return Z as (number | null)[][];
}

export function objectIn(value: unknown, what: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw inputError(what, "an object", value);
  return value as Json;
}
