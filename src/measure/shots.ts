/** Mean accuracy of the classes with many (above 100), medium (20 to 100) and few (below 20) samples (Liu et al. 2019, ImageNet-LT); null where there are none. */
export interface Shots {
  /** Above 100 samples. */
  many: number | null;
  /** 20 to 100. */
  medium: number | null;
  /** Below 20. */
  few: number | null;
}

/** Many has more samples than `manyAbove`, few has less than `fewBelow`. */
const manyAbove = 100;
/** See `manyAbove`. */
const fewBelow = 20;

/** The three groups: what a reader is told, and which counts belong. @internal */
export const shotGroups: Readonly<Record<keyof Shots, { text: string; has: (n: number) => boolean }>> = {
  many: { text: `many (> ${manyAbove} samples)`, has: (n) => n > manyAbove },
  medium: { text: `medium (${fewBelow}-${manyAbove})`, has: (n) => n >= fewBelow && n <= manyAbove },
  few: { text: `few (< ${fewBelow})`, has: (n) => n < fewBelow },
};

/** From the accuracy of each class, null for one that does not occur. */
export function shots(counts: ArrayLike<number>, accuracy: readonly (number | null)[]): Shots {
  const mean = ({ has }: { has: (n: number) => boolean }): number | null => {
    const found = accuracy.flatMap((x, k) => (x !== null && has(counts[k]) ? [x] : []));
    return found.length === 0 ? null : found.reduce((a, b) => a + b, 0) / found.length;
  };
  return { many: mean(shotGroups.many), medium: mean(shotGroups.medium), few: mean(shotGroups.few) };
}
