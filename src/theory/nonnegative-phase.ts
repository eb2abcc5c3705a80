import { decreasingRoot } from "../math/index.ts";
import { type TwoClusters, widest } from "./two-clusters.ts";

/**
 * Which structure two clusters take when features are nonnegative (theory, section 7), without solving for it:
 *
 *   (a) every class has its own prediction   (c) the minority's predictions are 0   (d) Z = 0        (there is no (b): nothing merges)
 *
 * Everything hangs on the bias m k_B on A, -m k_A on B, through mu = K m >= 0. A class of cluster j with z = 0 should be 0 iff
 * sqrt(n_j) |e_j - softmax(b)| <= s; that force falls with mu for A and grows with mu for B.
 *
 *   (d) iff the force on A is at most s at the mu of Z = 0, the root of (n_A - n_B w)/(k_B + k_A w) = N lambda_b log(w)/K, w = e^mu;
 *   (c) iff, B being held at 0, the mu that A alone asks for leaves the force on B at or below s. A's objective is convex in mu: that mu lies
 *       below the critical one, where the force on B is s, iff the slope of the objective there is positive.
 *
 * Without a bias mu = 0 and both are n_j <= s^2 K/(K-1).
 */
export type NonnegativePhase = "a" | "c" | "d";

/** n_A >= n_B > 0 (they need not be whole), k_A, k_B >= 2. */
export function nonnegativePhase(p: TwoClusters): NonnegativePhase {
  const { kA, kB, nA, nB, lambdaB } = p;
  const s = (kA * nA + kB * nB) * p.lambdaZ;
  const biasFree = lambdaB === Number.POSITIVE_INFINITY;
  if (Math.sqrt(nA) * forceA(p, biasFree ? 0 : collapsedMu(p)) <= s) return "d";
  // Force on B at mu = 0, the least it can be.
  if (Math.sqrt(nB) * forceB(p, 0) > s) return "a";
  if (biasFree) return "c";
  const top = Math.log(nA / nB);
  if (Math.sqrt(nB) * forceB(p, top) <= s) return "c";
  const critical = decreasingRoot((mu) => s - Math.sqrt(nB) * forceB(p, mu), 0, top);
  return slope(p, s, critical) >= 0 ? "c" : "a";
}

/** Thresholds of two clusters with nonnegative features. */
export interface NonnegativeThresholds {
  /** lambda_Z from which on the minority's predictions are 0. */
  minority: number;
  /** lambda_Z from which on all are; at least `minority`. */
  complete: number;
}

/**
 * The lambda_Z from which on the minority's predictions are 0, and from which on all are, for n_A > n_B. The second is a force at the mu of Z = 0, which does not depend on lambda_Z. At the first the force
 * on B is s, so that s follows from mu, and mu is where the slope of A's objective is 0: it is negative at mu = 0, where it is (n_B - sqrt(n_A n_B))/K.
 */
export function nonnegativeThresholds(p: Omit<TwoClusters, "lambdaZ">): NonnegativeThresholds {
  const { kA, kB, nA, nB, lambdaB } = p;
  const N = kA * nA + kB * nB;
  const biasFree = lambdaB === Number.POSITIVE_INFINITY;
  const held = { ...p, lambdaZ: Number.NaN };
  const complete = (Math.sqrt(nA) * forceA(held, biasFree ? 0 : collapsedMu(held))) / N;
  const critical = (mu: number): number => Math.sqrt(nB) * forceB(held, mu);
  const mu = biasFree ? 0 : decreasingRoot((x) => -slope(held, critical(x), x), 0, Math.log(nA / nB));
  return { minority: Math.min(critical(mu) / N, complete), complete };
}

/** |e_k - softmax(b)| of a class of A whose z is 0. */
function forceA({ kA, kB }: TwoClusters, mu: number): number {
  const w = Math.exp(-mu);
  const others = kA - 1 + kB * w;
  return Math.sqrt(others * others + kA - 1 + kB * w * w) / (kA + kB * w);
}

/** The same for B. */
function forceB({ kA, kB }: TwoClusters, mu: number): number {
  const w = Math.exp(-mu);
  const others = kA + (kB - 1) * w;
  return Math.sqrt(others * others + kA + (kB - 1) * w * w) / (kA + kB * w);
}

/** mu at Z = 0. */
function collapsedMu({ kA, kB, nA, nB, lambdaB }: TwoClusters): number {
  const N = kA * nA + kB * nB;
  const top = Math.log(nA / nB);
  const balance = (mu: number): number =>
    (-nA * Math.expm1(mu - top)) / (kB + kA * Math.exp(mu)) - (N * lambdaB * mu) / (kA + kB);
  return decreasingRoot(balance, 0, top);
}

/**
 * Derivative of the objective in mu with z_B = 0 and z_A at its best for this mu, over k_A k_B/(K N): N lambda_b mu/K + n_B b_P - n_A c_P,
 * c_P the probability that an A sample gives to a class of B, b_P what a B sample gives to a class of A.
 */
function slope(p: TwoClusters, s: number, mu: number): number {
  const { kA, kB, nA, nB, lambdaB } = p;
  const toMajority = 1 / (kA + kB * Math.exp(-mu));
  const majority = Math.sqrt(nA) * forceA(p, mu) <= s ? 1 / (kA * Math.exp(mu) + kB) : leaked(p, s / Math.sqrt(nA), mu);
  return ((kA * nA + kB * nB) * lambdaB * mu) / (kA + kB) + nB * toMajority - nA * majority;
}

/**
 * Probability c_P of a class of B at an A sample, with |e - p| = rho and z = tau (e - p):  p = (1 - (k_A-1) q - k_B u; q; u) with
 *
 *   log((1 - x)/q) = tau (x + q),   log(q/u) = mu - tau (q - u),   x = (k_A - 1) q + k_B u,   x^2 + (k_A - 1) q^2 + k_B u^2 = rho^2.
 *
 * y = log(q/u) in [0, mu] fixes q and u by the last equation, the first gives tau, and the second is monotone in y.
 */
function leaked({ kA, kB }: TwoClusters, rho: number, mu: number): number {
  const at = (y: number): { u: number; excess: number } => {
    const e = Math.exp(y);
    const ratio = (kA - 1) * e + kB;
    const u = rho / Math.sqrt(ratio * ratio + (kA - 1) * e * e + kB);
    const q = e * u;
    const x = ratio * u;
    const tau = Math.max(0, (x < 1 ? Math.log1p(-x) : -widest) - Math.log(q)) / (x + q);
    return { u, excess: mu - tau * u * Math.expm1(y) - y };
  };
  return at(decreasingRoot((y) => at(y).excess, 0, mu)).u;
}
