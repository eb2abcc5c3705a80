/**
 * The proof that an answer to the problem of points (points.ts) is optimal, from the problem and the answer alone: nothing here calls the code that found it
 * (theory, sections 2 and 10). With y_i = p_i - q_i the residuals of the answer,
 *
 *   t = min(1, lambda / |G|_2),   G = sum_i omega_i y_i x_i',   v = t sum_i omega_i y_i,
 *   dual = sum_i omega_i Entropy(q_i + t y_i) - |v|^2 / (2 lambda_b)
 *
 * is a lower bound of the optimum. (Proof: for any probabilities pi, CE(u, q) = max over pi of Entropy(pi) + (pi - q)'u, so the objective is at least
 * sum omega Entropy(pi_i) + <sum omega (pi_i - q_i) x_i', M> + lambda |M|_* + v'b + (lambda_b/2)|b|^2, whose second and third terms are at least 0 together.)
 *
 * Targets q_i may be any distributions: t <= 1 mixes q_i with p_i, which is one again. The objective has their entropy, as CE(u, q) = log sum exp(u_k) - q'u.
 *
 * Without a penalty on the bias v must be 0. Then t y_i is mixed with theta sigma (p - q_i), one p for all points, which takes up the rest (free-bias.ts has the argument);
 * |sum omega (p - q_i) x_i'|_F <= sqrt(2 sum omega sum omega |x|^2) bounds its norm, and the entropy is concave.
 *
 * Rounding. Residuals are a point of the dual, whatever float64 made of them; the label's is minus the sum of the others. G is known to (n + K + 4) eps times
 * sum omega |y| |x| (of points apart from each other, whose entries of G have one term, to 4 eps |G|_F), v to as much times sum omega |y|, entropies as in dual.ts; all of it is taken off.
 * Where a share of a target is all taken back, q + y may fall below 0 by 4 eps q: it is taken as 0, which is the residual of a y that differs by its own rounding.
 *
 * @module
 */
import { norm2, Sum, times, timesTranspose, transposeTimes } from "../math/index.ts";
import { type Proof, proveOf, usualTolerance } from "../problem/index.ts";
import { spectralNorm } from "./certificate.ts";
import { type Points, type PointsAnswer, type Shares, sharedAway } from "./points.ts";
import { nearerResiduals } from "./points-dual.ts";

/** The proof for points. */
export interface PointsCertificate extends Proof {
  /** |G|_2 / lambda: 1 (or less at M = 0) at the optimum. */
  spectralRatio: number;
}

/** G where the points at hand are the coordinates of longer ones in an orthonormal basis: rows x_i of `cols` numbers. */
export interface Force {
  /** sum omega y x', K x cols. */
  G: Float64Array;
  /** Numbers of a longer point. */
  cols: number;
  /** sum omega |x|^2 of the longer points. */
  squares: number;
}

const { EPSILON } = Number;

/** Points a block. */
const step = 512;

/**
 * Certifies an answer, good or bad. `force`: G of the longer points of which these are coordinates (then the answer is one in these coordinates, and what is proved is about
 * all matrices). Where the residuals of points apart from each other do not prove it, better ones are tried (points-dual.ts).
 */
export function certifyPoints(
  points: Points,
  answer: PointsAnswer,
  { tolerance = usualTolerance, force }: { tolerance?: number; force?: Force } = {},
): PointsCertificate {
  const { K, m, mass, lambda, lambdaB } = points;
  const n = mass.length;
  const loss = new Sum();
  let lossDoubt = 0;
  const weightedAt: ResidualsOf = (first, count) => residualsAt(points, answer, first, count).weighted;
  const plain = boundOf(points, weightedAt, force);
  for (let first = 0; first < n; first += step) {
    const block = residualsAt(points, answer, first, Math.min(step, n - first));
    loss.add(block.loss);
    lossDoubt += block.lossDoubt;
  }
  const { value, rounding } = penalties(points, answer);
  const objective = loss.value + value;
  const lost = lossDoubt + rounding + (n + 8) * EPSILON * loss.value;
  const proof = (dual: number): Proof =>
    proveOf(() => `points ${n} x ${m}, K ${K}, lambda ${lambda}, lambda_b ${lambdaB}`, {
      objective,
      dual,
      rounding: lost,
      tolerance,
    });
  let found = proof(plain.dual);
  if (!found.certified && points.apart && !force && answer.rank > 0) {
    const better = nearerResiduals(points, answer, weightedAt);
    const { dual } = boundOf(points, (first, count) => better.subarray(first * K, (first + count) * K));
    if (dual > found.dual) found = proof(dual);
  }
  return { ...found, spectralRatio: plain.norm / lambda };
}

/** Residuals omega y of points first..first + count - 1, count x K; the same call gives the same numbers. */
export type ResidualsOf = (first: number, count: number) => Float64Array;

/** The lower bound that residuals give, any whose q + y are distributions up to rounding; and |G|_2. */
function boundOf(points: Points, residualsOf: ResidualsOf, force?: Force): { norm: number; dual: number } {
  const { K, m, x, apart, mass, lambda, lambdaB } = points;
  const n = mass.length;
  const own: { G: Float64Array; cols: number; squares: number } | null = force
    ? null
    : { G: new Float64Array(K * m), cols: m, squares: 0 };
  const sums = new Float64Array(K);
  let turnover = 0;
  let squaredResiduals = 0;
  for (let first = 0; first < n; first += step) {
    const count = Math.min(step, n - first);
    const weighted = residualsOf(first, count);
    for (let i = 0; i < count; i++) {
      const omega = mass[first + i];
      for (let k = 0; k < K; k++) {
        const y = weighted[i * K + k];
        sums[k] += y;
        turnover += Math.abs(y);
        squaredResiduals += y * (y / omega);
      }
      if (own) own.squares += omega * lengthAt(points, first + i) ** 2;
    }
    if (own && apart)
      for (let i = first; i < first + count; i++)
        for (let k = 0; k < K; k++) own.G[k * m + i] = weighted[(i - first) * K + k] * x[i];
    else if (own) transposeTimes(own.G, weighted, x.subarray(first * m, (first + count) * m), count, K, m, true);
  }
  const { G, cols, squares } = own ?? (force as Force);
  const share = (n + K + 4) * EPSILON;
  // sum omega |y| |x|, at most.
  const scatter = Math.sqrt(squaredResiduals) * Math.sqrt(squares) * (1 + share);
  const { norm, atMost } = spectralNorm(G, K, cols);
  const doubt = own && apart ? 4 * EPSILON * norm2(G) : share * scatter;
  const t = Math.min(1, lambda / (atMost + doubt));
  const entropies = entropiesAt(points, residualsOf, t);
  const off = Array.from(sums, (v) => t * (Math.abs(v) + share * turnover));
  return { norm, dual: lambdaB === 0 ? levelled(points, entropies, off, squares) : entropies - bias(off, lambdaB) };
}

/** |v|^2 / (2 lambda_b), at most. */
function bias(off: readonly number[], lambdaB: number): number {
  if (!Number.isFinite(lambdaB)) return 0;
  return off.reduce((sum, v) => sum + v * (v / (2 * lambdaB)), 0) * (1 + (off.length + 8) * EPSILON);
}

/** What is left of the entropies where the residuals, off balance by `off` a class, are balanced by a mixture. */
function levelled(
  { K, labels, shares, mass, lambda }: Points,
  entropies: number,
  off: readonly number[],
  squares: number,
): number {
  const total = mass.reduce((a, b) => a + b, 0);
  const share = new Float64Array(K);
  for (let i = 0; i < mass.length; i++) {
    share[labels[i]] += mass[i] * (1 - sharedAway(shares, i));
    eachShare(shares, i, (k, q) => {
      share[k] += mass[i] * q;
    });
  }
  const slack = 1 + (mass.length + 16) * EPSILON;
  const sigma = Math.min(1, lambda / (Math.sqrt(2 * total * squares) * slack));
  let beta = 0;
  for (let k = 0; k < K; k++) if (off[k] > 0) beta = Math.max(beta, (off[k] / share[k]) * slack);
  const theta = (beta / (sigma + beta)) * slack;
  return theta < 1 ? entropies * (1 - theta) : 0;
}

/** lambda |M|_* by its factors, at least, and the penalty on the bias. */
function penalties({ lambda, lambdaB, m, K }: Points, { A, B, b }: PointsAnswer): { value: number; rounding: number } {
  const squares = norm2(A) ** 2 + norm2(B) ** 2;
  const onBias = Number.isFinite(lambdaB) ? (lambdaB / 2) * norm2(b) ** 2 : 0;
  const value = (lambda / 2) * squares + onBias;
  return { value, rounding: (A.length + B.length + m + K + 8) * EPSILON * value };
}

/** Residuals of a block of points at an answer. */
export interface Residuals {
  /** omega (p - q), count x K. */
  weighted: Float64Array;
  /** sum omega CE. */
  loss: number;
  /** How far rounding can have moved `loss`. */
  lossDoubt: number;
}

/** Those of points first..first + count - 1. The same call gives the same numbers, bit for bit. */
export function residualsAt(points: Points, { A, B, rank, b }: PointsAnswer, first: number, count: number): Residuals {
  const { K, m, x, apart, labels, shares, mass } = points;
  const Y = new Float64Array(count * K);
  if (rank > 0) {
    const H = new Float64Array(count * rank);
    if (apart) for (let e = 0; e < count * rank; e++) H[e] = x[first + Math.floor(e / rank)] * B[first * rank + e];
    else times(H, x.subarray(first * m, (first + count) * m), B, count, m, rank);
    timesTranspose(Y, H, A, count, K, rank);
  }
  const loss = new Sum();
  const reach = (m + rank + 4) * EPSILON;
  const size = norm2(A) * norm2(B);
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let lossDoubt = 0;
  for (let i = 0; i < count; i++) {
    const row = Y.subarray(i * K, i * K + K);
    const omega = mass[first + i];
    const { ce, terms } = toWeighted(row, b, { own: labels[first + i], omega, shares, at: first + i });
    loss.add(omega * ce);
    const doubt = reach * (lengthAt(points, first + i) * size + largest);
    lossDoubt += omega * (2 * doubt + (K + 8) * EPSILON * (terms + doubt));
  }
  return { weighted: Y, loss: loss.value, lossDoubt };
}

/** |x_i|. */
const lengthAt = ({ x, m, apart }: Points, i: number): number => (apart ? Math.abs(x[i]) : norm2(x.subarray(i * m, i * m + m)));

/** What the target of point i gives to classes other than its label. */
function eachShare(shares: Shares | null | undefined, i: number, use: (k: number, share: number) => void): void {
  if (shares) for (let e = shares.start[i]; e < shares.start[i + 1]; e++) use(shares.classes[e], shares.values[e]);
}

/** One row of logits without the bias becomes omega (p - q); returns its cross-entropy, and the sum of the amounts of its terms. */
function toWeighted(
  row: Float64Array,
  b: Float64Array,
  { own, omega, shares, at }: { own: number; omega: number; shares: Shares | null | undefined; at: number },
): { ce: number; terms: number } {
  let top = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < row.length; k++) top = Math.max(top, row[k] + b[k]);
  const mine = row[own] + b[own];
  const lift = mine - top;
  let soft = 0;
  let softTerms = 0;
  eachShare(shares, at, (k, share) => {
    const term = share * (mine - (row[k] + b[k]));
    soft += term;
    softTerms += Math.abs(term);
  });
  let rest = 0;
  for (let k = 0; k < row.length; k++) {
    row[k] = k === own ? 0 : Math.exp(row[k] + b[k] - top);
    rest += row[k];
  }
  const total = rest + Math.exp(lift);
  for (let k = 0; k < row.length; k++) row[k] = omega * (row[k] / total);
  eachShare(shares, at, (k, share) => {
    row[k] -= omega * share;
  });
  let away = 0;
  for (let k = 0; k < row.length; k++) away += row[k];
  row[own] = -away;
  const hard = lift === 0 ? Math.log1p(rest) : Math.log(total) - lift;
  return { ce: hard + soft, terms: hard + softTerms };
}

/** sum omega Entropy(q + t y), less what rounding can have added. */
function entropiesAt(points: Points, residualsOf: ResidualsOf, t: number): number {
  const { K, labels, shares, mass } = points;
  const sum = new Sum();
  let doubt = 0;
  const target = new Float64Array(K);
  for (let first = 0; first < mass.length; first += step) {
    const count = Math.min(step, mass.length - first);
    const weighted = residualsOf(first, count);
    for (let i = 0; i < count; i++) {
      const omega = mass[first + i];
      const own = labels[first + i];
      eachShare(shares, first + i, (k, share) => {
        target[k] = share;
      });
      let lost = 0;
      let turnover = 0;
      let entropy = 0;
      let error = 0;
      for (let k = 0; k < K; k++) {
        if (k === own) continue;
        const moved = t * (weighted[i * K + k] / omega);
        const p = Math.max(0, target[k] + moved);
        const size = target[k] + Math.abs(moved);
        lost += p;
        turnover += size;
        if (!(size > 0)) continue;
        const h = p > 0 ? -p * Math.log(p) : 0;
        entropy += h;
        error += 5 * EPSILON * size * (1 + Math.abs(Math.log(Math.max(p, EPSILON * size)))) + 2 * EPSILON * h;
      }
      eachShare(shares, first + i, (k) => {
        target[k] = 0;
      });
      const kept = Math.max(0, 1 - lost);
      const h = lost < 1 ? -kept * Math.log1p(-lost) : 0;
      const lostDoubt = (K + 4) * EPSILON * turnover;
      if (lostDoubt > 0) error += 5 * lostDoubt * (1 + Math.abs(Math.log(Math.max(kept, lostDoubt)))) + 2 * EPSILON * h;
      sum.add(omega * (entropy + h));
      doubt += omega * (error + (K + 4) * EPSILON * (entropy + h));
    }
  }
  return sum.value - doubt * (1 + mass.length * EPSILON);
}
