import { times, timesTranspose } from "../products.ts";

/**
 * Householder reduction of a symmetric matrix to tridiagonal form, Q' A Q = T (Wilkinson & Reinsch, Handbook for Automatic Computation II,
 * 1971: tred2), arranged for memory. Step i's update of the matrix waits for step i - 1, which needs to read the whole matrix anyway: one
 * pass a step instead of two. Q is then multiplied together in blocks of reflectors, I - Y T Y' (Schreiber & Van Loan, SIAM J. Sci. Stat.
 * Comput. 10, 1989), by dense products.
 */

/**
 * Reads and destroys the lower triangle of V (n x n). Leaves T's diagonal in d, its subdiagonal in e[1..n), and in row i of V the vector u
 * of the i-th reflector I - u u' / h[i], which acts on the first i coordinates (none if h[i] = 0). Returns h.
 */
export function tridiagonalize(V: Float64Array, d: Float64Array, e: Float64Array, n: number): Float64Array {
  const h = new Float64Array(n);
  // The waiting update A <- A - w p' - p w'.
  let w: Float64Array = new Float64Array(n);
  let p = new Float64Array(n);
  let q = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n;
    const u = V.subarray(row, row + i);
    for (let k = 0; k <= i; k++) V[row + k] -= w[i] * p[k] + p[i] * w[k];
    d[i] = V[row + i];
    e[i] = i > 0 ? reflector(u, h, i) : 0;
    q.fill(0, 0, i);
    updateAndMultiply(V, n, w, p, u, q, i);
    let up = 0;
    for (let j = 0; j < i; j++) {
      q[j] = h[i] === 0 ? 0 : q[j] / h[i];
      up += u[j] * q[j];
    }
    const half = h[i] === 0 ? 0 : up / (2 * h[i]);
    for (let j = 0; j < i; j++) q[j] -= half * u[j];
    w = u;
    [p, q] = [q, p];
  }
  return h;
}

/** Turns u (length i) into the vector whose reflector leaves only the last entry, sets h[i], and returns that entry. */
function reflector(u: Float64Array, h: Float64Array, i: number): number {
  let scale = 0;
  for (let k = 0; k < i; k++) scale += Math.abs(u[k]);
  if (i === 1 || scale === 0) return u[i - 1];
  let norm = 0;
  for (let k = 0; k < i; k++) {
    u[k] /= scale;
    norm += u[k] * u[k];
  }
  const f = u[i - 1];
  const g = f > 0 ? -Math.sqrt(norm) : Math.sqrt(norm);
  u[i - 1] = f - g;
  h[i] = norm - f * g;
  return scale * g;
}

/** On the leading m x m lower triangle: A <- A - w p' - p w', then q <- q + A u; two rows at a time. */
function updateAndMultiply(
  V: Float64Array,
  n: number,
  w: Float64Array,
  p: Float64Array,
  u: Float64Array,
  q: Float64Array,
  m: number,
): void {
  let j = m % 2;
  if (j === 1) {
    V[0] -= 2 * w[0] * p[0];
    q[0] += V[0] * u[0];
  }
  for (; j < m; j += 2) {
    const a = j * n;
    const b = a + n;
    const wa = w[j];
    const wb = w[j + 1];
    const pa = p[j];
    const pb = p[j + 1];
    const ua = u[j];
    const ub = u[j + 1];
    let sumA = 0;
    let sumB = 0;
    for (let k = 0; k < j; k++) {
      const wk = w[k];
      const pk = p[k];
      const uk = u[k];
      const x = V[a + k] - (wa * pk + pa * wk);
      const y = V[b + k] - (wb * pk + pb * wk);
      V[a + k] = x;
      V[b + k] = y;
      sumA += x * uk;
      sumB += y * uk;
      q[k] += x * ua + y * ub;
    }
    const x = V[a + j] - 2 * wa * pa;
    const y = V[b + j] - (wb * pa + pb * wa);
    const z = V[b + j + 1] - 2 * wb * pb;
    V[a + j] = x;
    V[b + j] = y;
    V[b + j + 1] = z;
    q[j] += sumA + x * ua + y * ub;
    q[j + 1] += sumB + y * ua + z * ub;
  }
}

const BLOCK = 32;

/** Q' (row i is the i-th basis vector) from the reflectors that `tridiagonalize` left in V. */
export function basis(V: Float64Array, h: Float64Array, n: number): Float64Array {
  const Q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) Q[i * n + i] = 1;
  const active = Array.from(h.keys()).filter((i) => h[i] !== 0);
  for (let first = 0; first < active.length; first += BLOCK) {
    const chosen = active.slice(first, first + BLOCK);
    const b = chosen.length;
    // Only the leading m x m part of Q has been or will be touched: reflector i acts on coordinates below i.
    const m = chosen[b - 1];
    const Y = new Float64Array(b * m);
    chosen.forEach((i, row) => {
      Y.set(V.subarray(i * n, i * n + i), row * m);
    });
    const T = triangularFactor(
      Y,
      chosen.map((i) => 1 / h[i]),
      b,
      m,
    );
    const part = new Float64Array(m * m);
    for (let i = 0; i < m; i++) part.set(Q.subarray(i * n, i * n + m), i * m);
    const QY = new Float64Array(m * b);
    const QYT = new Float64Array(m * b);
    const change = new Float64Array(m * m);
    timesTranspose(QY, part, Y, m, b, m);
    times(QYT, QY, T, m, b, b);
    times(change, QYT, Y, m, b, m);
    for (let i = 0; i < m; i++) for (let k = 0; k < m; k++) Q[i * n + k] = part[i * m + k] - change[i * m + k];
  }
  return Q;
}

/** T (b x b, upper triangular) with H_1 H_2 ... H_b = I - Y' T Y, the rows of Y being the vectors of H_i = I - tau_i y_i y_i'. */
function triangularFactor(Y: Float64Array, tau: readonly number[], b: number, m: number): Float64Array {
  const gram = new Float64Array(b * b);
  timesTranspose(gram, Y, Y, b, b, m);
  const T = new Float64Array(b * b);
  for (let j = 0; j < b; j++) {
    T[j * b + j] = tau[j];
    for (let i = 0; i < j; i++) {
      let sum = 0;
      for (let l = i; l < j; l++) sum += T[i * b + l] * gram[l * b + j];
      T[i * b + j] = -tau[j] * sum;
    }
  }
  return T;
}
