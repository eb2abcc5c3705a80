import { inputError } from "../errors.ts";
import type { NativeProducts } from "../native-products.ts";
import { type Crew, crewOf } from "./kernels/crew.ts";
import { type Gemm, loadGemm, type Operand } from "./kernels/gemm.ts";
import type { Precision } from "./kernels/gemm-module.ts";
import { nativeGemm } from "./kernels/gemm-native.ts";
import { gemmTeam, type Team } from "./kernels/gemm-threads.ts";
import { plainTimes, plainTimesTranspose, plainTransposeTimes } from "./kernels/plain.ts";

export type { Precision };

/**
 * The three dense products that the solver is made of, in float64, row-major; each overwrites `C`, or with `onto` is added to it. Large ones go to a WebAssembly kernel
 * (kernels/gemm.ts); small ones, and all where there is no such kernel, to its plain twins (kernels/plain.ts). The two agree to rounding:
 * |C - C'| <= 2 k eps |A||B|, entry by entry, k being the number of terms.
 *
 * With precision `single` the kernel computes in float32 (eps is that of float32 then) and takes half the time: for what is only on the way to an answer, directions and not values. Small products,
 * and all where there is no kernel, are in float64 all the same.
 *
 * `shareProducts` shares large products between threads, which changes no bit of them (kernels/gemm-threads.ts). `multiplyBy` gives them to native code, within the same bound (kernels/gemm-native.ts).
 */

/** C (m x n) = A (m x r) B' (n x r). */
export function timesTranspose(
  C: Float64Array,
  A: Float64Array,
  B: Float64Array,
  m: number,
  n: number,
  r: number,
  onto = false,
  precision: Precision = "double",
): void {
  const gemm = kernelFor(m, n, r, precision);
  if (gemm) gemm(C, stored(A, r), transposeOf(B, r), m, n, r, onto);
  else plainTimesTranspose(C, A, B, m, n, r, onto);
}

/** C (m x r) = A (m x n) B (n x r). */
export function times(
  C: Float64Array,
  A: Float64Array,
  B: Float64Array,
  m: number,
  n: number,
  r: number,
  onto = false,
  precision: Precision = "double",
): void {
  const gemm = kernelFor(m, r, n, precision);
  if (gemm) gemm(C, stored(A, n), stored(B, r), m, r, n, onto);
  else plainTimes(C, A, B, m, n, r, onto);
}

/** C (n x r) = A' (n x m) B (m x r), A stored m x n. */
export function transposeTimes(
  C: Float64Array,
  A: Float64Array,
  B: Float64Array,
  m: number,
  n: number,
  r: number,
  onto = false,
  precision: Precision = "double",
): void {
  const gemm = kernelFor(n, r, m, precision);
  if (gemm) gemm(C, transposeOf(A, n), stored(B, r), n, r, m, onto);
  else plainTransposeTimes(C, A, B, m, n, r, onto);
}

/** G (n x n) = A'A, A stored m x n: half the work of `transposeTimes`, and symmetric to the last bit. With `onto` it is added to a G that is symmetric too, of which the lower triangle is read. */
export function gramOfColumns(G: Float64Array, A: Float64Array, m: number, n: number, onto = false): void {
  const shared = symmetric(G, n, m, onto, (from) => [transposeOf(A.subarray(from), n), stored(A.subarray(from), n)]);
  if (!shared) transposeTimes(G, A, A, m, n, n, onto);
}

/** G (m x m) = A A', A stored m x n: half the work of `timesTranspose`, and symmetric to the last bit. */
export function gramOfRows(G: Float64Array, A: Float64Array, m: number, n: number): void {
  const shared = symmetric(G, m, n, false, (from) => [stored(A.subarray(from * n), n), transposeOf(A.subarray(from * n), n)]);
  if (!shared) timesTranspose(G, A, A, m, m, n);
}

/** Columns of a symmetric product that are computed at a time: what is above the diagonal is left out by strips. Native products, which copy their operands, take wider ones. */
const strip = 128;
const nativeStrip = 256;
let kept = new Float64Array(0);

/** The symmetric product G (n x n), k terms an entry, of factors that begin at line `from`. False where it is not worth it or there is no kernel. */
function symmetric(
  G: Float64Array,
  n: number,
  k: number,
  onto: boolean,
  factors: (from: number) => [left: Operand, right: Operand],
): boolean {
  if (n <= strip || k === 0) return false;
  const most = nativeFor(Math.min(n, k)) ? nativeStrip : strip;
  if (kept.length < n * most) kept = new Float64Array(n * most);
  for (let from = 0; from < n; from += most) {
    const width = Math.min(most, n - from);
    const kernel = kernelFor(n - from, width, k, "double");
    if (!kernel && from === 0) return false;
    const [left, right] = factors(from);
    if (kernel) kernel(kept, left, right, n - from, width, k, false);
    else plainCorner(kept, left, right, n - from, width, k);
    for (let i = from; i < n; i++)
      for (let j = from; j < Math.min(i + 1, from + width); j++) {
        const sum = kept[(i - from) * width + j - from] + (onto ? G[i * n + j] : 0);
        G[i * n + j] = sum;
        G[j * n + i] = sum;
      }
  }
  return true;
}

/** The last strip, where it is too small for the kernel. */
function plainCorner(C: Float64Array, A: Operand, B: Operand, m: number, n: number, k: number): void {
  const [rowA, colA] = A.transposed ? [1, A.stride] : [A.stride, 1];
  const [rowB, colB] = B.transposed ? [1, B.stride] : [B.stride, 1];
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += A.data[i * rowA + l * colA] * B.data[l * rowB + j * colB];
      C[i * n + j] = sum;
    }
}

const stored = (data: Float64Array, stride: number): Operand => ({ data, stride, transposed: false });
const transposeOf = (data: Float64Array, stride: number): Operand => ({ data, stride, transposed: true });

const kernels: { [precision in Precision]?: Gemm | null } = {};

let threads = 1;
/** Null: none could be had. */
let team: Team | null | undefined;

/** Of fewer terms, or with a side this short, more is packed than computed, and the packing is done by one thread (bench/kernels/threads.mjs). */
const fewestShared = 2 ** 22;
const shortestShared = 32;

/**
 * How many threads share each large product from now on, the calling one among them (1 unless told). Results are equal to the last bit for every number of them. In Node; elsewhere, and where threads
 * cannot be had, the calling one does it all.
 */
export function shareProducts(count: number): void {
  if (!(Number.isInteger(count) && count >= 1 && count <= mostThreads))
    throw inputError("threads", `a whole number from 1 to ${mostThreads}`, count);
  if (count !== threads) {
    team?.stop();
    team = undefined;
  }
  threads = count;
}

let native: { products: NativeProducts; gemm: (precision: Precision) => Gemm } | null = null;

/**
 * Gives large products to native code from now on (`onnxProducts` of nclab/engine), or with null to WebAssembly again. They agree with those to rounding, and are equal to the last bit for every number of native
 * threads; on another kind of processor native code may round otherwise.
 */
export function multiplyBy(products: NativeProducts | null): void {
  native = products && { products, gemm: nativeGemm(products) };
}

/** Below so many multiplications no kernel is worth packing for. */
export const fewestForKernel = 1500;
/** Below this side copies cost more than native code saves. */
export const shortestNative = 64;
/** Multiplications from which a product is worth waking a thread for. */
const fewestNative = 2 ** 22;
/** And for each number that has to be copied: WebAssembly takes some 0.05 ns for one on two cores, native code 0.01, and a number is copied there and back in 1 or 2. */
const fewestForCopy = 48;

/** Native code, where it is asked for and the shortest side of a product is `side`. @internal */
export const nativeFor = (side: number): NativeProducts | null => (side >= shortestNative ? (native?.products ?? null) : null);

let alone: Crew | null | undefined;

/**
 * The threads that share products, or the calling one alone, with memory of their own: for products that stay there (gram-sum.ts, log-sums.ts). Null where there is no shared memory (pages that are not
 * isolated) or no WebAssembly vectors.
 */
export function currentCrew(): Crew | null {
  if (threads > 1) {
    team = team === undefined ? gemmTeam(threads) : team;
    if (team) return team.crew;
  }
  alone = alone === undefined ? crewOf(1) : alone;
  return alone;
}

/** More could not be kept busy by the one that packs. */
export const mostThreads = 64;

/**
 * The kernel, if a product of m x k by k x n is worth packing for it; compiled at the first such product. Measured: the two break even at
 * 10 x 10 x 10, the kernel leads from 12 x 12 x 12 and 100 x 100 x 2 on, and never where a matrix is one vector (bench/kernels/products.mjs).
 */
function kernelFor(m: number, n: number, k: number, precision: Precision): Gemm | null {
  const terms = m * n * k;
  if (terms < fewestForKernel || m < 2 || n < 2 || k < 2) return null;
  if (native && Math.min(m, n, k) >= shortestNative && terms >= fewestNative) {
    if (terms >= fewestForCopy * (m * k + k * n + m * n)) return native.gemm(precision);
  }
  if (threads > 1 && terms >= fewestShared && m >= shortestShared && n >= shortestShared) {
    team = team === undefined ? gemmTeam(threads) : team;
    if (team) return team.gemm(precision);
  }
  const known = kernels[precision];
  if (known !== undefined) return known;
  const loaded = loadGemm(precision) ?? null;
  kernels[precision] = loaded;
  return loaded;
}
