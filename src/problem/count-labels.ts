import { InputError, inputError } from "../errors.ts";
import { checkCounts } from "./counts.ts";

/** How often each class occurs among labels 0, 1, ..., each of which must occur. `what` names their source in errors. */
export function countsOfLabels(labels: ArrayLike<number>, what: string): number[] {
  const counts: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (!Number.isSafeInteger(label) || label < 0 || label > 1_000_000)
      throw inputError(`${what}[${i}]`, "a class number from 0", label);
    while (counts.length <= label) counts.push(0);
    counts[label]++;
  }
  const empty = counts.indexOf(0);
  if (empty >= 0)
    throw new InputError(`${what}: expected every class from 0 to ${counts.length - 1} to occur, got none of class ${empty}`);
  return checkCounts(counts, what);
}
