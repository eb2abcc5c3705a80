import { inputError } from "../errors.ts";
import { type Classes, clustersOf } from "../problem/index.ts";

/** Refuses what would take days or more memory than there is, before it begins. Classes differ in their count or in a remedy; `because` says what grows. */
export function checkDifferent(classes: Classes, most: number, because: string): number {
  const different = clustersOf(classes).length;
  if (different > most) throw inputError("classes", `at most ${most} different ones (${because})`, different);
  return different;
}
