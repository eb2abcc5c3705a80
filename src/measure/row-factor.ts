import { choleskyInPlace, type GramFactor, norm2, solveLowerOften, times } from "../math/index.ts";
import { madeRows, type Rows } from "../row-store.ts";
import { gramOf } from "./row-sums.ts";

/** |E|_F up to which (I + E)^-1 is I - E to the last digit. */
const firstOrder = 1e-8;

/**
 * X'X = L (I + E) L' of rows X (n x r) of full rank, by two rounds of Cholesky without keeping what is between them (CholeskyQR2: Yamamoto, Nakatsukasa, Yanagisawa, Fukaya 2015). What the first round lacks is measured on
 * the rows themselves: E = Q'Q - I of its Q = X L'^-1; it needs no second factor where it is small. Null where X is conditioned worse than about 1e6. `known`: what the first round gives, where it has been found.
 */
export function factorOfRows(X: Rows, known: Float64Array | null = null): GramFactor | null {
  const { n, d: r } = X;
  if (r > n) return null;
  const first = known ?? choleskyInPlace(gramOf(X), r);
  if (!first) return null;
  const E = gramOf(solvedRows(X, first));
  for (let i = 0; i < r; i++) E[i * r + i] -= 1;
  const size = norm2(E);
  if (size <= firstOrder) return { L: first, E };
  // What is not near orthonormal by now a second round cannot finish.
  if (!E.every((x) => Math.abs(x) <= 0.1)) return null;
  for (let i = 0; i < r; i++) E[i * r + i] += 1;
  const second = choleskyInPlace(E, r);
  if (!second) return null;
  const L = new Float64Array(r * r);
  times(L, first, second, r, r, r);
  return { L, E: null };
}

/** The rows of X L'^-1. */
function solvedRows(X: Rows, L: Float64Array): Rows {
  const { n, d: r } = X;
  let turned = new Float64Array(0);
  const solve = solveLowerOften(L, r);
  return madeRows(n, r, (into, from, to) => {
    const count = to - from;
    if (turned.length !== r * count) turned = new Float64Array(r * count);
    X.copy(into, from, to);
    turn(turned, into, count, r);
    solve(turned, count);
    turn(into, turned, r, count);
  });
}

const tile = 32;

/** `to` (n x m) becomes the transpose of `from` (m x n). */
function turn(to: Float64Array, from: Float64Array, m: number, n: number): void {
  for (let top = 0; top < m; top += tile)
    for (let left = 0; left < n; left += tile)
      for (let i = top; i < Math.min(m, top + tile); i++)
        for (let j = left; j < Math.min(n, left + tile); j++) to[j * m + i] = from[i * n + j];
}
