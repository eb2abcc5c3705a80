import { inputError } from "../errors.ts";
import { type Matrix, matrix, svd, symmetricEigen, timesTranspose } from "../math/index.ts";
import { ontoFactors } from "./points-coordinates.ts";

/**
 * Points x_i of m numbers, each with a target q_i (a class, or any distribution over classes) and a mass omega_i, told apart by logits M x_i + b whose matrix has a small nuclear norm:
 *
 *   min over M (K x m), b:  sum_i omega_i CE(M x_i + b, q_i) + lambda |M|_* + (lambda_b/2)|b|^2,   CE(u, q) = log sum_k exp(u_k) - q'u.
 *
 * Several problems of the theory are this one:
 *
 *   the last two layers of a network on what the first of them takes, x_i = (phi_i, 1), omega_i = 1/N (section 9.3);
 *   the same on the class means, a lower bound of it, omega_k = n_k/N;
 *   a general feature metric, lambda |Z S|_* in the mean prediction Z (section 10): M = Z S, and the point of class k is column k of S^-1;
 *   soft labels (section 15): a point a column of targets, x_m = e_m/sqrt(n_m), M = Z D^(1/2).
 */
export interface Points {
  /** Number of classes. */
  readonly K: number;
  /** Numbers a point has. */
  readonly m: number;
  /** n x m, a row a point; of points that are `apart` n numbers. */
  readonly x: Float64Array;
  /** Every point has a coordinate of its own: m = n, and point i is x_i e_i. */
  readonly apart?: boolean;
  /** n classes, 0..K-1: those of the points, or of soft targets the one that each gives the most. */
  readonly labels: ArrayLike<number>;
  /** What targets give to other classes than their label; none: all to that. */
  readonly shares?: Shares | null;
  /** omega, n positive numbers. */
  readonly mass: Float64Array;
  /** On the nuclear norm. */
  readonly lambda: number;
  /** On the bias; Infinity: no bias; 0: none on a bias that is there. */
  readonly lambdaB: number;
}

/** Shares of classes in the targets of points, those that are 0 and those of the label left out: the label has the rest. */
export interface Shares {
  /** Where each point's shares begin in the other two; n + 1 numbers, the last of them their length. */
  readonly start: Int32Array;
  /** Classes. */
  readonly classes: Int32Array;
  /** Their shares, positive. */
  readonly values: Float64Array;
}

/** An answer as factors, M = A B'. */
export interface PointsAnswer {
  /** Columns of A and B. */
  readonly rank: number;
  /** K x rank. */
  readonly A: Float64Array;
  /** m x rank. */
  readonly B: Float64Array;
  /** K biases. */
  readonly b: Float64Array;
}

/** Throws InputError unless sizes fit, masses and lambda are positive and every number is finite. */
export function checkPoints(points: Points): void {
  const { K, m, x, apart, labels, mass, lambda, lambdaB } = points;
  const n = mass.length;
  if (!(Number.isSafeInteger(K) && K >= 2)) throw inputError("K", "a whole number of at least 2", K);
  if (!(Number.isSafeInteger(m) && m >= 1)) throw inputError("m", "a whole number of at least 1", m);
  if (n === 0 || labels.length !== n) throw inputError("labels", `${n} classes, one a mass, at least one`, labels.length);
  const length = apart ? n : n * m;
  if (apart && m !== n) throw inputError("m", `${n}, one coordinate a point`, m);
  if (x.length !== length) throw inputError("x", apart ? `${n} numbers` : `${n} x ${m} numbers`, x.length);
  if (!(lambda > 0 && Number.isFinite(lambda))) throw inputError("lambda", "a positive finite number", lambda);
  if (!(lambdaB >= 0)) throw inputError("lambdaB", "a number of at least 0, or Infinity", lambdaB);
  for (let i = 0; i < n; i++) {
    const k = labels[i];
    if (!(Number.isInteger(k) && k >= 0 && k < K)) throw inputError(`labels[${i}]`, `a class from 0 to ${K - 1}`, k);
    if (!(mass[i] > 0 && Number.isFinite(mass[i]))) throw inputError(`mass[${i}]`, "a positive finite number", mass[i]);
  }
  const wrong = x.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0)
    throw inputError(apart ? `x[${wrong}]` : `x[${Math.floor(wrong / m)}][${wrong % m}]`, "a finite number", x[wrong]);
  checkShares(points);
}

/** Shares of other classes than the label, positive, none larger than what is left for the label. */
function checkShares({ K, labels, shares, mass }: Points): void {
  if (!shares) return;
  const { start, classes, values } = shares;
  const n = mass.length;
  if (start.length !== n + 1 || start[0] !== 0 || start[n] !== values.length || classes.length !== values.length)
    throw inputError("shares", `where the shares of ${n} points begin, and as many classes as shares`, start.length);
  for (let i = 0; i < n; i++) {
    let rest = 1;
    let largest = 0;
    for (let e = start[i]; e < start[i + 1]; e++) {
      const k = classes[e];
      if (!(k >= 0 && k < K && k !== labels[i]))
        throw inputError(`shares of point ${i}`, "those of other classes than its label", k);
      if (!(values[e] > 0)) throw inputError(`shares of point ${i}`, "positive numbers", values[e]);
      rest -= values[e];
      largest = Math.max(largest, values[e]);
    }
    // As large as the largest up to the rounding of the sum.
    if (!(rest >= largest - 1e-6)) throw inputError(`labels[${i}]`, "the class that the target gives the most", labels[i]);
  }
}

/** The sum of the shares of point i: what its label lacks of 1. */
export function sharedAway(shares: Shares | null | undefined, i: number): number {
  if (!shares) return 0;
  let sum = 0;
  for (let e = shares.start[i]; e < shares.start[i + 1]; e++) sum += shares.values[e];
  return sum;
}

/** Z = M X': the logits of the points without the bias, K x n. */
export function predictionsOf(points: Points, { A, B, rank }: PointsAnswer): Float64Array {
  const { K, mass } = points;
  const n = mass.length;
  const Z = new Float64Array(K * n);
  if (rank === 0) return Z;
  const H = new Float64Array(n * rank);
  ontoFactors(H, points, B, rank, { first: 0, count: n });
  timesTranspose(Z, A, H, K, n, rank);
  return Z;
}

/** Singular values (of S) and square roots of eigenvalues (of a Gram matrix) below this share of the largest count as 0. */
const leastShare = 1e-12;

/**
 * The K points of a metric, as rows: X X' = (S S')^-1, so that |Z S|_* = |M|_* where Z = M X'. (The nuclear norm does not change when S is multiplied by
 * an orthogonal matrix from the right.) Throws InputError unless S (K x K) is invertible.
 */
export function metricPoints(S: Matrix): { x: Float64Array; m: number } {
  const K = S.rows;
  if (S.cols !== K) throw inputError("S", "a square matrix", `${K} x ${S.cols}`);
  const found = svd(S);
  const least = found.S[K - 1] / found.S[0];
  if (!(least > leastShare))
    throw inputError("S", `an invertible matrix (singular values within a factor of ${1 / leastShare})`, least);
  const x = new Float64Array(K * K);
  for (let k = 0; k < K; k++) for (let l = 0; l < K; l++) x[k * K + l] = found.U.data[k * K + l] / found.S[l];
  return { x, m: K };
}

/**
 * Points, as rows, with the given Gram matrix (n x n, symmetric): coordinates in the space that they span, of dimension m <= n. Directions of less than 1e-12
 * of the longest are none. Throws InputError where the matrix is 0.
 */
export function gramPoints(gram: Float64Array, n: number): { x: Float64Array; m: number } {
  const { values, vectors } = symmetricEigen(matrix(n, n, gram));
  const most = values[n - 1];
  if (!(most > 0)) throw inputError("Gram matrix", "one that is not 0", most);
  // An eigenvalue is known to a few eps of the largest: below that its root is noise.
  const kept = Array.from(values.keys()).filter((l) => values[l] > Math.max(leastShare ** 2, n * Number.EPSILON) * most);
  const m = kept.length;
  const x = new Float64Array(n * m);
  kept.forEach((from, l) => {
    const root = Math.sqrt(values[from]);
    for (let i = 0; i < n; i++) x[i * m + l] = vectors.data[from * n + i] * root;
  });
  return { x, m };
}
