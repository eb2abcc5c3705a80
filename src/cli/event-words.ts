import type { StructuralEvent } from "../prediction/index.ts";
import { listClasses } from "../report/class-table.ts";

/** One structural event in words, for the table and the picture of `nclab thresholds`. */
export function happening(
  { kind, classes }: StructuralEvent,
  { K }: { K: number },
  names: readonly string[] | null = null,
): string {
  if (kind === "complete") return "complete collapse: Z = 0";
  if (kind === "rank") return "a shared singular value reaches 0";
  const who = classes.length === K ? "all classes" : `class${classes.length > 1 ? "es" : ""} ${listClasses(classes, names)}`;
  return `${who}: ${kind === "merge" ? "one vector from here on" : "predictions become 0"}`;
}
