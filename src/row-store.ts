/**
 * Matrices by rows, in memory or where there is more room: what `measure/` takes where a matrix with a row a class would fill the memory, and `files/` gives on a disk.
 */
export interface Rows {
  /** How many rows. */
  readonly n: number;
  /** Numbers of a row. */
  readonly d: number;
  /**
   * Rows [from, to): where they lie, or a copy in one of some places (`place`, 0 unless told) that lasts until that place is used again. Not to be written to.
   */
  read(from: number, to: number, place?: 0 | 1 | 2 | 3): Float64Array;
  /** The same, copied to the beginning of `into`. */
  copy(into: Float64Array, from: number, to: number): void;
  /** All of them in memory, where they lie there, else in a copy. */
  all(): Float64Array;
}

/** Rows that can be written. */
export interface RowStore extends Rows {
  /** Overwrites as many whole rows as there are numbers for, from row `from` on. */
  write(from: number, rows: Float64Array): void;
  /** Adds the d numbers from `at` on to a row. */
  add(row: number, numbers: Float64Array, at: number): void;
  /** Nothing can be read afterwards. */
  close(): void;
}

/** Where matrices by rows lie. */
export interface RowStorage {
  /** n rows of d numbers, all 0. Throws InputError where there is no room for them. */
  rows(n: number, d: number): RowStore;
  /** Closes all of them. */
  close(): void;
}

/** Rows that lie in memory. */
export function rowsIn(data: Float64Array, n: number, d: number): RowStore {
  return {
    n,
    d,
    read: (from, to) => data.subarray(from * d, to * d),
    copy: (into, from, to) => into.set(data.subarray(from * d, to * d)),
    all: () => data,
    write: (from, rows) => data.set(rows, from * d),
    add(row, numbers, at) {
      for (let j = 0; j < d; j++) data[row * d + j] += numbers[at + j];
    },
    close() {},
  };
}

/** Stores in memory. */
export const memoryStorage: RowStorage = {
  rows: (n, d) => rowsIn(new Float64Array(n * d), n, d),
  close() {},
};

/** Rows that are made when they are read: by `copy`. */
export function madeRows(n: number, d: number, copy: Rows["copy"]): Rows {
  const places: Float64Array[] = [];
  return {
    n,
    d,
    copy,
    read(from, to, place = 0) {
      const length = (to - from) * d;
      if (!(places[place]?.length >= length)) places[place] = new Float64Array(length);
      const rows = places[place].subarray(0, length);
      copy(rows, from, to);
      return rows;
    },
    all() {
      const whole = new Float64Array(n * d);
      copy(whole, 0, n);
      return whole;
    },
  };
}

/** Rows in the order of `which`, or with all of them the same. */
export function pickedRows(rows: Rows, which: readonly number[]): Rows {
  const { d } = rows;
  if (which.length === rows.n && which.every((k, i) => k === i)) return rows;
  return madeRows(which.length, d, (into, from, to) => {
    for (let i = from; i < to; i++) rows.copy(into.subarray((i - from) * d, (i - from + 1) * d), which[i], which[i] + 1);
  });
}

/** How many rows of d numbers `eachBlock` takes at most: 16 MB. */
export const rowsOfBlock = (d: number): number => Math.max(1, Math.floor(2 ** 21 / Math.max(1, d)));

/** Calls `use` with all rows, some megabytes of them at a time, in order. */
export function eachBlock(rows: Rows, use: (numbers: Float64Array, from: number, count: number) => void): void {
  const step = rowsOfBlock(rows.d);
  for (let from = 0; from < rows.n; from += step) {
    const to = Math.min(rows.n, from + step);
    use(rows.read(from, to), from, to - from);
  }
}
