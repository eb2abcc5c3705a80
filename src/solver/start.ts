import { separates } from "../loss/index.ts";
import { gramOfColumns, matrix, symmetricEigen, times } from "../math/index.ts";
import type { Reduced, ReducedPoint } from "./reduced.ts";

/**
 * Where to start, and with which rank. At Z = 0 the gradient of the loss in the core is G_0 = U diag(g) V'; only its singular values
 * above s can leave 0. For balanced classes the optimum lies on exactly these directions with g log(K (g/s - 1) + 1) as singular values
 * (theory, section 4): the same magnitudes are a good guess for any counts. The rank is a guess too; the certificate has the last word.
 */
export function start(p: Reduced): ReducedPoint {
  const { J, s } = p;
  const G = coreGradientAtZero(p);
  const gram = matrix(J, J);
  gramOfColumns(gram.data, G, J, J);
  const { values, vectors } = symmetricEigen(gram);
  const kept: number[] = [];
  for (let i = J - 1; i >= 0; i--) if (values[i] > s * s) kept.push(i);
  if (kept.length === above(p)) kept.length = likelyRank(p);
  const rank = kept.length;
  const A = new Float64Array(J * rank);
  const B = new Float64Array(J * rank);
  kept.forEach((from, l) => {
    const root = Math.sqrt(p.loss.amplitude(Math.sqrt(values[from]), p));
    for (let j = 0; j < J; j++) B[j * rank + l] = vectors.data[from * J + j] * root;
  });
  // u = -G v / g.
  times(A, G, B, J, J, rank);
  kept.forEach((from, l) => {
    const g = Math.sqrt(values[from]);
    for (let i = 0; i < J; i++) A[i * rank + l] /= -g;
  });
  const alpha = new Float64Array(J);
  for (let j = 0; j < J; j++) {
    const root = Math.sqrt(p.count[j]);
    if (separates(p, j)) alpha[j] = p.loss.amplitude(root * p.weight[j] * p.factor[j] * (1 - p.smoothing), p) / root;
  }
  return { rank, A, B, alpha, c: new Float64Array(J) };
}

/** The number m of clusters above the threshold. */
function above({ count, weight, factor, smoothing, s }: Reduced): number {
  return count.filter((n, j) => weight[j] * factor[j] * (1 - smoothing) * Math.sqrt(n) > s).length;
}

/**
 * Of cross-entropy the rank was m - 1 or m wherever it was computed, m - 1 three times in four (theory, section 3). One direction too many dies out slowly; one too few is found at once by
 * the certificate.
 */
export function likelyRank(p: Reduced): number {
  const m = above(p);
  return m > 1 && p.loss.shiftFree ? m - 1 : m;
}

/**
 * Where the solution for s -> 0 is finite every column's prediction is its target there: with label smoothing and cross-entropy, Delta z + iota = log q up to a multiple of
 * 1/Delta. Returns its core, times `share`, as A B' with B diagonal, to be put into shape by fixedRank; null where it is infinite.
 */
export function settledStart(p: Reduced, share: number): ReducedPoint | null {
  const { J, size, count } = p;
  const settled = p.loss.settled(p);
  if (!settled) return null;
  const A = new Float64Array(J * J);
  const B = new Float64Array(J * J);
  const alpha = new Float64Array(J);
  const { other } = settled;
  const gap = settled.own - other;
  for (let j = 0; j < J; j++) {
    B[j * J + j] = share;
    if (separates(p, j)) alpha[j] = gap / p.factor[j];
    for (let i = 0; i < J; i++) {
      // The cluster's mean logit stands on the diagonal.
      const logit = (other + (i === j ? gap / size[j] : 0) - p.offset[i]) / p.factor[i];
      A[i * J + j] = logit * Math.sqrt(size[i] * count[j] * size[j]);
    }
  }
  return { rank: J, A, B, alpha, c: new Float64Array(J) };
}

/** Gradient of the loss with respect to M at Z = 0, b = 0. */
function coreGradientAtZero(p: Reduced): Float64Array {
  const { J } = p;
  const R = p.loss.at(p, new Float64Array(J * J), new Float64Array(J)).residuals();
  for (let i = 0; i < J; i++)
    for (let j = 0; j < J; j++) R[i * J + j] *= p.factor[i] * p.weight[j] * Math.sqrt((p.count[j] * p.size[j]) / p.size[i]);
  return R;
}
