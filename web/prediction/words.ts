import { fullRank } from "../../src/loss/index.ts";
import type { ClassesOfPrediction, Prediction, StructuralEvent } from "../../src/prediction/index.ts";
import { phaseWords } from "../../src/theory/index.ts";
import { listClasses } from "../../src/words/index.ts";

/** What a prediction says, in words. */
export function verdict(
  p: Pick<Prediction, "phase" | "vanished" | "clusters" | "rank"> & { problem: Parameters<typeof fullRank>[0] },
): string {
  if (p.phase) return `Phase (${p.phase}): ${phaseWords[p.phase]}.`;
  if (p.vanished.length === p.problem.K) return "Complete collapse, Z = 0: every class gets the same prediction.";
  const gone = new Set(p.vanished);
  const merged = p.clusters.filter((c) => c.merged && !gone.has(c.classes[0]));
  const parts = [
    ...(merged.length > 0
      ? [
          `${counted(sum(merged.map((c) => c.size)), "class", "classes")} merged in ${counted(merged.length, "group", "groups")}: ${merged.length === 1 ? "they are" : "each group is"} one vector`,
        ]
      : []),
    ...(gone.size > 0 ? [`the predictions of ${counted(gone.size, "class", "classes")} are 0`] : []),
  ];
  if (parts.length === 0)
    return p.rank < fullRank(p.problem)
      ? `No two classes merge, but the predictions span ${counted(p.rank, "dimension", "dimensions")} only, of ${fullRank(p.problem)}.`
      : "No two classes share one mean prediction.";
  const text = parts.join("; ");
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

export function stateOf(p: Pick<Prediction, "clusters" | "vanished">, j: number): string {
  const { classes, size, merged } = p.clusters[j];
  if (p.vanished.includes(classes[0])) return "predictions are 0";
  if (size === 1) return "one class";
  return merged ? "merged: one vector" : "different vectors";
}

/** A structural event, short enough for a phone. */
export function eventWords({ kind, classes }: StructuralEvent, K: number, names: Names = null): string {
  if (kind === "complete") return "complete collapse";
  if (kind === "rank") return "a shared singular value is 0";
  const who = classes.length === K ? "all" : classRanges(classes, names);
  return `${who}: ${kind === "merge" ? "one vector" : "become 0"}`;
}

/** Names of the classes, where there are any. */
export type Names = readonly (string | null)[] | null;

/** Those of a prediction's document. */
export function namesOf({ classes }: Pick<ClassesOfPrediction, "classes">): Names {
  return classes.some((c) => c.name !== null) ? classes.map((c) => c.name) : null;
}

/** `class 3` or `classes 0–4`. */
export const classesText = (classes: readonly number[], names: Names = null): string =>
  `${classes.length === 1 ? "class" : "classes"} ${classRanges(classes, names)}`;

/** Classes as ranges, `0–4, 7`, or by name; a long list is cut. */
export const classRanges = (classes: readonly number[], names: Names = null): string =>
  listClasses(classes, names, { range: "–", more: "…" });

export const counted = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
