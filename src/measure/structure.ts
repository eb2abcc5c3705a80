/**
 * The block structure of measured mean predictions: are classes of equal count treated alike, and which of them cannot be told apart.
 * Z[i][k] = w_i . mu_k; clusters are classes of equal count.
 */

/** Groups of classes with equal counts, in order of descending count. */
export function equalCounts(counts: ArrayLike<number>): number[][] {
  const groups = new Map<number, number[]>();
  for (let k = 0; k < counts.length; k++) {
    const group = groups.get(counts[k]);
    if (group) group.push(k);
    else groups.set(counts[k], [k]);
  }
  return [...groups.entries()].sort((a, b) => b[0] - a[0]).map(([, classes]) => classes);
}

/**
 * Largest population standard deviation of Z inside one block, divided by max |Z|. The diagonal and the off-diagonal entries of a diagonal
 * block are two blocks. 0 for exact block structure; null where Z = 0.
 */
export function blockDeviation(Z: readonly (readonly number[])[], clusters: readonly (readonly number[])[]): number | null {
  let worst = 0;
  let largest = 0;
  for (const rows of clusters) {
    for (const columns of clusters) {
      const diagonal: number[] = [];
      const rest: number[] = [];
      for (const i of rows) {
        for (const k of columns) {
          (i === k ? diagonal : rest).push(Z[i][k]);
          largest = Math.max(largest, Math.abs(Z[i][k]));
        }
      }
      worst = Math.max(worst, deviation(diagonal), deviation(rest));
    }
  }
  return largest === 0 ? null : worst / largest;
}

function deviation(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
}

/** A distance in logits that no classifier's output shows. */
const indistinguishable = 0.01;

/**
 * Classes whose mean predictions cannot be told apart: groups of two or more connected by distances |z_k - z_l| of at most `tolerance` times the
 * scale, sqrt(2) max |Z| (about the distance of two well separated classes), and always by distances of at most 0.01: logits that near
 * change no probability by more than 1%, so that complete collapse is one group. Classes of one group need not have equal counts.
 */
export function mergedGroups(Z: readonly (readonly number[])[], tolerance = 0.05): number[][] {
  const K = Z.length;
  const largest = Math.max(...Z.map((row) => Math.max(...row.map(Math.abs))), 0);
  const classes = Array.from({ length: K }, (_, k) => k);
  return groupsWithin(classes, (k, l) => distance(Z, k, l), Math.max(tolerance * Math.SQRT2 * largest, indistinguishable));
}

/** Groups of two or more classes that are connected by distances of at most `limit`, in order of their first class. */
export function groupsWithin(classes: readonly number[], apart: (k: number, l: number) => number, limit: number): number[][] {
  const root = new Map(classes.map((k) => [k, k]));
  const find = (k: number): number => {
    let at = k;
    for (let up = root.get(at) as number; up !== at; up = root.get(at) as number) at = up;
    return at;
  };
  classes.forEach((k, i) => {
    for (const l of classes.slice(i + 1)) if (apart(k, l) <= limit) root.set(find(l), find(k));
  });
  const groups = new Map<number, number[]>();
  for (const k of classes) {
    const group = groups.get(find(k));
    if (group) group.push(k);
    else groups.set(find(k), [k]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** |z_k - z_l| between columns of Z. */
export function distance(Z: readonly (readonly number[])[], k: number, l: number): number {
  let sum = 0;
  for (const row of Z) sum += (row[k] - row[l]) ** 2;
  return Math.sqrt(sum);
}

/** Largest distance between the mean predictions of any two of these classes. */
export function separation(Z: readonly (readonly number[])[], classes: readonly number[]): number {
  let most = 0;
  for (const k of classes) for (const l of classes) if (l > k) most = Math.max(most, distance(Z, k, l));
  return most;
}
