import { inputError } from "../errors.ts";

/** Class numbers, as a program has them. */
export type LabelNumbers = ArrayLike<number | bigint>;

/** As many classes as any command takes. */
export const mostClasses = 1_000_000;

/** Labels that were checked. */
export interface CheckedLabels {
  /** The class of every sample, -1 where it is to be ignored. */
  labels: number[];
  /** How many are to be ignored. */
  ignored: number;
  /** Samples of each class. */
  counts: number[];
}

/**
 * Labels in memory: whole numbers and nothing that could be taken for one. `classes`: how many there are, where that is known, with the reason `because`; `most`: the largest label otherwise. Throws
 * InputError.
 */
export function checkedLabels(
  labels: LabelNumbers,
  ignoreLabel: number | undefined,
  { most, classes = 0, because = "" }: { most: number; classes?: number; because?: string },
): CheckedLabels {
  if (typeof labels !== "object" || labels === null || typeof labels.length !== "number")
    throw inputError("labels", "a list of whole numbers, the class of every sample", labels);
  if (ignoreLabel !== undefined && !Number.isSafeInteger(ignoreLabel))
    throw inputError("ignoreLabel", "a whole number", ignoreLabel);
  const counts = new Array<number>(classes).fill(0);
  let ignored = 0;
  const checked = Array.from({ length: labels.length }, (_, i) => {
    const given = labels[i];
    const k = typeof given === "bigint" ? Number(given) : given;
    if (k === ignoreLabel && k !== undefined) {
      ignored++;
      return -1;
    }
    if (!(Number.isSafeInteger(k) && k >= 0 && k <= most))
      throw inputError(`labels[${i}]`, `a whole number from 0 to ${most}${because}`, given);
    while (counts.length <= k) counts.push(0);
    counts[k]++;
    return k;
  });
  return { labels: checked, ignored, counts };
}

/** K names, or none. Throws InputError. */
export function checkedNames(classNames: readonly string[] | null | undefined, K: number): string[] | null {
  if (classNames === undefined || classNames === null) return null;
  if (!Array.isArray(classNames) || classNames.length !== K || classNames.some((name) => typeof name !== "string"))
    throw inputError("classNames", `${K} names, one a class`, classNames);
  return [...classNames];
}
