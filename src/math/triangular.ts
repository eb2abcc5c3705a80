import { gramOfRows, times, timesTranspose } from "./products.ts";

/**
 * Triangular factors, for spaces too large for Jacobi's rotations: for a thousand classes seconds instead of minutes. All of it is cut into
 * strips of rows, so that nearly all the work is matrix products.
 */
const strip = 64;

/**
 * A = L Q (A is m x n, m <= n), L lower triangular and Q with orthonormal rows, by two rounds of Cholesky on the Gram matrix (CholeskyQR2:
 * Yamamoto, Nakatsukasa, Yanagisawa, Fukaya 2015): as accurate as Householder's where A is conditioned better than about 1e6. Null where it is
 * conditioned worse.
 */
export function lq(A: Float64Array, m: number, n: number): { L: Float64Array; Q: Float64Array } | null {
  const found = rounds(A, m, n);
  if (!found) return null;
  const { first, second, Q } = found;
  solveLower(second, Q, m, n);
  const L = new Float64Array(m * m);
  times(L, first, second, m, m, m);
  return { L, Q };
}

/** A A' = L (I + E) L' of an A (m x n, m <= n) of full rank; E is small. @internal */
export interface GramFactor {
  /** m x m, lower triangular. */
  L: Float64Array;
  /** Symmetric, m x m; null: 0 up to the rounding of A itself. */
  E: Float64Array | null;
}

/** x becomes (A A')^-1 x, m numbers. @internal */
export function solveGram({ L, E }: GramFactor, x: Float64Array, m: number): void {
  solveLower(L, x, m, 1);
  if (E) {
    const change = new Float64Array(m);
    times(change, E, x, m, m, 1);
    for (let i = 0; i < m; i++) x[i] -= change[i];
  }
  solveLowerTransposed(L, x, m, 1);
}

/** A = first second Q', where Q' = second^-1 Q is what the first round left: orthonormal to about eps times A's condition squared. */
function rounds(A: Float64Array, m: number, n: number): { first: Float64Array; second: Float64Array; Q: Float64Array } | null {
  const found = firstRound(A, m, n);
  const second = found && cholesky(found.G, m);
  return second && { first: found.first, second, Q: found.Q };
}

/** A = first Q, and G = Q Q'. */
function firstRound(A: Float64Array, m: number, n: number): { first: Float64Array; Q: Float64Array; G: Float64Array } | null {
  if (m > n) return null;
  const G = new Float64Array(m * m);
  gramOfRows(G, A, m, n);
  const first = cholesky(G, m);
  if (!first) return null;
  const Q = A.slice(0, m * n);
  solveLower(first, Q, m, n);
  gramOfRows(G, Q, m, n);
  // What is not near orthonormal by now a second round cannot finish.
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) if (!(Math.abs(G[i * m + j] - (i === j ? 1 : 0)) <= 0.1)) return null;
  return { first, Q, G };
}

/** G = L L' (n x n, only its lower triangle is read); null unless G is positive definite, its pivots within twelve digits of each other. */
export function cholesky(G: Float64Array, n: number): Float64Array | null {
  return factored(G, new Float64Array(n * n), n);
}

/** The same in the place of G, which is lost whatever comes of it. @internal */
export function choleskyInPlace(G: Float64Array, n: number): Float64Array | null {
  for (let i = 0; i < n; i++) G.fill(0, i * n + i + 1, i * n + n);
  return factored(G, G, n);
}

function factored(G: Float64Array, L: Float64Array, n: number): Float64Array | null {
  let most = 0;
  for (let i = 0; i < n; i++) most = Math.max(most, G[i * n + i]);
  // One room for all strips: a large one each would fill the memory before it is collected.
  const room = new Float64Array(Math.floor((n * n) / 4));
  const stripRoom = new Float64Array(n * strip);
  for (let from = 0; from < n; from += strip) {
    const width = Math.min(strip, n - from);
    const rows = n - from;
    // What is left of the strip of columns once the columns before it are taken off.
    const left = room.subarray(0, rows * from);
    for (let i = 0; i < rows; i++) left.set(L.subarray((from + i) * n, (from + i) * n + from), i * from);
    const C = stripRoom.subarray(0, rows * width).fill(0);
    if (from > 0) timesTranspose(C, left, left.subarray(0, width * from), rows, width, from);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < width; j++) C[i * width + j] = G[(from + i) * n + from + j] - C[i * width + j];
    for (let j = 0; j < width; j++) {
      let pivot = C[j * width + j];
      for (let l = 0; l < j; l++) pivot -= C[j * width + l] ** 2;
      if (!(pivot > 1e-12 * most)) return null;
      pivot = Math.sqrt(pivot);
      C[j * width + j] = pivot;
      for (let i = j + 1; i < rows; i++) {
        let sum = C[i * width + j];
        for (let l = 0; l < j; l++) sum -= C[i * width + l] * C[j * width + l];
        C[i * width + j] = sum / pivot;
      }
    }
    for (let i = 0; i < rows; i++) L.set(C.subarray(i * width, i * width + Math.min(width, i + 1)), (from + i) * n + from);
  }
  return L;
}

/** B (n x m) becomes L^-1 B, L lower triangular. */
export function solveLower(L: Float64Array, B: Float64Array, n: number, m: number): void {
  const most = n <= strip ? leaf * n : (Math.ceil(n / 2) + strip) ** 2;
  solveRows(L, B, n, m, { from: 0, to: n, minus: new Float64Array(most) });
}

/** Rows of a block of `solveLowerOften`. */
const side = 512;

/**
 * Solves as `solveLower`, again and again with the same L: with the inverses of its diagonal blocks, of 512 rows each, all of the work is in products of such blocks.
 */
export function solveLowerOften(L: Float64Array, n: number): (B: Float64Array, m: number) => void {
  const minus = new Float64Array(Math.min(n, side) * n);
  let solved = new Float64Array(0);
  const inverses: Float64Array[] = [];
  for (let from = 0; from < n; from += side) inverses.push(inverseOfBlock(L, n, from, Math.min(side, n - from)));
  return (B, m) => {
    if (solved.length < Math.min(n, side) * m) solved = new Float64Array(Math.min(n, side) * m);
    inverses.forEach((inverse, block) => {
      const from = side * block;
      const to = Math.min(n, from + side);
      takeOffRows(L, B, n, m, 0, { from, to, minus });
      const rows = B.subarray(from * m, to * m);
      times(solved, inverse, rows, to - from, to - from, m);
      rows.set(solved.subarray(0, rows.length));
    });
  };
}

/** Of the diagonal block of `size` rows of L (n x n) from one on. */
function inverseOfBlock(L: Float64Array, n: number, from: number, size: number): Float64Array {
  const block = new Float64Array(size * size);
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    block.set(L.subarray((from + i) * n + from, (from + i) * n + from + size), i * size);
    inverse[i * size + i] = 1;
  }
  solveLower(block, inverse, size, size);
  return inverse;
}

/** Rows [from, to), and room for a block of L. */
interface Part {
  from: number;
  to: number;
  minus: Float64Array;
}

/** Rows [from, to), off which all rows before them are taken: by halves, so that nearly all the work is in large products. */
function solveRows(L: Float64Array, B: Float64Array, n: number, m: number, { from, to, minus }: Part): void {
  if (to - from > strip) {
    const middle = from + strip * Math.ceil((to - from) / (2 * strip));
    solveRows(L, B, n, m, { from, to: middle, minus });
    takeOffRows(L, B, n, m, from, { from: middle, to, minus });
    solveRows(L, B, n, m, { from: middle, to, minus });
    return;
  }
  for (let at = from; at < to; at += leaf) {
    const end = Math.min(to, at + leaf);
    takeOffRows(L, B, n, m, from, { from: at, to: end, minus });
    for (let i = at; i < end; i++) solveRow(L, B, n, m, i, at);
  }
}

/** Rows of a strip that are solved one after the other, at a time. */
const leaf = 16;

/** What the rows [before, from) take off the rows [from, to). */
function takeOffRows(L: Float64Array, B: Float64Array, n: number, m: number, before: number, { from, to, minus }: Part): void {
  const width = from - before;
  if (width === 0) return;
  for (let i = from; i < to; i++) for (let j = 0; j < width; j++) minus[(i - from) * width + j] = -L[i * n + before + j];
  times(B.subarray(from * m, to * m), minus, B.subarray(before * m, from * m), to - from, width, m, true);
}

/** Row i, with the rows from `before` on still to be taken off it: four at a time, which is a load and a store for four products. */
function solveRow(L: Float64Array, B: Float64Array, n: number, m: number, i: number, before: number): void {
  const row = i * m;
  let j = before;
  for (; j + 3 < i; j += 4) {
    const at = i * n + j;
    const [f, g, h, k] = [L[at], L[at + 1], L[at + 2], L[at + 3]];
    const one = j * m;
    const two = one + m;
    const three = two + m;
    const four = three + m;
    for (let c = 0; c < m; c++) B[row + c] = B[row + c] - f * B[one + c] - g * B[two + c] - h * B[three + c] - k * B[four + c];
  }
  for (; j < i; j++) {
    const factor = L[i * n + j];
    const other = j * m;
    for (let c = 0; c < m; c++) B[row + c] -= factor * B[other + c];
  }
  const pivot = L[i * n + i];
  for (let c = 0; c < m; c++) B[row + c] /= pivot;
}

/** B (n x m) becomes L'^-1 B, L lower triangular. */
export function solveLowerTransposed(L: Float64Array, B: Float64Array, n: number, m: number): void {
  for (let to = n; to > 0; to -= strip) {
    const from = Math.max(0, to - strip);
    if (to < n) {
      const minus = new Float64Array((to - from) * (n - to));
      for (let i = from; i < to; i++) for (let j = to; j < n; j++) minus[(i - from) * (n - to) + j - to] = -L[j * n + i];
      times(B.subarray(from * m, to * m), minus, B.subarray(to * m), to - from, n - to, m, true);
    }
    for (let i = to - 1; i >= from; i--) {
      const row = i * m;
      for (let j = i + 1; j < to; j++) {
        const factor = L[j * n + i];
        const other = j * m;
        for (let c = 0; c < m; c++) B[row + c] -= factor * B[other + c];
      }
      const pivot = L[i * n + i];
      for (let c = 0; c < m; c++) B[row + c] /= pivot;
    }
  }
}

/** tr(S (L (I + E) L')^-1) for a symmetric S (n x n) and an E so small that (I + E)^-1 is I - E (`gramFactor`; 0 unless given). */
export function traceOfSolve(L: Float64Array, S: Float64Array, n: number, E: Float64Array | null = null): number {
  const U = S.slice();
  solveLower(L, U, n, n);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) [U[i * n + j], U[j * n + i]] = [U[j * n + i], U[i * n + j]];
  solveLower(L, U, n, n);
  let trace = 0;
  for (let i = 0; i < n; i++) trace += U[i * n + i];
  let change = 0;
  if (E) for (let e = 0; e < n * n; e++) change += U[e] * E[e];
  return trace - change;
}
