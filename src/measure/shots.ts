/** Mean accuracy of the classes with many (above 100), medium (20 to 100) and few (below 20) samples (Liu et al. 2019, ImageNet-LT); null where there are none. */
export interface Shots {
  /** Above 100 samples. */
  many: number | null;
  /** 20 to 100. */
  medium: number | null;
  /** Below 20. */
  few: number | null;
}

/** From the accuracy of each class, null for one that does not occur. */
export function shots(counts: ArrayLike<number>, accuracy: readonly (number | null)[]): Shots {
  const mean = (has: (n: number) => boolean): number | null => {
    const found = accuracy.flatMap((x, k) => (x !== null && has(counts[k]) ? [x] : []));
    return found.length === 0 ? null : found.reduce((a, b) => a + b, 0) / found.length;
  };
  return { many: mean((n) => n > 100), medium: mean((n) => n >= 20 && n <= 100), few: mean((n) => n < 20) };
}
