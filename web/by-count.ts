import { clustersOf } from "../src/problem/index.ts";

/** Classes of equal count together, the most frequent first. */
export const byCount = (counts: readonly number[]): (readonly number[])[] =>
  clustersOf({ counts, weights: null, offsets: null, factors: null }).map((c) => c.classes);
