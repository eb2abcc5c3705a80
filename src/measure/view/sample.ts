import { inputError } from "../../errors.ts";
import { maximum } from "../../extremes.ts";
import { priority } from "./priority.ts";

/**
 * A sample of rows to look at, bounded whatever the size of the data: of each class the rows with the least priorities, up to a limit that is the same for all classes. Parts of a data set
 * have samples that merge into that of the whole.
 */
export interface Sample {
  /** Of the priorities. */
  readonly seed: number;
  /** Rows that are kept in all, at most. */
  readonly points: number;
  /** Rows that are kept of each class, K. */
  readonly limits: Float64Array;
  /** Of each class, in no order. */
  readonly kept: Kept[][];
}

/** A row that is kept. */
export interface Kept {
  /** From 0 on. */
  row: number;
  /** In [0, 1): the least are kept. */
  priority: number;
  /** Its d numbers. */
  features: Float64Array;
}

/** Numbers that a sample may hold in all. */
const mostNumbers = 2 ** 24;

/** The sample before the first row. `counts`: of the classes; at most `points` rows are kept in all, of `d` numbers each. */
export function emptySample(counts: ArrayLike<number>, d: number, { seed, points }: { seed: number; points: number }): Sample {
  const limits = limitsOf(counts, Math.min(points, Math.floor(mostNumbers / d)), seed);
  return { seed, points, limits, kept: Array.from(limits, () => []) };
}

/** The largest limit, one for all classes, with which at most `most` rows are kept; where even one of each is too many, one of some classes. */
function limitsOf(counts: ArrayLike<number>, most: number, seed: number): Float64Array {
  const all = Array.from(counts);
  const kept = (limit: number): number => all.reduce((sum, n) => sum + Math.min(n, limit), 0);
  if (kept(1) > most) {
    const drawn = all.flatMap((n, k) => (n > 0 ? [k] : [])).sort((a, b) => priority(seed, a) - priority(seed, b));
    const limits = new Float64Array(all.length);
    for (const k of drawn.slice(0, most)) limits[k] = 1;
    return limits;
  }
  let [low, high] = [1, Math.max(2, maximum(all) + 1)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (kept(middle) <= most) low = middle;
    else high = middle;
  }
  return Float64Array.from(all, (n) => Math.min(n, low));
}

/** Offers a row of class `k`: `at` is where its features begin. */
export function addToSample(sample: Sample, k: number, row: number, features: ArrayLike<number>, at: number, d: number): void {
  const { seed, limits, kept } = sample;
  if (limits[k] === 0) return;
  offer(kept[k], limits[k], row, priority(seed, row), () => Float64Array.from({ length: d }, (_, j) => features[at + j]));
}

/** Ties, which 53 bits make rare, go to the earlier row. */
const before = (a: Omit<Kept, "features">, b: Omit<Kept, "features">): boolean =>
  a.priority < b.priority || (a.priority === b.priority && a.row < b.row);

function offer(list: Kept[], limit: number, row: number, p: number, features: () => Float64Array): void {
  const offered = { row, priority: p };
  if (list.length < limit) {
    list.push({ ...offered, features: features() });
    // The last of the list is the one that goes next.
    if (list.length === limit) toEnd(list);
    return;
  }
  if (!before(offered, list[limit - 1])) return;
  list[limit - 1] = { ...offered, features: features() };
  toEnd(list);
}

function toEnd(list: Kept[]): void {
  const end = list.length - 1;
  let worst = end;
  for (let i = 0; i < end; i++) if (before(list[worst], list[i])) worst = i;
  [list[worst], list[end]] = [list[end], list[worst]];
}

/** The sample of both parts together. Throws InputError for parts that were drawn otherwise. */
export function mergeSamples(a: Sample, b: Sample): Sample {
  if (a.seed !== b.seed || a.limits.length !== b.limits.length || a.limits.some((n, k) => n !== b.limits[k]))
    throw inputError("shards", `samples by seed ${a.seed}, with the same limits`, `seed ${b.seed}, or other limits`);
  const kept = a.kept.map((list) => [...list]);
  b.kept.forEach((list, k) => {
    for (const { row, priority: p, features } of list) offer(kept[k], a.limits[k], row, p, () => features);
  });
  return { ...a, kept };
}

/** All rows that are kept, by their numbers. */
export const keptRows = ({ kept }: Sample): (Kept & { class: number })[] =>
  kept.flatMap((list, k) => list.map((one) => ({ ...one, class: k }))).sort((a, b) => a.row - b.row);
