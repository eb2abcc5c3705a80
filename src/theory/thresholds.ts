import { decreasingRoot } from "../math/index.ts";
import type { Cluster, Problem } from "../problem/index.ts";
import { xi } from "./phase.ts";
import type { TwoClusters } from "./two-clusters.ts";

/**
 * Thresholds in closed form (theory, sections 3, 5 and 6; paper section 4.3 with its decimals corrected: sqrt(500)/3000 is 0.00745, not
 * 0.075).
 *
 * A cluster of two or more classes merges into one vector once s = N lambda_Z reaches w Delta (1 - eps) sqrt(n). For two clusters that rule,
 * read in lambda_Z, in the ratio or in n_A, gives the minority collapse (cluster B) and the complete collapse (cluster A); the boundary
 * of the phases (b) and (c) is where xi = 0.
 */

/** lambda_Z at which a cluster of k_j >= 2 merges: w_j Delta_j (1 - eps) sqrt(n_j)/N. Null for a class that is alone: it has no such rule. */
export function mergeThreshold(problem: Pick<Problem, "N" | "smoothing">, cluster: Cluster): number | null {
  if (cluster.size < 2) return null;
  return (cluster.weight * cluster.factor * (1 - problem.smoothing) * Math.sqrt(cluster.count)) / problem.N;
}

/**
 * The ratio r = n_A/n_B at and above which cluster B (k_B >= 2) is merged: r = (1/(lambda_Z sqrt(n_B)) - k_B)/k_A. Null where that is
 * below 1: B is merged at every ratio.
 */
export function ratioThreshold({ kA, kB, nB, lambdaZ }: Pick<TwoClusters, "kA" | "kB" | "nB" | "lambdaZ">): number | null {
  const r = (1 / (lambdaZ * Math.sqrt(nB)) - kB) / kA;
  return r >= 1 ? r : null;
}

/** The two thresholds in n_A for given k_A, k_B, n_B and lambda_Z; null where there is none. */
export interface MajorityThresholds {
  /** n_A at which B merges, r n_B with the ratio above. Null: B is merged for every n_A >= n_B. */
  minority: number | null;
  /**
   * n_A at and above which all is 0: the larger root of lambda_Z (k_A n_A + k_B n_B) = sqrt(n_A). Null: sqrt(n_A) never reaches the left
   * side (1 < 4 lambda_Z^2 k_A k_B n_B), or both roots are below n_B; then all is 0 for every n_A >= n_B.
   */
  complete: number | null;
}

/** The thresholds in n_A: of the minority collapse, r n_B (Corollary 3.3), and of complete collapse (Theorem 3.2(d)). */
export function majorityThresholds(p: Pick<TwoClusters, "kA" | "kB" | "nB" | "lambdaZ">): MajorityThresholds {
  const { kA, kB, nB, lambdaZ } = p;
  const r = ratioThreshold(p);
  // With u = sqrt(n_A): lambda_Z k_A u^2 - u + lambda_Z k_B n_B = 0.
  const discriminant = 1 - 4 * lambdaZ * lambdaZ * kA * kB * nB;
  const u = discriminant >= 0 ? (1 + Math.sqrt(discriminant)) / (2 * lambdaZ * kA) : 0;
  return { minority: r === null ? null : r * nB, complete: u * u >= nB ? u * u : null };
}

/**
 * Every lambda_Z in (sqrt(n_B)/N, sqrt(n_A)/N) at which xi changes sign, ascending: from (b) to (c) the core of Z is lost. Bias-free there
 * is exactly one; with a bias all that a scan of `samples` points in log lambda_Z separates.
 */
export function coreBoundaries(p: Omit<TwoClusters, "lambdaZ">, samples = 256): number[] {
  const N = p.kA * p.nA + p.kB * p.nB;
  const low = Math.log(Math.sqrt(p.nB) / N);
  const high = Math.log(Math.sqrt(p.nA) / N);
  const at = (x: number): number => xi({ ...p, lambdaZ: Math.exp(x) });
  const found: number[] = [];
  // The edges themselves belong to (a) and (d).
  const steps = p.lambdaB === Number.POSITIVE_INFINITY ? 1 : samples;
  const inset = 1e-12 * (high - low);
  let x = low + inset;
  let value = at(x);
  for (let i = 1; i <= steps; i++) {
    const next = i === steps ? high - inset : low + ((high - low) * i) / steps;
    const nextValue = at(next);
    if (value < 0 !== nextValue < 0) {
      const sign = value < 0 ? -1 : 1;
      found.push(Math.exp(decreasingRoot((u) => sign * at(u), x, next)));
    }
    x = next;
    value = nextValue;
  }
  return found;
}
