/**
 * Matrices of logits as pictures take them: rows are logits, columns are classes, null is a value that does not exist.
 * Classes are drawn cluster by cluster, whatever order they come in, so that the blocks of the theory are visible.
 */
export type Cells = readonly (readonly (number | null)[])[];
/** The classes of each cluster, as in a prediction's `clusters[j].classes`. */
export type Clusters = readonly (readonly number[])[];

/** A matrix as it is drawn: classes cluster by cluster, many of them averaged. */
export interface Arranged {
  /** Rows are logits, columns class means. */
  Z: Cells;
  /** The class that is drawn in each column. */
  classes: number[];
  /** Positions of the lines between clusters, in cells from the left. */
  borders: number[];
  /** How many classes one cell averages over in each direction. */
  bin: number;
}

/** Orders classes by cluster; more than `most` of them are averaged over bins of equal width. */
export function arrange(Z: Cells, clusters?: Clusters, most: number = 100): Arranged {
  const K = Z.length;
  for (let i = 0; i < K; i++) {
    if (Z[i].length !== K) throw new RangeError(`Z[${i}]: expected ${K} values, one a class, got ${Z[i].length}`);
  }
  const classes = clusters ? clusters.flat() : Array.from({ length: K }, (_, k) => k);
  const sorted = [...classes].sort((p, q) => p - q);
  if (sorted.length !== K || sorted.some((k, i) => k !== i))
    throw new RangeError(
      `clusters: expected every class 0 to ${K - 1} exactly once, got ${JSON.stringify(clusters).slice(0, 80)}`,
    );
  const borders = bordersOf(clusters ?? [], K);
  const ordered = classes.map((i) => classes.map((j) => Z[i][j]));
  const bin = Math.ceil(K / most);
  if (bin === 1) return { Z: ordered, classes, borders, bin };
  return {
    Z: average(ordered, bin),
    classes: classes.filter((_, i) => i % bin === 0),
    borders: borders.map((b) => b / bin),
    bin,
  };
}

/** Z by blocks, as a prediction has it: Z[i][k] is other[cluster of i][cluster of k], or own[cluster of k] where i = k. */
export interface BlockCells {
  /** J x J: entries off the diagonal. */
  other: readonly (readonly number[])[];
  /** J entries of the diagonal. */
  own: readonly number[];
}

/** What `arrange` makes of the same matrix written out, for any number of classes: no K x K numbers are made where classes are averaged. */
export function arrangeBlocks({ other, own }: BlockCells, clusters: Clusters, most: number = 100): Arranged {
  const classes = clusters.flat();
  const K = classes.length;
  const of = clusters.flatMap((cluster, j) => cluster.map(() => j));
  const bin = Math.ceil(K / most);
  if (bin === 1) {
    const written = of.map((i, row) => of.map((j, column) => (row === column ? own[j] : other[i][j])));
    return { Z: written, classes, borders: bordersOf(clusters, K), bin };
  }
  const parts = Array.from({ length: Math.ceil(K / bin) }, (_, p) => membersOf(of.slice(p * bin, (p + 1) * bin)));
  const sizes = parts.map((part) => part.reduce((sum, [, n]) => sum + n, 0));
  const Z = parts.map((rows, p) =>
    parts.map((columns, q) => {
      let sum = 0;
      for (const [i, n] of rows) for (const [j, m] of columns) sum += n * m * other[i][j];
      if (p === q) for (const [j, n] of rows) sum += n * (own[j] - other[j][j]);
      return sum / (sizes[p] * sizes[q]);
    }),
  );
  return {
    Z,
    classes: classes.filter((_, i) => i % bin === 0),
    borders: bordersOf(clusters, K).map((b) => b / bin),
    bin,
  };
}

/** Which clusters a bin has classes of, and how many. */
function membersOf(clusters: readonly number[]): [cluster: number, classes: number][] {
  const found = new Map<number, number>();
  for (const j of clusters) found.set(j, (found.get(j) ?? 0) + 1);
  return [...found];
}

/** Where one cluster ends and the next begins. */
function bordersOf(clusters: Clusters, K: number): number[] {
  const borders: number[] = [];
  let position = 0;
  for (const cluster of clusters) {
    position += cluster.length;
    if (position < K && cluster.length > 0) borders.push(position);
  }
  return borders;
}

function average(Z: Cells, bin: number): (number | null)[][] {
  const size = Math.ceil(Z.length / bin);
  const part = (i: number): [number, number] => [i * bin, Math.min(Z.length, (i + 1) * bin)];
  return Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => blockMean(Z, part(i), part(j))));
}

/** Mean over rows and columns [from, to); null values are left out, and of nothing else it is null. */
export function blockMean(Z: Cells, rows: readonly [number, number], columns: readonly [number, number]): number | null {
  let sum = 0;
  let count = 0;
  for (let i = rows[0]; i < rows[1]; i++) {
    for (let j = columns[0]; j < columns[1]; j++) {
      const value = Z[i][j];
      if (value === null) continue;
      sum += value;
      count++;
    }
  }
  return count ? sum / count : null;
}
