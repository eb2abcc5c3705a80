import { inputError } from "../errors.ts";

/** A matrix as a user has it: rows, or all numbers row by row. */
export type Numbers = Float32Array | Float64Array | readonly ArrayLike<number>[];

/** All numbers row by row: of `rows` rows, or of `columns` columns. */
export function flat(
  given: Numbers,
  what: string,
  { rows, columns }: { rows?: number; columns?: number },
): Float32Array | Float64Array {
  const rule = `${rows === undefined ? "K" : rows} x ${columns === undefined ? "d" : columns} numbers: rows, or a Float32Array or Float64Array of all row by row`;
  if (given instanceof Float32Array || given instanceof Float64Array) {
    if (given.length % (rows ?? (columns as number)) !== 0) throw inputError(what, rule, `${given.length} numbers`);
    return given;
  }
  if (!Array.isArray(given) || given.length === 0) throw inputError(what, rule, given);
  if (rows !== undefined && given.length !== rows) throw inputError(what, rule, `${given.length} rows`);
  const width = columns ?? (given[0] as ArrayLike<number>)?.length;
  if (!(width >= 0)) throw inputError(`${what}[0]`, `a row of ${columns === undefined ? "" : `${columns} `}numbers`, given[0]);
  const numbers = new Float64Array(given.length * width);
  given.forEach((row: ArrayLike<number>, i) => {
    if (row?.length !== width) throw inputError(`${what}[${i}]`, `${width} numbers`, row);
    for (let j = 0; j < width; j++) {
      if (typeof row[j] !== "number") throw inputError(`${what}[${i}][${j}]`, "a number", row[j]);
      numbers[i * width + j] = row[j];
    }
  });
  return numbers;
}

/** The features as they were given, with a row a label: n rows of d numbers. */
export function rowsIn(given: { features: Numbers; labels: ArrayLike<unknown> }): {
  n: number;
  all: Float32Array | Float64Array;
  d: number;
} {
  const n = given.labels?.length;
  if (typeof given.labels !== "object" || !(n > 0))
    throw inputError("labels", "a list of class numbers, one a sample", given.labels);
  const all = flat(given.features, "features", { rows: n });
  const d = all.length / n;
  if (!(d >= 1)) throw inputError("features", `${n} rows of at least one number, one a label`, `${all.length} numbers`);
  return { n, all, d };
}

/** Some rows of d numbers, by their numbers. */
export function someRows(all: Float32Array | Float64Array, d: number, rows: readonly number[]): Float64Array {
  const features = new Float64Array(rows.length * d);
  rows.forEach((from, i) => {
    features.set(all.subarray(from * d, (from + 1) * d), i * d);
  });
  return features;
}
