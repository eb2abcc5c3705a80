import { symmetricEigenvalues } from "../math/eigen.ts";
import { matrix } from "../math/matrix.ts";
import { type Cluster, clustersOf, type Problem, type Proof, prove, usualTolerance } from "../problem/index.ts";
import type { BlockAnswer } from "./certificate.ts";

/**
 * The proof for nonnegative features (theory, section 7), from the problem and the answer alone. Two lower bounds from the same residuals
 * Y = P - Q of the answer:
 *
 *  - of (UFM+): every class scaled by itself, t_k = min(1, s / (sqrt(n_k) w_k |Delta o y_k|));
 *  - of the problem with nonnegative features itself: with C = Delta Y W D^(1/2), G = C'C and G+ = G with negative off-diagonal entries
 *    set to 0, |C h|^2 <= h' G+ h for h >= 0, so t = s / sqrt(lambda_max(G+)) for all classes makes the point feasible.
 *
 * Where the second reaches the objective, the answer is exactly optimal for nonnegative features; where it does not, its gap says by how much
 * sharing features between classes could help at most.
 */
export interface NonnegativeCertificate extends Proof {
  /** The proof for (UFM+) alone; the outer one is that for (P0) with h >= 0, with the same objective. */
  ufmPlus: Proof;
  /** sqrt(lambda_max(G+)) / s: at most 1 where the answer is exact for nonnegative features. */
  spectralRatio: number;
}

/** Certifies an answer, good or bad, to the problem with nonnegative features. Calls nothing of the solver. */
export function certifyNonnegative(
  problem: Problem,
  answer: BlockAnswer,
  { tolerance = usualTolerance }: { tolerance?: number } = {},
): NonnegativeCertificate {
  const clusters = clustersOf(problem);
  const J = clusters.length;
  const s = problem.N * problem.lambdaZ;
  const columns = clusters.map((_, j) => column(problem, clusters, answer, j));
  let objective = 0;
  columns.forEach((c, j) => {
    const { size, count, weight } = clusters[j];
    objective += (size * count * weight * c.loss) / problem.N + problem.lambdaZ * size * Math.sqrt(count) * c.length;
  });
  if (Number.isFinite(problem.lambdaB))
    for (let j = 0; j < J; j++) objective += 0.5 * problem.lambdaB * clusters[j].size * answer.bias[j] ** 2;

  const own = columns.map((c, j) => Math.min(1, s / (clusters[j].weight * Math.sqrt(clusters[j].count) * c.force)));
  const root = Math.sqrt(largestEigenvalue(clusters, columns));
  const ratio = root / s;
  const ufmPlusDual = dualValue(problem, clusters, columns, own);
  const dual = dualValue(problem, clusters, columns, new Array<number>(J).fill(Math.min(1, 1 / ratio)));
  const proof = (dual: number): Proof =>
    prove(problem, { objective, dual, rounding: (J + 8) * Number.EPSILON * objective, tolerance });
  return { ...proof(dual), ufmPlus: proof(ufmPlusDual), spectralRatio: ratio };
}

interface Column {
  loss: number;
  /** |z_k|. */
  length: number;
  /** |Delta o y_k|. */
  force: number;
  /** Residual of one class of each cluster (the own cluster: of another class). */
  y: Float64Array;
  /** Minus the residual of the own class. */
  away: number;
}

function column(problem: Problem, clusters: readonly Cluster[], answer: BlockAnswer, j: number): Column {
  const J = clusters.length;
  const { K, smoothing: eps } = problem;
  const copies = (i: number): number => clusters[i].size - (i === j ? 1 : 0);
  const logit = (i: number): number => clusters[i].factor * (answer.other[i * J + j] + answer.bias[i]) + clusters[i].offset;
  const own = clusters[j].factor * (answer.own[j] + answer.bias[j]) + clusters[j].offset;
  let top = own;
  for (let i = 0; i < J; i++) if (copies(i) > 0) top = Math.max(top, logit(i));
  let rest = 0;
  let squares = answer.own[j] ** 2;
  for (let i = 0; i < J; i++) {
    if (copies(i) === 0) continue;
    rest += copies(i) * Math.exp(logit(i) - top);
    squares += copies(i) * answer.other[i * J + j] ** 2;
  }
  const sum = rest + Math.exp(own - top);
  let loss = own === top ? Math.log1p(rest) : Math.log(sum) + (top - own);
  const y = new Float64Array(J);
  let away = 0;
  let force = 0;
  for (let i = 0; i < J; i++) {
    if (copies(i) === 0) continue;
    loss += (eps / K) * copies(i) * (own - logit(i));
    y[i] = Math.exp(logit(i) - top) / sum - eps / K;
    away += copies(i) * y[i];
    force += copies(i) * (clusters[i].factor * y[i]) ** 2;
  }
  force += (clusters[j].factor * away) ** 2;
  return { loss, length: Math.sqrt(squares), force: Math.sqrt(force), y, away };
}

/** lambda_max(G+): its Perron vector is constant on clusters, so a J x J matrix has it. */
function largestEigenvalue(clusters: readonly Cluster[], columns: readonly Column[]): number {
  const J = clusters.length;
  const G = matrix(J, J);
  const weight = clusters.map((c) => c.weight * Math.sqrt(c.count));
  const square = clusters.map((c) => c.factor ** 2);
  // <Delta y_k, Delta y_l> for a class k of cluster j and another class l of cluster m.
  const inner = (j: number, m: number): number => {
    let sum = 0;
    for (let i = 0; i < J; i++) {
      const rows = clusters[i].size - (i === j ? 1 : 0) - (i === m ? 1 : 0);
      sum += rows * square[i] * columns[j].y[i] * columns[m].y[i];
    }
    return sum - square[j] * columns[j].away * columns[m].y[j] - square[m] * columns[m].away * columns[j].y[m];
  };
  for (let j = 0; j < J; j++) {
    for (let m = 0; m <= j; m++) {
      const k = clusters[j].size;
      let value: number;
      if (j === m) value = columns[j].force ** 2 + (k > 1 ? (k - 1) * Math.max(0, inner(j, j)) : 0);
      else value = Math.sqrt(k * clusters[m].size) * Math.max(0, inner(j, m));
      G.data[j * J + m] = G.data[m * J + j] = value * weight[j] * weight[m];
    }
  }
  return Math.max(0, symmetricEigenvalues(G)[J - 1]);
}

/** The dual value of theory section 2 at the residuals t_j y_j, lowered by its rounding error. */
function dualValue(problem: Problem, clusters: readonly Cluster[], columns: readonly Column[], t: readonly number[]): number {
  const { K, N, smoothing: eps } = problem;
  const J = clusters.length;
  const force = new Float64Array(J);
  let dual = 0;
  let magnitude = 0;
  columns.forEach((c, j) => {
    const { size, count, weight } = clusters[j];
    let entropy = 0;
    let shifted = -t[j] * c.away * clusters[j].offset;
    for (let i = 0; i < J; i++) {
      const copies = clusters[i].size - (i === j ? 1 : 0);
      const y = t[j] * c.y[i];
      const q = y + eps / K;
      if (q > 0) entropy -= copies * q * Math.log(q);
      shifted += copies * y * clusters[i].offset;
      force[i] += count * weight * (i === j ? copies : size) * y;
    }
    force[j] -= count * weight * t[j] * c.away;
    const away = t[j] * c.away + eps * (1 - 1 / K);
    if (away < 1) entropy -= (1 - away) * Math.log1p(-away);
    dual += (size * count * weight * (entropy + shifted)) / N;
    magnitude += (size * count * weight * (entropy + Math.abs(shifted))) / N;
  });
  let ridge = 0;
  if (Number.isFinite(problem.lambdaB))
    for (let j = 0; j < J; j++) ridge += (clusters[j].size * ((clusters[j].factor * force[j]) / N) ** 2) / (2 * problem.lambdaB);
  return dual - ridge - 8 * Number.EPSILON * (magnitude + ridge);
}
