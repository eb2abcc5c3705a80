import { times, timesTranspose } from "../products.ts";
import { tridiagonalModule } from "./tridiagonal-module.ts";

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
  const space = n >= fewestRows && n <= mostRows ? workspace(n) : null;
  if (!space) return steps({ V, vectors: new Float64Array(3 * n), update: plainUpdate }, d, e, n);
  space.V.set(V);
  const h = steps(space, d, e, n);
  V.set(space.V);
  return h;
}

/** Of fewer rows a step is over before a copy into WebAssembly memory would be worth it. */
const fewestRows = 128;
/** Of more rows the memory beside the matrix, n^2 numbers, would be above 128 MB. */
const mostRows = 4096;

/** Where the steps work. */
interface Space {
  /** n x n. */
  V: Float64Array;
  /** Three vectors of n numbers. */
  vectors: Float64Array;
  /** On the leading m x m lower triangle of V: A <- A - w p' - p w', then q <- q + A u. */
  update(V: Float64Array, n: number, w: Float64Array, p: Float64Array, u: Float64Array, q: Float64Array, m: number): void;
}

function steps({ V, vectors, update }: Space, d: Float64Array, e: Float64Array, n: number): Float64Array {
  const h = new Float64Array(n);
  vectors.fill(0);
  // The waiting update A <- A - w p' - p w'.
  let w: Float64Array = vectors.subarray(0, n);
  let p = vectors.subarray(n, 2 * n);
  let q = vectors.subarray(2 * n, 3 * n);
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n;
    const u = V.subarray(row, row + i);
    for (let k = 0; k <= i; k++) V[row + k] -= w[i] * p[k] + p[i] * w[k];
    d[i] = V[row + i];
    e[i] = i > 0 ? reflector(u, h, i) : 0;
    q.fill(0, 0, i);
    update(V, n, w, p, u, q, i);
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

let last: (Space & { n: number }) | null = null;

/** WebAssembly memory with the kernel for n rows; null where there is none or it has no room. */
function workspace(n: number): Space | null {
  if (last?.n === n) return last;
  try {
    const pages = Math.ceil((8 * (n * n + 3 * n)) / 65536);
    const { memory, run } = new WebAssembly.Instance(new WebAssembly.Module(tridiagonalModule(pages))).exports as unknown as {
      memory: WebAssembly.Memory;
      run: (...args: number[]) => void;
    };
    const update: Space["update"] = (V, n, w, p, u, q, m) => {
      const pairs = m >> 1;
      if (pairs > 0) run(V.byteOffset, 8 * n, w.byteOffset, p.byteOffset, u.byteOffset, q.byteOffset, pairs);
      if (m % 2 === 1) updateRow(V, n, w, p, u, q, m - 1);
    };
    last = {
      n,
      V: new Float64Array(memory.buffer, 0, n * n),
      vectors: new Float64Array(memory.buffer, 8 * n * n, 3 * n),
      update,
    };
  } catch {
    last = null;
  }
  return last;
}

/** Of row j alone what `update` does to all. */
function updateRow(
  V: Float64Array,
  n: number,
  w: Float64Array,
  p: Float64Array,
  u: Float64Array,
  q: Float64Array,
  j: number,
): void {
  const a = j * n;
  let sum = 0;
  for (let k = 0; k < j; k++) {
    const x = V[a + k] - (w[j] * p[k] + p[j] * w[k]);
    V[a + k] = x;
    sum += x * u[k];
    q[k] += x * u[j];
  }
  V[a + j] -= 2 * w[j] * p[j];
  q[j] += sum + V[a + j] * u[j];
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

/** The plain twin of the kernel; two rows at a time. */
function plainUpdate(
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
