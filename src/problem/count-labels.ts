import { InputError } from "../errors.ts";
import { checkCounts } from "./counts.ts";

/** The counts of classes that all occur. `what` names their source in errors, `how` says how it was read. @internal */
export function presentCounts(counts: ArrayLike<number>, what: string, how: string): number[] {
  const K = counts.length;
  const absent = Array.from({ length: K }, (_, k) => k).filter((k) => counts[k] === 0);
  if (absent.length > 0)
    throw new InputError(
      `${what}: expected every class from 0 to ${K - 1} to occur, got none of class ${absent.slice(0, 5).join(", ")}${absent.length > 5 ? `, ... (${absent.length} classes)` : ""} (${how})${wayOut(counts, absent)}`,
    );
  return checkCounts(Array.from(counts), what);
}

/** What labels mean that leave out class 0, or all classes below the last. */
function wayOut(counts: ArrayLike<number>, absent: readonly number[]): string {
  const K = counts.length;
  if (absent.length === 1 && absent[0] === 0) return "; classes are counted from 0: labels from 1 to K must be one less";
  const last = absent.length > 0 && absent.at(-1) === K - 2 && absent[0] === K - 1 - absent.length && absent[0] > 1;
  return last ? `; if ${K - 1} marks samples that belong to no class: --ignore-label ${K - 1}` : "";
}
