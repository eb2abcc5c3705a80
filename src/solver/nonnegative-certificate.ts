/**
 * The proof for nonnegative features (theory, section 7), from the problem and the answer alone. Two lower bounds from the same residuals
 * Y = P - Q of the answer (dual.ts):
 *
 *  - of (UFM+): every class scaled by itself, t_k = min(1, s / (sqrt(n_k) w_k |Delta o y_k|));
 *  - of the problem with nonnegative features itself: with C = Delta Y W D^(1/2), G = C'C and G+ = G with negative off-diagonal entries
 *    set to 0, |C h|^2 <= h' G+ h for h >= 0, so t = s / sqrt(lambda_max(G+)) for all classes makes the point feasible.
 *
 * Where the second reaches the objective, the answer is exactly optimal for nonnegative features; where it does not, its gap says by how much
 * sharing features between classes could help at most.
 *
 * Rounding. Both norms are taken at their upper ends: |Delta o y_k| with 4 eps times the rounding's scale of the column (columns.ts), lambda_max(G+)
 * with the Frobenius norm of its entries' errors, an inner product of J terms being off by (J + 8) eps of its absolute terms, and with
 * (J + 8) eps lambda_max for the eigenvalues (math/eigen.ts).
 *
 * @module
 */
import { frobenius, lengthOf, matrix, powerOfTwo, Sum, symmetricEigenvalues } from "../math/index.ts";
import { type Bin, type Cluster, clustersOf, type Problem, type Proof, prove, usualTolerance } from "../problem/index.ts";
import { columnOf, residualsOf } from "./answer-column.ts";
import { type AnswerColumn, type BlockAnswer, type Column, copiesOf } from "./columns.ts";
import { dualValue } from "./dual.ts";
import { freeBoundMayDo, levelledAll } from "./free-bias.ts";

/** The proof for nonnegative features. */
export interface NonnegativeCertificate extends Proof {
  /** The proof for (UFM+) alone; the outer one is that for (P0) with h >= 0, with the same objective. */
  ufmPlus: Proof;
  /** sqrt(lambda_max(G+)) / s: at most 1 where the answer is exact for nonnegative features. */
  spectralRatio: number;
}

const { EPSILON } = Number;

/**
 * Certifies an answer, good or bad, to the problem with nonnegative features. Calls nothing of the solver.
 *
 * `clusters`: those of the problem, or bins of nearly equal counts on which the answer is constant (problem/bins.ts), where lambda_b > 0. With bins the residuals of a class with count n
 * in a bin of mean count m are scaled by sqrt(m/n), as in certificate.ts: that leaves C, and every class's own norm, as they are. The objective is an upper bound of the answer's, as a mean
 * of roots is at most the root of the mean.
 */
export function certifyNonnegative(
  problem: Problem,
  answer: BlockAnswer,
  {
    tolerance = usualTolerance,
    clusters = clustersOf(problem),
  }: { tolerance?: number; clusters?: readonly (Cluster | Bin)[] } = {},
): NonnegativeCertificate {
  const found = certifiedAt(problem, clusters, problem.lambdaB, answer, tolerance);
  const binned = clusters.some((cluster) => "members" in cluster);
  if (binned || !freeBoundMayDo(problem, clusters, answer, tolerance * found.objective)) return found;
  // The bounds for lambda_b = 0 are bounds for every lambda_b (free-bias.ts).
  const free = certifiedAt(problem, clusters, 0, answer, tolerance);
  return free.ufmPlus.dual > found.ufmPlus.dual ? free : found;
}

/** With the bounds of lambda_b = `boundsOf`. */
function certifiedAt(
  problem: Problem,
  clusters: readonly (Cluster | Bin)[],
  boundsOf: number,
  answer: BlockAnswer,
  tolerance: number,
): NonnegativeCertificate {
  const s = problem.N * problem.lambdaZ;
  const columns = clusters.map((_, j) => columnOf(problem, clusters, answer, j));
  const bounded = { ...problem, lambdaB: boundsOf };
  // Without a penalty on the bias each bound needs v = 0 (free-bias.ts); for (UFM+) with factors of the classes' own that have to be alike for it.
  const brought = residualsOf(problem, clusters, answer, columns);
  const residuals = boundsOf === 0 ? levelledAll(problem, clusters, brought) : brought;
  const forces = residuals.map((column, j) => forceOfColumn(clusters, column, j));
  const { value: objective, rounding } = objectiveOfColumns(problem, clusters, columns, answer);
  const { root, atMost } = sharedNorm(clusters, residuals, forces);
  const own = clusters.map(({ weight, count }, j) => Math.min(1, s / (weight * Math.sqrt(count) * forces[j].atMost)));
  const proof = (tauOf: (j: number) => number): Proof => {
    // A class of a cluster has its cluster's count: the root is 1.
    const ofClass = (j: number, count: number): number => tauOf(j) * Math.sqrt(clusters[j].count / count);
    return prove(problem, { objective, dual: dualValue(bounded, clusters, (j) => residuals[j], ofClass), rounding, tolerance });
  };
  const shared = Math.min(1, s / atMost);
  return { ...proof(() => shared), ufmPlus: proof((j) => own[j]), spectralRatio: root / s };
}

/** |Delta o y_k|, and what it is at most: residuals are the numbers that they are, so only that of the own class, a sum of the others, is in doubt. */
export interface ColumnForce {
  value: number;
  atMost: number;
}

export function forceOfColumn(clusters: readonly Cluster[], { y, away, turnover }: Column, j: number): ColumnForce {
  const J = y.length;
  // The own class is the last.
  const copies = (i: number): number => (i === J ? 1 : copiesOf(clusters, i, j));
  const value = lengthOf(J + 1, (i) => (i === J ? clusters[j].factor * away : clusters[i].factor * y[i]), copies);
  const doubt = clusters[j].factor * turnover;
  return { value, atMost: value * (1 + 16 * EPSILON) + 2 * EPSILON * doubt };
}

/** sqrt(lambda_max(G+)), and what it is at most: G+'s Perron vector is constant on clusters, so a J x J matrix has it. */
export function sharedNorm(
  clusters: readonly Cluster[],
  columns: readonly Column[],
  forces: readonly ColumnForce[],
): { root: number; atMost: number } {
  const J = clusters.length;
  const G = matrix(J, J);
  const doubt = matrix(J, J);
  const weight = clusters.map((c) => c.weight * Math.sqrt(c.count));
  // Everything in units of the longest column: the squares of small residuals would be 0.
  const unit = powerOfTwo(forces.reduce((most, { atMost }, j) => Math.max(most, weight[j] * atMost), 0));
  if (!(unit > 0 && unit < Number.POSITIVE_INFINITY)) return { root: unit, atMost: unit };
  const scale = weight.map((w) => w / unit);
  const scaled = columns.map(({ y }, j) => y.map((x, i) => scale[j] * clusters[i].factor * x));
  const away = columns.map((c, j) => scale[j] * clusters[j].factor * c.away);
  const turnover = columns.map((c, j) => scale[j] * clusters[j].factor * c.turnover);
  const force = forces.map(({ value, atMost }, j) => ({ value: scale[j] * value, atMost: scale[j] * atMost }));
  // The inner product of their scaled columns for a class k of cluster j and another class l of cluster m, and the sum of its absolute terms.
  const inner = (j: number, m: number): { value: number; absolute: number } => {
    let sum = 0;
    let absolute = 0;
    for (let i = 0; i < J; i++) {
      const rows = clusters[i].size - (i === j ? 1 : 0) - (i === m ? 1 : 0);
      const term = rows * scaled[j][i] * scaled[m][i];
      sum += term;
      absolute += Math.abs(term);
    }
    return {
      value: sum - away[j] * scaled[m][j] - away[m] * scaled[j][m],
      absolute: absolute + turnover[j] * Math.abs(scaled[m][j]) + turnover[m] * Math.abs(scaled[j][m]),
    };
  };
  for (let j = 0; j < J; j++) {
    for (let m = 0; m <= j; m++) {
      const k = clusters[j].size;
      let value: number;
      let error: number;
      if (j === m) {
        const same = k > 1 ? inner(j, j) : { value: 0, absolute: 0 };
        value = force[j].value ** 2 + (k - 1) * Math.max(0, same.value);
        error = force[j].atMost ** 2 - force[j].value ** 2 + (J + 8) * EPSILON * (force[j].value ** 2 + (k - 1) * same.absolute);
      } else {
        const { value: product, absolute } = inner(j, m);
        const copies = Math.sqrt(k * clusters[m].size);
        value = copies * Math.max(0, product);
        error = (J + 8) * EPSILON * copies * absolute;
      }
      G.data[j * J + m] = G.data[m * J + j] = value;
      doubt.data[j * J + m] = doubt.data[m * J + j] = error;
    }
  }
  const largest = Math.max(0, symmetricEigenvalues(G)[J - 1]);
  return {
    root: unit * Math.sqrt(largest),
    atMost: unit * Math.sqrt(largest * (1 + (J + 16) * EPSILON) + frobenius(doubt)),
  };
}

/** The value of (UFM+) at the answer, and how far rounding can have moved it. */
export function objectiveOfColumns(
  problem: Problem,
  clusters: readonly Cluster[],
  columns: readonly AnswerColumn[],
  answer: BlockAnswer,
): { value: number; rounding: number } {
  const J = clusters.length;
  const value = new Sum();
  let doubt = 0;
  clusters.forEach(({ size, count, weight }, j) => {
    const length = lengthOf(
      J + 1,
      (i) => (i === J ? answer.own[j] : answer.other[i * J + j]),
      (i) => (i === J ? 1 : copiesOf(clusters, i, j)),
    );
    value.add((size * count * weight * columns[j].loss) / problem.N);
    value.add(problem.lambdaZ * size * Math.sqrt(count) * length);
    if (Number.isFinite(problem.lambdaB)) value.add(0.5 * size * (problem.lambdaB * answer.bias[j]) * answer.bias[j]);
    doubt += (size * count * weight * columns[j].lossError) / problem.N;
  });
  return { value: value.value, rounding: doubt + 8 * EPSILON * value.absolute };
}
