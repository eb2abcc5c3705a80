import type { Loss } from "../problem/index.ts";
import { searching } from "./constants.ts";

/** A descent's end, as far as a search compares them. */
interface Ended {
  readonly objective: number;
}

/** What exchanges made of a local minimum. */
export interface Improved<D> {
  /** The best. */
  best: D;
  /** Descents from exchanges. */
  tried: number;
  /** Whether no exchange of two classes leads lower; false where the most that are tried came first. */
  exhausted: boolean;
}

/**
 * Improves a local minimum by exchanging classes that the loss can tell apart, by count, weight, offset or factor: exchanging two that are alike in all of these gives the same value. Pair by pair, until a whole round
 * leads nowhere or as many as `searching` allows were tried. `descend`: from where a descent ended, with classes k and l in each other's place.
 */
export function improvedByExchanges<D extends Ended>(
  { K, counts, weights, offsets, factors }: Pick<Loss, "K" | "counts" | "weights" | "offsets" | "factors">,
  from: D,
  descend: (best: D, k: number, l: number) => D,
  progress?: (done: number, of: number) => void,
): Improved<D> {
  const differ = (k: number, l: number): boolean =>
    [counts, weights, offsets, factors].some((values) => values !== null && values[k] !== values[l]);
  const pairs: [number, number][] = [];
  for (let l = 1; l < K; l++) for (let k = 0; k < l; k++) if (differ(k, l)) pairs.push([k, l]);
  let best = from;
  let tried = 0;
  let since = 0;
  for (let at = 0; since < pairs.length && tried < searching.exchanges; at = (at + 1) % pairs.length) {
    const trial = descend(best, ...pairs[at]);
    tried++;
    since++;
    if (trial.objective < best.objective * (1 - searching.lower)) {
      best = trial;
      since = 0;
    }
    progress?.(tried, Math.min(searching.exchanges, tried + pairs.length - since));
  }
  return { best, tried, exhausted: since >= pairs.length };
}
