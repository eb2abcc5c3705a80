import { decreasingRoot } from "../math/index.ts";

/**
 * Two clusters, A with k_A classes of n_A samples and B with k_B classes of n_B, n_A > n_B, k_A, k_B >= 2, in closed form up to the root of
 * one function (theory, section 5; paper Theorem 3.2 and Proposition 5.5, corrected):
 *
 *   Z = [ a (k_A I - J) + c k_B I          -b J             ]      bias  m k_B on A, -m k_A on B
 *       [          -c J           d (k_B I - J) + b k_A I   ]
 *
 * The unknown is t = b/c. f_1 falls and f_2 grows with t, and t = f_1/f_2 where both are positive. t lies in (0, r), r = n_A/n_B, and
 * is sought as t = r / (1 + e^-y): then t and r - t (which carries the bias) both keep full relative precision.
 *
 * Without a penalty on the bias (lambda_b = 0) its equation is n_A - n_B t = 0: t = r, m is the unknown instead, and r = f_1/f_2 is linear in it.
 */
export interface TwoClusters {
  /** Classes of A, at least 2. */
  kA: number;
  /** Samples of each, n_A >= n_B (need not be whole). */
  nA: number;
  /** Classes of B, at least 2. */
  kB: number;
  /** Samples of each, positive. */
  nB: number;
  /** lambda_Z, in the paper's convention. */
  lambdaZ: number;
  /** Infinity: bias-free; 0: a bias without penalty. */
  lambdaB: number;
}

/** The numbers of the block form (paper's eq. (3.5)). */
export interface TwoClusterSolution {
  /** (a) no two classes share one vector; (b) the minority is one vector; (c) the minority's predictions are 0; (d) everything is 0. */
  phase: "a" | "b" | "c" | "d";
  /** Off-diagonal entries of the block A A are -a. */
  a: number;
  /** Entries of the block with rows A, columns B are -b. */
  b: number;
  /** Entries of the block with rows B, columns A are -c. */
  c: number;
  /** Off-diagonal entries of the block B B are -d. It can be negative. */
  d: number;
  /** Bias m k_B on A, -m k_A on B. */
  m: number;
}

/** Solves two clusters (theory, section 5): accurate to rounding at any imbalance. Does not check its input: `problem` does. */
export function twoClusters(p: TwoClusters): TwoClusterSolution {
  const { kA, nA, kB, nB, lambdaZ } = p;
  const s = (kA * nA + kB * nB) * lambdaZ;
  if (s >= Math.sqrt(nA)) return { phase: "d", a: 0, b: 0, c: 0, d: 0, m: collapsedBias(p) };
  if (p.lambdaB === 0) return withFreeBias(p, s);
  const K = kA + kB;
  const f = branch(p, s);
  // f_2 grows with y: its zero, or the far left where it is positive throughout.
  const start = decreasingRoot((y) => -f.f2(y), -widest, widest);
  if (!(f.f1(start) > 0)) return { phase: "c", b: 0, c: 0, d: 0, ...majorityOnly(p, s) };
  const end = decreasingRoot(f.f1, start, widest);
  const y = decreasingRoot((y) => f.f1(y) - f.t(y) * f.f2(y), start, end);
  const m = f.m(y);
  const c = f.f2(y) / K;
  const b = f.f1(y) / K;
  const a = c + m * K + Math.log(f.x2(y));
  return f.merged ? { phase: "b", a, b, c, d: (-kA * b) / kB, m } : { phase: "a", a, b, c, d: b - m * K + Math.log(f.x1(y)), m };
}

/**
 * lambda_b = 0: t = r, so f_1 = g_1 + K k_B m and f_2 = g_2 - K k_A m with constants g_1, g_2, and f_1 = r f_2 gives
 *
 *   K (k_B + k_A r) c = k_B g_2 + k_A g_1,   b = r c,   K (k_B + k_A r) m = r g_2 - g_1;   phase (c) where c would not be positive.
 */
function withFreeBias(p: TwoClusters, s: number): TwoClusterSolution {
  const { kA, nA, kB, nB } = p;
  const K = kA + kB;
  const { merged, g1, g2, x1, x2 } = freeBias(p, s);
  const r = nA / nB;
  const scale = K * (kB + kA * r);
  const c = (kB * g2 + kA * g1) / scale;
  if (!(c > 0)) return { phase: "c", b: 0, c: 0, d: 0, ...majorityOnly(p, s) };
  const b = r * c;
  const m = (r * g2 - g1) / scale;
  const a = c + m * K + Math.log(x2);
  return merged ? { phase: "b", a, b, c, d: (-kA * b) / kB, m } : { phase: "a", a, b, c, d: b - m * K + Math.log(x1), m };
}

/** The functions of section 5 at t = r with m left out. */
export function freeBias(p: TwoClusters, s: number): { merged: boolean; g1: number; g2: number; x1: number; x2: number } {
  // At y = widest t is r to the last bit, and without a bias m is 0.
  const { merged, f1, f2, x1, x2 } = branch({ ...p, lambdaB: Number.POSITIVE_INFINITY }, s);
  return { merged, g1: f1(widest), g2: f2(widest), x1: x1(widest), x2: x2(widest) };
}

/** Range of y = log(t / (r - t)): e^-700 is as good as 0. */
export const widest = 700;

/** The functions of section 5, of y = log(t / (r - t)). */
export interface Branch {
  /** s >= sqrt(n_B): f1 is that of phase (b), -k_B (log x1 - K m). */
  merged: boolean;
  t(y: number): number;
  m(y: number): number;
  x1(y: number): number;
  x2(y: number): number;
  f1(y: number): number;
  f2(y: number): number;
}

/** The functions of section 5 in the variable y; `merged` tells which f_1 holds (s > sqrt(n_B)). */
export function branch(p: TwoClusters, s: number): Branch {
  const { kA, nA, kB, nB, lambdaZ, lambdaB } = p;
  const K = kA + kB;
  const r = nA / nB;
  const rootA = Math.sqrt(nA);
  const rootB = Math.sqrt(nB);
  const merged = s >= rootB;
  const t = (y: number): number => r / (1 + Math.exp(-y));
  const S = (y: number): number => Math.sqrt(K * (kB * nA + kA * nB * t(y) ** 2));
  // (lambda_Z/lambda_b) (n_A - n_B t) / S(t), with n_A - n_B t = n_A / (1 + e^y).
  const m = (y: number): number =>
    lambdaB === Number.POSITIVE_INFINITY ? 0 : ((lambdaZ / lambdaB) * (nA / (1 + Math.exp(y)))) / S(y);
  // x = k / (S/... - k), multiplied out: no difference of near numbers.
  const x2 = (y: number): number => (S(y) / rootA + kB) / (kB + (K * t(y) ** 2) / r);
  const x1 = (y: number): number => {
    const q = t(y);
    if (!merged) return (S(y) / (q * rootB) + kA) / (kA + (K * r) / (q * q));
    const ratio = S(y) / (q * s);
    // (S/(t s))^2 - k_A^2 over k_B.
    const below = ((K * kB * nA) / (q * q) + kA * (K * nB - kA * s * s)) / (s * s) / kB;
    return below > 0 ? (ratio + kA) / below : Number.POSITIVE_INFINITY;
  };
  const g = (x: number, k: number, other: number, root: number): number =>
    Math.log1p(((root - s) / s) * (k + other * x)) - k * Math.log(x);
  const f2 = (y: number): number => g(x2(y), kA, kB, rootA) - K * kA * m(y);
  const f1 = (y: number): number => (merged ? -kB * (Math.log(x1(y)) - K * m(y)) : g(x1(y), kB, kA, rootB) + K * kB * m(y));
  return { merged, t, m, x1, x2, f1, f2 };
}

/** Phase (c): only a and m are left. The inner equation fixes log x for given m, the outer one m. */
function majorityOnly(p: TwoClusters, s: number): { a: number; m: number } {
  const { kA, nA, kB, nB, lambdaB } = p;
  const K = kA + kB;
  const N = kA * nA + kB * nB;
  const rho = s / Math.sqrt(nA);
  const excess = (Math.sqrt(nA) - s) / s;
  const highest = Math.log1p(excess * K) + K;
  /** log x for given mu = m K: k_A (log x + mu) = log(excess (k_A + k_B x) + 1). */
  const logX = (mu: number): number =>
    decreasingRoot((l) => Math.log1p(excess * (kA + kB * Math.exp(l))) - kA * (l + mu), -mu - 1, highest);
  if (lambdaB === Number.POSITIVE_INFINITY) return { a: logX(0), m: 0 };
  const balance = (mu: number): number => {
    const majority = (nA * rho) / (kA * Math.exp(-logX(mu)) + kB);
    const minority = nB / (kA + kB * Math.exp(-mu));
    return majority - minority - (N * lambdaB * mu) / K;
  };
  const mu = decreasingRoot(balance, 0, Math.log(nA / nB));
  return { a: logX(mu) + mu, m: mu / K };
}

/** Phase (d): (n_A - n_B w)/(k_B + k_A w) = N lambda_b log(w)/K for w = e^(m K) in [1, n_A/n_B]. */
function collapsedBias({ kA, nA, kB, nB, lambdaB }: TwoClusters): number {
  if (lambdaB === Number.POSITIVE_INFINITY) return 0;
  const K = kA + kB;
  const N = kA * nA + kB * nB;
  const top = Math.log(nA / nB);
  const mu = decreasingRoot((x) => (-nA * Math.expm1(x - top)) / (kB + kA * Math.exp(x)) - (N * lambdaB * x) / K, 0, top);
  return mu / K;
}
