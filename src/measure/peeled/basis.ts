import { gramOfRows, matrix, norm2, symmetricEigen, times, timesTranspose } from "../../math/index.ts";

/** Orthonormal rows, m x q, row-major. */
export interface Basis {
  readonly m: number;
  readonly q: number;
  readonly rows: Float64Array;
}

/** A row is in the span already where less than this share of it is outside. */
const least = 1e-9;

/** A basis of the span of `basis` and of `count` more rows: Gram-Schmidt, each row made orthogonal twice. At most `most` rows in all. */
export function extended(basis: Basis, rows: Float64Array, count: number, most: number = Number.POSITIVE_INFINITY): Basis {
  const { q } = basis;
  const lengths = Array.from({ length: count }, (_, i) => norm2(rows.subarray(i * q, i * q + q)));
  const outside = rows.slice(0, count * q);
  for (let pass = 0; pass < 2; pass++) takeOff(outside, count, basis);
  const fresh: Float64Array[] = [];
  for (let i = 0; i < count && basis.m + fresh.length < Math.min(most, q); i++) {
    const row = outside.subarray(i * q, i * q + q);
    for (let pass = 0; pass < 2; pass++) for (const other of fresh) project(row, other);
    const length = norm2(row);
    if (length > least * lengths[i]) fresh.push(row.map((x) => x / length));
  }
  const all = new Float64Array((basis.m + fresh.length) * q);
  all.set(basis.rows);
  fresh.forEach((row, l) => {
    all.set(row, (basis.m + l) * q);
  });
  return { m: basis.m + fresh.length, q, rows: all };
}

/** No rows yet. */
export const emptyBasis = (q: number): Basis => ({ m: 0, q, rows: new Float64Array(0) });

/** Coordinates of `count` rows in the basis, count x m. */
export function coordinates({ m, q, rows }: Basis, points: Float64Array, count: number): Float64Array {
  const to = new Float64Array(count * m);
  if (m > 0) timesTranspose(to, points, rows, count, m, q);
  return to;
}

/**
 * What of the rows of G (K x q) is outside the basis, as its principal directions, longest first (rows u_l'G), those below a hundredth of the longest left out.
 */
export function principalOutside(basis: Basis, G: Float64Array, K: number): { rows: Float64Array; count: number } {
  const { q } = basis;
  const outside = G.slice();
  for (let pass = 0; pass < 2; pass++) takeOff(outside, K, basis);
  const gram = matrix(K, K);
  gramOfRows(gram.data, outside, K, q);
  const { values, vectors } = symmetricEigen(gram);
  const kept = Array.from(values.keys())
    .reverse()
    .filter((l) => values[l] > 1e-4 * values[K - 1] && values[l] > 0);
  const turn = new Float64Array(kept.length * K);
  kept.forEach((from, l) => {
    turn.set(vectors.data.subarray(from * K, from * K + K), l * K);
  });
  const rows = new Float64Array(kept.length * q);
  if (kept.length > 0) times(rows, turn, outside, kept.length, K, q);
  return { rows, count: kept.length };
}

/** rows <- rows - (their part in the basis). */
function takeOff(rows: Float64Array, count: number, basis: Basis): void {
  const { m, q } = basis;
  if (m === 0 || count === 0) return;
  const minus = coordinates(basis, rows, count).map((x) => -x);
  times(rows, minus, basis.rows, count, m, q, true);
}

function project(row: Float64Array, unit: Float64Array): void {
  let dot = 0;
  for (let j = 0; j < row.length; j++) dot += row[j] * unit[j];
  for (let j = 0; j < row.length; j++) row[j] -= dot * unit[j];
}
