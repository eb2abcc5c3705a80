import { checkKeys } from "../known-keys.ts";
import {
  type Cluster,
  clustersOf,
  type LayerPeeledProblem,
  type NormBounds,
  penalized,
  usualTolerance,
} from "../problem/index.ts";
import { certifyConstrained, nuclearNorm } from "../solver/index.ts";
import { completeCollapse } from "../theory/index.ts";
import { answer, type Found } from "./answer.ts";
import { crossing } from "./crossing.ts";
import { type PredictionSummary, summaryOfAnswer } from "./predict.ts";

/** A prediction of the Layer-Peeled Model, by blocks. */
export interface LayerPeeledSummary extends Omit<PredictionSummary, "problem"> {
  /** Counts and bounds; penalties there are none, and no bias. */
  problem: Omit<PredictionSummary["problem"], "lambdaZ" | "lambdaW" | "lambdaH"> & {
    lambdaZ: null;
    lambdaW: null;
    lambdaH: null;
    layerPeeled: NormBounds;
  };
  /** mu of the constraint |Z|_* <= K sqrt(E_W E_H): classes of equal count merge iff n/N <= mu. */
  multiplier: number;
}

/**
 * The Layer-Peeled Model (problem/layer-peeled.ts) by its multiplier: |Z(mu)|_* of the penalized problem falls from infinity to 0 as mu grows, and where it is tau Z(mu) is the
 * answer. `objective` is the loss and `dual` its lower bound (solver/layer-peeled-certificate.ts), both of the problem with bounds. `singularValues` are those of Z; `criticalCount` is N mu. Never throws
 * for lack of accuracy: read `certified`.
 */
export function predictLayerPeeled(problem: LayerPeeledProblem, options: { tolerance?: number } = {}): LayerPeeledSummary {
  checkKeys(options, { tolerance: true }, "options");
  const { tolerance = usualTolerance } = options;
  const began = globalThis.performance.now();
  const { counts, K, N, EW, EH, tau } = problem;
  const shares = counts.map((n) => n / N);
  const { mu, found, iterations } = multiplierOf(shares, problem, { tau, tolerance });
  const at = penalized(shares, problem, mu);
  const proof = certifyConstrained(at, found.blocks, tau, tolerance);
  const seconds = (globalThis.performance.now() - began) / 1000;
  const summary = summaryOfAnswer(at, { ...found, proof, iterations }, { tolerance, seconds });
  return {
    ...summary,
    problem: {
      ...summary.problem,
      counts: [...counts],
      K,
      N,
      weights: null,
      lambdaZ: null,
      lambdaW: null,
      lambdaH: null,
      layerPeeled: { EW, EH },
    },
    clusters: summary.clusters.map((cluster) => ({ ...cluster, count: counts[cluster.classes[0]] })),
    criticalCount: N * mu,
    multiplier: mu,
  };
}

/**
 * How good solves on the way to the multiplier are, and the last: a thousand times better than what is asked for, as the loss is a part of the penalized value, up to what rounding leaves. Never so loose that
 * nearly equal counts would be taken together (answer.ts).
 */
const innerTolerance = (tolerance: number): number => Math.min(1e-7, Math.max(1e-13, 1e-3 * tolerance));

/** One solve at a time along log mu, each from the answer of the one before. */
export function normAlong(
  shares: readonly number[],
  bounds: NormBounds,
  asked: number = usualTolerance,
): (logMu: number) => { norm: number; found: Found } {
  const tolerance = innerTolerance(asked);
  let near: Found | undefined;
  return (logMu) => {
    const problem = penalized(shares, bounds, Math.exp(logMu));
    const clusters: readonly Cluster[] = clustersOf(problem);
    near = answer(problem, clusters, { tolerance, near });
    return { norm: nuclearNorm(near.clusters, near.blocks).norm, found: near };
  };
}

/** The mu at which |Z(mu)|_* = tau. */
function multiplierOf(
  shares: readonly number[],
  bounds: NormBounds,
  { tau, tolerance }: { tau: number; tolerance: number },
): { mu: number; found: Found; iterations: number } {
  const K = shares.length;
  let iterations = 0;
  let last: Found | undefined;
  const along = normAlong(shares, bounds, tolerance);
  const excess = (x: number): number => {
    const { norm, found } = along(x);
    iterations += found.iterations;
    last = found;
    return norm / tau - 1;
  };
  const top = Math.log(completeCollapse(penalized(shares, bounds, 1)).free);
  // That of equal shares: e^(-Ka)/(1 + (K - 1) e^(-Ka)) with (K - 1) K a = tau.
  const balanced = -Math.log(Math.exp(tau / (K - 1)) + K - 1);
  let [low, high] = [Math.min(balanced, top - 1e-3), top];
  let fLow = excess(low);
  let fHigh = -1;
  while (fLow < 0) {
    [high, fHigh] = [low, fLow];
    low -= 1;
    fLow = excess(low);
  }
  const x = fLow === 0 ? low : crossing(excess, low, fLow, high, fHigh, Math.max(1e-15, 1e-4 * innerTolerance(tolerance)));
  return { mu: Math.exp(x), found: last as Found, iterations };
}
