import { decreasingRoot } from "../math/index.ts";
import { type Branch, branch, freeBias, type TwoClusterSolution, type TwoClusters, widest } from "./two-clusters.ts";

/**
 * Which of the four structures two clusters take, without solving for it (theory, section 5; paper Theorem 3.2 and Figure 2):
 *
 *   (a) s < sqrt(n_B)   (d) s >= sqrt(n_A)   between them (b) where xi < 0 and (c) where xi >= 0,   s = N lambda_Z:
 *
 * at equality always the side of less structure, as a cluster merges iff n <= s^2 (section 3).
 *
 *   xi = k_B e^(-K m(t*)) - (S(t*)/(t* s) - k_A),   t* the zero of f_2.
 *
 * Only the sign of xi is needed. In logarithms it is that of log x_1 - K m = -f_1/k_B at t*; f_2 grows and f_1 falls with t, so one t at
 * which both have one sign decides: f_2 >= 0 < f_1 puts t* on the side of (b), f_2 < 0 >= f_1 on that of (c). Bias-free f_1 = 0 is solved by
 * t_0^2 = k_B n_A / (K s^2 - k_A n_B), and the sign of f_2(t_0) is the answer. Without a penalty on the bias t = r, and f_2 = 0 gives K m.
 */
export type Phase = TwoClusterSolution["phase"];

/** The phase of `twoClusters(p)`, in about a microsecond. n_A >= n_B > 0 (they need not be whole), k_A, k_B >= 2. */
export function phase(p: TwoClusters): Phase {
  const s = (p.kA * p.nA + p.kB * p.nB) * p.lambdaZ;
  if (s >= Math.sqrt(p.nA)) return "d";
  if (s < Math.sqrt(p.nB)) return "a";
  return minorityShows(p, s) ? "b" : "c";
}

/**
 * The sign-carrying form of xi: log x_1(t*) - K m(t*), negative in (b), positive in (c), for sqrt(n_B) <= s < sqrt(n_A).
 * -Infinity where f_2 is positive throughout, Infinity where S/(t* s) <= k_A.
 */
export function xi(p: TwoClusters): number {
  const s = (p.kA * p.nA + p.kB * p.nB) * p.lambdaZ;
  if (p.lambdaB === 0) {
    const { g1, g2 } = freeBias(p, s);
    return -(g1 / p.kB + g2 / p.kA);
  }
  const f = branch(p, s);
  if (f.f2(-widest) >= 0) return Number.NEGATIVE_INFINITY;
  return -f.f1(decreasingRoot((y) => -f.f2(y), -widest, widest)) / p.kB;
}

/** y at which f_1 = 0 when there is no bias; a bias moves that zero up. Infinity: t_0 >= r, out of reach. */
function biasFreeZero({ kA, nA, kB, nB }: TwoClusters, s: number): number {
  const t = Math.sqrt((kB * nA) / ((kA + kB) * s * s - kA * nB));
  const r = nA / nB;
  return t < r ? Math.log(t / (r - t)) : Number.POSITIVE_INFINITY;
}

/** xi < 0. */
function minorityShows(p: TwoClusters, s: number): boolean {
  if (p.lambdaB === 0) return xi(p) < 0;
  const zero = biasFreeZero(p, s);
  if (zero >= widest) return true;
  const f = branch(p, s);
  // Here f_1 is K k_B m, which is >= 0.
  if (f.f2(zero) >= 0) return true;
  if (p.lambdaB === Number.POSITIVE_INFINITY) return false;
  return bisect(f, zero);
}

/** Both zeros are above `low`: narrows [low, high] until one point tells their order. */
function bisect({ f1, f2 }: Branch, low: number): boolean {
  let a = low;
  let b = widest;
  let step = 0.5;
  while (a < b) {
    // Strides that double until a point lies beyond a zero, halves from then on.
    const y = b < widest ? a + 0.5 * (b - a) : Math.min(a + step, widest);
    step *= 2;
    if (y <= a || y >= b) break;
    const beyond = f2(y) >= 0;
    if (f1(y) > 0) {
      if (beyond) return true;
      a = y;
    } else {
      if (!beyond) return false;
      b = y;
    }
  }
  return f1(a) > 0;
}
