import { symmetricEigenvalues } from "../math/eigen.ts";
import { matrix } from "../math/matrix.ts";
import { timesTranspose, transposeTimes } from "../math/products.ts";
import { singularValues } from "../math/svd.ts";
import { type Bin, type Cluster, clustersOf, type Problem, type Proof, prove, usualTolerance } from "../problem/index.ts";

/**
 * The proof that an answer is optimal (theory, section 2), from the problem and the answer alone: nothing here calls the code that
 * found the answer.
 *
 * Any softmax probabilities pi whose residuals satisfy the spectral constraint give a lower bound of the optimum. With residuals
 * Y = t (P - Q) at the answer (Q: targets, one-hot or smoothed; Delta, iota, w: theory section 6),
 *
 *   dual = (1/N) sum_k w_k n_k [ Entropy(pi_k) + (pi_k - q_k)' iota ] - |v|^2 / (2 lambda_b),   v = (1/N) sum_k w_k n_k Delta o (pi_k - q_k),
 *   t = min(1, lambda_Z / |G|_2),   G = (1/N) Delta (P - Q) W D^(1/2).
 *
 * G's singular values are those of a J x J matrix and, for each cluster of k_j >= 2, one value k_j - 1 times (theory, section 3).
 */
export interface BlockAnswer {
  /** z of a row in cluster i, column in cluster j, other than the class itself: J x J, row-major. */
  other: Float64Array;
  /** z_kk for k in cluster j. */
  own: Float64Array;
  /** b on each cluster. */
  bias: Float64Array;
  /** Factors of the core, M = A B' (J x r each): a cheap proof of an upper bound of |M|_*. Without them M is decomposed. */
  factors?: { A: Float64Array; B: Float64Array; rank: number };
}

/** An answer with its proof. */
export interface Certificate extends Proof {
  /** |G|_2 / lambda_Z: 1 (or less at Z = 0) at the optimum. */
  spectralRatio: number;
}

/** What is asked of a certificate. */
export interface CertifyOptions {
  /** Relative duality gap from which on the answer counts as certified (default 1e-10). */
  tolerance?: number;
  /** Groups on which the answer is constant: those of the problem (default), or bins. */
  clusters?: readonly (Cluster | Bin)[];
}

/**
 * `clusters`: those of the problem, or bins of nearly equal counts on which the answer is constant (problem/bins.ts). With bins the residuals
 * of a class with count n in a bin of mean count m are scaled by sqrt(m/n): that leaves G as it is, so the bound holds for the true counts.
 * The objective is then an upper bound of the lifted answer's: its loss is exact, and its factors have the bin's total norm.
 */
export function certify(
  problem: Problem,
  answer: BlockAnswer,
  { tolerance = usualTolerance, clusters = clustersOf(problem) }: CertifyOptions = {},
): Certificate {
  const J = clusters.length;
  const { K, N, smoothing: eps } = problem;
  const hasBias = Number.isFinite(problem.lambdaB);
  // Residuals pi - q at the answer: of one class in each other cluster, of one other class of the own cluster (diagonal).
  const Y = new Float64Array(J * J);
  const core = matrix(J, J);
  let loss = 0;
  let largest = 0;
  const ownMass = new Float64Array(J);
  for (let j = 0; j < J; j++) {
    const { size: k, count: n, weight: w, factor, offset } = clusters[j];
    const v = (i: number): number => clusters[i].factor * (answer.other[i * J + j] + answer.bias[i]) + clusters[i].offset;
    const copies = (i: number): number => (i === j ? k - 1 : clusters[i].size);
    const own = factor * (answer.own[j] + answer.bias[j]) + offset;
    let top = own;
    for (let i = 0; i < J; i++) if (copies(i) > 0) top = Math.max(top, v(i));
    let rest = 0;
    for (let i = 0; i < J; i++) if (copies(i) > 0) rest += copies(i) * Math.exp(v(i) - top);
    const sum = rest + Math.exp(own - top);
    let ce = own === top ? Math.log1p(rest) : Math.log(sum) + (top - own);
    let others = 0;
    for (let i = 0; i < J; i++) {
      if (copies(i) === 0) continue;
      Y[i * J + j] = Math.exp(v(i) - top) / sum - eps / K;
      others += copies(i) * Y[i * J + j];
      ce += (eps / K) * copies(i) * (own - v(i));
    }
    ownMass[j] = others;
    loss += n * w * k * ce;
    const within = others + Y[j * J + j];
    if (k >= 2) largest = Math.max(largest, w * factor * Math.sqrt(n) * Math.abs(within));
    for (let i = 0; i < J; i++) {
      const rows = i === j ? (k - 1) * Y[j * J + j] - others : clusters[i].size * Y[i * J + j];
      core.data[i * J + j] = w * Math.sqrt(n) * clusters[i].factor * rows * Math.sqrt(k / clusters[i].size);
    }
  }
  const spectral = Math.max(largest, spectralNorm(core.data, J));
  const s = N * problem.lambdaZ;
  const t = spectral > s ? s / spectral : 1;

  let dual = 0;
  // Rounding: every term below is right to a few eps; the bound is lowered by that much, so that it stays a bound.
  let magnitude = 0;
  const force = new Float64Array(J);
  const selves: { j: number; classes: number; self: number }[] = [];
  for (let j = 0; j < J; j++) {
    const { size: k, weight: w } = clusters[j];
    for (const [n, classes] of membersOf(clusters[j])) {
      // Probabilities must stay probabilities: the own class keeps at least 0.
      const scale = t * Math.sqrt(clusters[j].count / n);
      const tau = scale * ownMass[j] + eps * (1 - 1 / K) <= 1 ? scale : t;
      let entropy = 0;
      let shifted = 0;
      for (let i = 0; i < J; i++) {
        const copies = i === j ? k - 1 : clusters[i].size;
        if (copies === 0) continue;
        const y = tau * Y[i * J + j];
        const q = y + eps / K;
        if (q > 0) entropy -= copies * q * Math.log(q);
        shifted += copies * y * clusters[i].offset;
        force[i] += n * w * classes * y;
      }
      const away = tau * ownMass[j] + eps * (1 - 1 / K);
      if (away < 1) entropy -= (1 - away) * Math.log1p(-away);
      shifted -= tau * ownMass[j] * clusters[j].offset;
      // The row of a class meets every class of its cluster but itself, and itself with the own residual.
      const self = n * w * tau * ((k > 1 ? Y[j * J + j] : 0) + ownMass[j]);
      selves.push({ j, classes, self });
      dual += n * w * classes * (entropy + shifted);
      magnitude += n * w * classes * (entropy + Math.abs(shifted));
    }
  }
  dual /= N;
  let penalty = 0;
  let ridge = 0;
  if (hasBias) {
    for (const { j, classes, self } of selves) {
      const v = (clusters[j].factor * (force[j] - self)) / N;
      ridge += classes * v * v;
      penalty += classes * answer.bias[j] * answer.bias[j];
    }
    ridge /= 2 * problem.lambdaB;
    penalty *= problem.lambdaB / 2;
  }
  const objective = loss / N + problem.lambdaZ * nuclearNorm(clusters, answer) + penalty;
  dual -= ridge + 8 * Number.EPSILON * (magnitude / N + ridge);
  const rounding = (J + 8) * Number.EPSILON * objective;
  return { ...prove(problem, { objective, dual, rounding, tolerance }), spectralRatio: spectral / s };
}

const membersOf = (cluster: Cluster | Bin): Bin["members"] =>
  "members" in cluster ? cluster.members : [[cluster.count, cluster.size]];

/**
 * |Z D^(1/2)|_*: sqrt(n_j) |z_own - z_other|, k_j - 1 times for each cluster, and the nuclear norm of the core. With factors the latter is
 * at most (|A|^2 + |B|^2)/2 + sqrt(J) |M - A B'|_F, the last term being what rounding leaves.
 */
function nuclearNorm(clusters: readonly Cluster[], answer: BlockAnswer): number {
  const J = clusters.length;
  let sum = 0;
  const core = matrix(J, J);
  clusters.forEach(({ size: k, count: n }, j) => {
    if (k >= 2) sum += (k - 1) * Math.sqrt(n) * Math.abs(answer.own[j] - answer.other[j * J + j]);
    for (let i = 0; i < J; i++) {
      const z = answer.other[i * J + j];
      const q = i === j ? answer.own[j] + (k - 1) * z : z * Math.sqrt(clusters[i].size * k);
      core.data[i * J + j] = q * Math.sqrt(n);
    }
  });
  if (!answer.factors) return sum + singularValues(core).reduce((a, b) => a + b, 0);
  const { A, B, rank } = answer.factors;
  let squares = 0;
  for (let i = 0; i < J * rank; i++) squares += A[i] * A[i] + B[i] * B[i];
  const product = new Float64Array(J * J);
  timesTranspose(product, A, B, J, J, rank);
  let rest = 0;
  for (let i = 0; i < J * J; i++) rest += (core.data[i] - product[i]) ** 2;
  return sum + squares / 2 + Math.sqrt(J * rest);
}

/** Largest singular value of a J x J matrix, from the eigenvalues of its Gram matrix (the largest one loses nothing by the squaring). */
function spectralNorm(A: Float64Array, J: number): number {
  let scale = 0;
  for (let i = 0; i < A.length; i++) scale = Math.max(scale, Math.abs(A[i]));
  if (scale === 0) return 0;
  const scaled = A.map((x) => x / scale);
  const gram = matrix(J, J);
  transposeTimes(gram.data, scaled, scaled, J, J, J);
  return scale * Math.sqrt(Math.max(0, symmetricEigenvalues(gram)[J - 1]));
}
