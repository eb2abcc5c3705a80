/**
 * The proof that an answer is optimal (theory, section 2), from the problem and the answer alone: nothing here calls the code that
 * found the answer.
 *
 * Any predictions pi whose residuals satisfy the spectral constraint give a lower bound of the optimum (dual.ts). With residuals
 * Y = t (P - Q) at the answer (P: predictions, of cross-entropy the probabilities; Q: targets, one-hot or smoothed; Delta, iota, w: theory section 6) that is
 *
 *   t = min(1, lambda_Z / |G|_2),   G = (1/N) Delta (P - Q) W D^(1/2).
 *
 * G's singular values are those of a J x J matrix and, for each cluster of k_j >= 2, one value k_j - 1 times (theory, section 3).
 *
 * Rounding. The bound holds if |G|_2 is not underestimated, so it is taken at its upper end: the J x J matrix is known to an error matrix whose
 * Frobenius norm is added up, entry by entry; its Gram matrix to J eps |A|_1 |A|_inf (an inner product of J terms loses at most J eps/2 of its
 * absolute terms, and | |A| |_2^2 <= |A|_1 |A|_inf); the eigenvalue to (J + 8) eps lambda_max (backward stable, math/eigen.ts). This costs the bound some
 * J eps times the share of the nuclear norm in the objective. The objective is that of the answer up to `rounding`.
 *
 * @module
 */
import {
  frobenius,
  gramOfColumns,
  gramOfRows,
  lengthOf,
  matrix,
  Sum,
  singularValues,
  symmetricEigenvalues,
  timesTranspose,
} from "../math/index.ts";
import { type Bin, type Cluster, clustersOf, type Problem, type Proof, prove, usualTolerance } from "../problem/index.ts";
import { columnOf, residualsOf } from "./answer-column.ts";
import type { AnswerColumn, BlockAnswer, Column } from "./columns.ts";
import { dualValue } from "./dual.ts";
import { freeBoundMayDo, levelledAll } from "./free-bias.ts";
import { lifted } from "./lifted.ts";

/** The proof for free features. */
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

const { EPSILON } = Number;

/**
 * `clusters`: those of the problem, or bins of nearly equal counts on which the answer is constant (problem/bins.ts). With bins the residuals
 * of a class with count n in a bin of mean count m are scaled by sqrt(m/n): that leaves G as it is, so the bound holds for the true counts (and without a penalty on the bias
 * they are balanced then, lifted.ts).
 * The objective is then an upper bound of the lifted answer's: its loss is exact, and its factors have the bin's total norm.
 */
export function certify(
  problem: Problem,
  answer: BlockAnswer,
  { tolerance = usualTolerance, clusters = clustersOf(problem) }: CertifyOptions = {},
): Certificate {
  const columns = clusters.map((_, j) => columnOf(problem, clusters, answer, j));
  const { value: objective, rounding } = objectiveOf(problem, clusters, columns, answer);
  const proof = ({ norm, dual }: Bound): Certificate => ({
    ...prove(problem, { objective, dual, rounding, tolerance }),
    spectralRatio: norm / (problem.N * problem.lambdaZ),
  });
  const residuals = residualsOf(problem, clusters, answer, columns);
  const found = proof(boundOf(problem, clusters, residuals));
  if (found.certified || !freeBoundMayDo(problem, clusters, answer, tolerance * objective)) return found;
  const free = proof(boundOf({ ...problem, lambdaB: 0 }, clusters, residuals));
  return free.dual > found.dual ? free : found;
}

/** A lower bound of the optimum, and the norm of the residuals that it comes from. */
interface Bound {
  norm: number;
  dual: number;
}

function boundOf(problem: Problem, clusters: readonly (Cluster | Bin)[], columns: readonly Column[]): Bound {
  const s = problem.N * problem.lambdaZ;
  if (problem.lambdaB === 0 && clusters.every((c) => "members" in c)) {
    const { norm, atMost } = residualNorm(clusters, columns);
    const fine = lifted(problem, clusters, columns, Math.min(1, s / atMost));
    return { norm, dual: dualValue(problem, fine.clusters, fine.columnAt, () => 1 / (1 + fine.slack)) };
  }
  const residuals = problem.lambdaB === 0 ? levelledAll(problem, clusters, columns) : columns;
  const { norm, atMost } = residualNorm(clusters, residuals);
  const t = Math.min(1, s / atMost);
  const tauOf = (j: number, count: number): number => t * Math.sqrt(clusters[j].count / count);
  return { norm, dual: dualValue(problem, clusters, (j) => residuals[j], tauOf) };
}

/** N |G|_2: the number, and what it is at most. Residuals are the numbers that they are, a point of the dual: only what is made of them here is rounded. */
export function residualNorm(clusters: readonly Cluster[], columns: readonly Column[]): { norm: number; atMost: number } {
  const J = clusters.length;
  const core = new Float64Array(J * J);
  // Within clusters: k_j - 1 equal singular values.
  let within = 0;
  let withinAtMost = 0;
  const doubt = new Float64Array(J * J);
  columns.forEach(({ y, outside, turnover }, j) => {
    const { size: k, count: n, weight, factor } = clusters[j];
    const scale = weight * Math.sqrt(n);
    if (k >= 2) {
      const value = scale * factor * Math.abs(k * y[j] + outside);
      within = Math.max(within, value);
      withinAtMost = Math.max(withinAtMost, value + 8 * EPSILON * scale * factor * turnover);
    }
    for (let i = 0; i < J; i++) {
      const unit = scale * clusters[i].factor * Math.sqrt(clusters[i].size * k);
      core[i * J + j] = i === j ? -scale * factor * outside : unit * y[i];
      doubt[i * J + j] = i === j ? scale * factor * turnover : unit * Math.abs(y[i]);
    }
  });
  const { norm, atMost } = spectralNorm(core, J);
  return {
    norm: Math.max(within, norm),
    atMost: Math.max(withinAtMost, atMost + 4 * EPSILON * lengthOf(J * J, (e) => doubt[e])) * (1 + 8 * EPSILON),
  };
}

/** Largest singular value of a rows x cols matrix, from its smaller Gram matrix, with an upper bound. */
export function spectralNorm(A: Float64Array, rows: number, cols: number = rows): { norm: number; atMost: number } {
  let scale = 0;
  for (let i = 0; i < A.length; i++) scale = Math.max(scale, Math.abs(A[i]));
  if (scale === 0) return { norm: 0, atMost: 0 };
  const scaled = A.map((x) => x / scale);
  const across = new Float64Array(rows);
  const down = new Float64Array(cols);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < cols; j++) {
      across[i] += Math.abs(scaled[i * cols + j]);
      down[j] += Math.abs(scaled[i * cols + j]);
    }
  const [side, terms] = rows < cols ? [rows, cols] : [cols, rows];
  const gram = matrix(side, side);
  if (rows < cols) gramOfRows(gram.data, scaled, side, terms);
  else gramOfColumns(gram.data, scaled, terms, side);
  const largest = Math.max(0, symmetricEigenvalues(gram)[side - 1]);
  const most = (sums: Float64Array): number => sums.reduce((a, b) => Math.max(a, b), 0);
  const doubt = terms * EPSILON * most(across) * most(down) + (side + 8) * EPSILON * largest;
  return { norm: scale * Math.sqrt(largest), atMost: scale * Math.sqrt(largest + doubt) };
}

/** The value of (UFM) at the answer, and how far rounding can have moved it. */
export function objectiveOf(
  problem: Problem,
  clusters: readonly Cluster[],
  columns: readonly AnswerColumn[],
  answer: BlockAnswer,
): { value: number; rounding: number } {
  const loss = new Sum();
  let doubt = 0;
  columns.forEach((column, j) => {
    const { size, count, weight } = clusters[j];
    loss.add(count * weight * size * column.loss);
    doubt += count * weight * size * (column.lossError + 2 * EPSILON * Math.abs(column.loss));
  });
  let penalty = 0;
  if (Number.isFinite(problem.lambdaB))
    clusters.forEach(({ size }, j) => {
      penalty += 0.5 * size * (problem.lambdaB * answer.bias[j]) * answer.bias[j];
    });
  const nuclear = nuclearNorm(clusters, answer);
  const value = loss.value / problem.N + problem.lambdaZ * nuclear.norm + penalty;
  const rounding =
    doubt / problem.N +
    problem.lambdaZ * nuclear.doubt +
    (clusters.length + 4) * EPSILON * penalty +
    4 * EPSILON * Math.abs(value);
  return { value, rounding };
}

/**
 * |Z D^(1/2)|_*: sqrt(n_j) |z_own - z_other|, k_j - 1 times for each cluster, and the nuclear norm of the core. With factors the latter is
 * at most (|A|^2 + |B|^2)/2 + sqrt(J) |M - A B'|_F, the last term being what rounding leaves.
 */
export function nuclearNorm(clusters: readonly Cluster[], answer: BlockAnswer): { norm: number; doubt: number } {
  const J = clusters.length;
  const within = new Sum();
  const core = matrix(J, J);
  clusters.forEach(({ size: k, count: n }, j) => {
    if (k >= 2) within.add((k - 1) * Math.sqrt(n) * Math.abs(answer.own[j] - answer.other[j * J + j]));
    for (let i = 0; i < J; i++) {
      const z = answer.other[i * J + j];
      const q = i === j ? answer.own[j] + (k - 1) * z : z * Math.sqrt(clusters[i].size * k);
      core.data[i * J + j] = q * Math.sqrt(n);
    }
  });
  if (!core.data.every(Number.isFinite)) return { norm: Number.POSITIVE_INFINITY, doubt: 0 };
  if (!answer.coreFactors) {
    const values = singularValues(core).reduce((a, b) => a + b, 0);
    // sqrt(J) times the error of the largest, which is a few eps J.
    return { norm: within.value + values, doubt: 4 * EPSILON * (within.value + J * Math.sqrt(J) * frobenius(core)) };
  }
  const { A, B, rank } = answer.coreFactors;
  const squares = new Sum();
  for (let i = 0; i < J * rank; i++) squares.add(A[i] * A[i] + B[i] * B[i]);
  const product = new Float64Array(J * J);
  timesTranspose(product, A, B, J, J, rank);
  const rest = new Sum();
  for (let i = 0; i < J * J; i++) rest.add((core.data[i] - product[i]) ** 2);
  const norm = within.value + squares.value / 2 + Math.sqrt(J * rest.value);
  return { norm, doubt: 4 * EPSILON * norm + (rank + 8) * EPSILON * Math.sqrt(J) * squares.value };
}
