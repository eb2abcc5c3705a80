/** A strength that was tried: by how much it exceeds what is asked for (below 0: it falls short). */
export interface Tried {
  x: number;
  over: number;
}

/**
 * Narrows an interval whose lower end falls short and whose upper end does not, until it is at most `width` long; returns its ends. By the straight line through both; an end
 * that stays twice running then weighs half, and half again (Illinois: Dowell, Jarratt 1971), and every third try is in the middle, whatever the shape. `jumps`: every try is
 * in the middle, where a line says nothing.
 */
export function narrowed<T extends Tried>(
  look: (x: number) => T,
  [below, above]: readonly [below: T, above: T],
  { width, jumps = false }: { width: number; jumps?: boolean },
): [below: T, above: T] {
  let [low, high] = [below, above];
  // What the line goes through, in the place of `over`.
  let [lowWeight, highWeight] = [low.over, high.over];
  let wasAbove: boolean | null = null;
  for (let i = 0; high.x - low.x > width; i++) {
    const middle = 0.5 * (low.x + high.x);
    if (!(middle > low.x && middle < high.x)) break;
    const tried = look(jumps || i % 3 === 2 ? middle : between(low.x, high.x, width, lowWeight / (lowWeight - highWeight)));
    const isAbove = tried.over >= 0;
    if (isAbove) {
      high = tried;
      highWeight = tried.over;
      if (wasAbove === true) lowWeight *= 0.5;
    } else {
      low = tried;
      lowWeight = tried.over;
      if (wasAbove === false) highWeight *= 0.5;
    }
    wasAbove = isAbove;
  }
  return [low, high];
}

/** The place at a share of an interval, but so far from either end that what is left beyond it is closed or halved. */
function between(low: number, high: number, width: number, share: number): number {
  const rim = Math.min(0.5 * (high - low), 0.9 * width);
  const x = low + share * (high - low);
  return Math.max(low + rim, Math.min(high - rim, Number.isFinite(x) ? x : 0.5 * (low + high)));
}

/**
 * From a place near a crossing to an interval around it: first by `guess`, then twice as far each time, down where the place reaches what is asked for and up where it does
 * not. The upper end is null where even `last` falls short; the lower one where even `first` does not.
 */
export function enclosed<T extends Tried>(
  look: (x: number) => T,
  start: T,
  { guess, first, last, tries }: { guess: number; first: number; last: number; tries: number },
): [below: T | null, above: T | null] {
  let here = start;
  const down = start.over >= 0;
  const end = down ? first : last;
  for (let i = 0; i < tries && here.x !== end; i++) {
    const x = down ? Math.max(first, here.x - guess * 2 ** i) : Math.min(last, here.x + guess * 2 ** i);
    const next = look(x);
    if (next.over >= 0 !== down) return down ? [next, here] : [here, next];
    here = next;
  }
  return down ? [null, here] : [here, null];
}

const golden = (Math.sqrt(5) - 1) / 2;

/**
 * The highest place between two, of one peak there (which may be a kink), by golden section, until it is known to `width` or the places differ by less than `flat`; stops as soon
 * as one reaches what is asked for.
 */
export function highest<T extends Tried>(
  look: (x: number) => T,
  [from, to]: readonly [from: T, to: T],
  { width, flat }: { width: number; flat: number },
): T {
  let [low, high] = [from, to];
  let best = higher(low, high);
  const tried = (x: number): T => {
    const place = look(x);
    best = higher(best, place);
    return place;
  };
  let left = tried(high.x - golden * (high.x - low.x));
  let right = left.over >= 0 ? left : tried(low.x + golden * (high.x - low.x));
  while (best.over < 0 && high.x - low.x > width && best.over - Math.min(low.over, left.over, right.over, high.over) > flat) {
    if (left.over >= right.over) {
      [high, right] = [right, left];
      left = tried(high.x - golden * (high.x - low.x));
    } else {
      [low, left] = [left, right];
      right = tried(low.x + golden * (high.x - low.x));
    }
  }
  return best;
}

/** The higher of two places; the first where they are alike. */
export function higher<T extends Tried>(a: T, b: T): T {
  return b.over > a.over ? b : a;
}
