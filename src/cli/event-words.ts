import type { StructuralEvent } from "../prediction/index.ts";

/** One structural event in words, for the table and the picture of `nclab thresholds`. */
export function happening({ kind, classes }: StructuralEvent, { K }: { K: number }): string {
  const which = classes.length > 6 ? `${classes.slice(0, 5).join(", ")}, ... (${classes.length})` : classes.join(", ");
  if (kind === "complete") return "complete collapse: Z = 0";
  if (kind === "rank") return "a shared singular value reaches 0";
  const who = classes.length === K ? "all classes" : `class${classes.length > 1 ? "es" : ""} ${which}`;
  return `${who}: ${kind === "merge" ? "one vector from here on" : "predictions become 0"}`;
}
