/** Classes that pairs connect. */
export interface Groups {
  /** Connects two classes, and with them all that each is connected to. */
  join(k: number, l: number): void;
  /** Whether they are connected already. */
  joined(k: number, l: number): boolean;
  /** Groups of two or more, in order of their first class. */
  result(): number[][];
}

/** No pairs yet. `classes`: in ascending order. */
export function groupsOfPairs(classes: readonly number[]): Groups {
  const root = Int32Array.from({ length: classes.length === 0 ? 0 : classes[classes.length - 1] + 1 }, (_, k) => k);
  const find = (k: number): number => {
    let at = k;
    while (root[at] !== at) {
      root[at] = root[root[at]];
      at = root[at];
    }
    return at;
  };
  return {
    join(k, l) {
      const [a, b] = [find(k), find(l)];
      if (a !== b) root[Math.max(a, b)] = Math.min(a, b);
    },
    joined: (k, l) => find(k) === find(l),
    result() {
      const groups = new Map<number, number[]>();
      for (const k of classes) {
        const group = groups.get(find(k));
        if (group) group.push(k);
        else groups.set(find(k), [k]);
      }
      return [...groups.values()].filter((group) => group.length > 1);
    },
  };
}

/** What all pairs of mean predictions say. */
export interface Nearness {
  /** Nearest other class of every class, K; -1 where there is none. */
  nearest: Int32Array;
  /** The distance to it, K; Infinity where there is none. */
  distance: Float64Array;
  /** The distance to the nearest class of equal count, K; Infinity where there is none. */
  twin: Float64Array;
  /** Largest distance between any two. */
  largest: number;
  /** Groups connected by distances of at most `limitOf(largest)`. */
  groups: number[][];
}

/** Takes pairs one at a time, or those of one class together. */
export interface NearnessOfPairs {
  /** The squared distance of classes k and l, each pair once. */
  add(k: number, l: number, squared: number): void;
  /** The same of class k and each of `count` others, those of `others` from `first` on, whose squared distances are those of `squares` from `at` on. */
  addRow(k: number, others: ArrayLike<number>, first: number, count: number, squares: Float64Array, at: number): void;
  /** After all pairs. */
  result(): Nearness;
}

/**
 * Takes the squared distances of all pairs one at a time and keeps O(K) numbers. The limit of a group is a share of the largest distance, which is
 * known at the end only; but that lies between `reach` (the largest distance of a vector from the mean of all) and twice that, so most pairs
 * can be judged at once, and of the others those that a spanning tree needs are kept.
 */
export function nearness(
  classes: readonly number[],
  counts: ArrayLike<number>,
  reach: number,
  limitOf: (largest: number) => number,
): NearnessOfPairs {
  const K = counts.length;
  const nearest = new Int32Array(K).fill(-1);
  const squares = new Float64Array(K).fill(Number.POSITIVE_INFINITY);
  const twins = new Float64Array(K).fill(Number.POSITIVE_INFINITY);
  let largest = 0;
  const groups = groupsOfPairs(classes);
  // With a margin for rounding: what lies between is judged at the end.
  const surely = (limitOf(reach) * (1 - 1e-9)) ** 2;
  const perhaps = (limitOf(2 * reach) * (1 + 1e-9)) ** 2;
  let waiting: Edge[] = [];
  const most = 4 * classes.length + 1024;
  const candidate = (k: number, l: number, squared: number): void => {
    // Of classes equally far the first one.
    if (squared < squares[k] || (squared === squares[k] && l < nearest[k])) {
      squares[k] = squared;
      nearest[k] = l;
    }
    if (counts[k] === counts[l] && squared < twins[k]) twins[k] = squared;
  };
  /** Joins two that are near, or keeps them for the end. */
  const near = (k: number, l: number, squared: number): void => {
    if (squared <= surely) groups.join(k, l);
    else if (!groups.joined(k, l)) {
      waiting.push([k, l, squared]);
      if (waiting.length > most) waiting = spanningTree(classes, waiting);
    }
  };
  return {
    add(k, l, squared) {
      largest = Math.max(largest, squared);
      candidate(k, l, squared);
      candidate(l, k, squared);
      if (squared <= perhaps) near(k, l, squared);
    },
    // As `add` of each, with what all share in local variables: a captured number is a new object each time it changes.
    addRow(k, others, first, count, row, at) {
      let top = largest;
      let least = squares[k];
      let best = nearest[k];
      let twin = twins[k];
      const size = counts[k];
      for (let j = 0; j < count; j++) {
        const l = others[first + j];
        const squared = row[at + j];
        top = Math.max(top, squared);
        if (squared < least || (squared === least && l < best)) {
          least = squared;
          best = l;
        }
        if (squared < squares[l] || (squared === squares[l] && k < nearest[l])) {
          squares[l] = squared;
          nearest[l] = k;
        }
        if (size === counts[l]) {
          if (squared < twin) twin = squared;
          if (squared < twins[l]) twins[l] = squared;
        }
        if (squared <= perhaps) near(k, l, squared);
      }
      largest = top;
      squares[k] = least;
      nearest[k] = best;
      twins[k] = twin;
    },
    result() {
      const farthest = Math.sqrt(largest);
      const limit = limitOf(farthest) ** 2;
      for (const [k, l, squared] of waiting) if (squared <= limit) groups.join(k, l);
      return {
        nearest,
        distance: squares.map(Math.sqrt),
        twin: twins.map(Math.sqrt),
        largest: farthest,
        groups: groups.result(),
      };
    },
  };
}

type Edge = readonly [k: number, l: number, squared: number];

/** The edges of a shortest spanning forest connect at every limit what all edges connect (Kruskal). */
function spanningTree(classes: readonly number[], edges: Edge[]): Edge[] {
  const groups = groupsOfPairs(classes);
  return edges
    .sort((a, b) => a[2] - b[2])
    .filter(([k, l]) => {
      if (groups.joined(k, l)) return false;
      groups.join(k, l);
      return true;
    });
}
