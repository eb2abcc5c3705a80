/**
 * Where a network that ends in layer normalization goes: the best of many descents on its model (layer-norm-model.ts). The model is not convex and has many local minima (who is
 * paired with whom, how many directions there are), so what is found is an upper bound of the minimum, and how many starts found it is all that is known of how good it is.
 *
 * A direction that nobody uses stays unused: with |a| in the head and an angle theta in u it costs Lambda |a| + O(theta^2) and gains O(|a| theta). So every rank has local minima
 * of its own, and descents with r channels find those of rank r or less: starts have few channels and many. Who is paired with whom matters where classes differ (in count, weight, offset or
 * factor): the best of all starts is improved by exchanging two of them, as long as that leads lower (exchanges.ts). Complete collapse is looked at besides, so that no answer is worse.
 *
 * @module
 */
import type { LayerNormProblem } from "../problem/index.ts";
import { searching } from "./constants.ts";
import { improvedByExchanges } from "./exchanges.ts";
import {
  descendFromExchange,
  descendFromNothing,
  descendFromPredictions,
  descendFromRandom,
  type LayerNormDescent,
  type LayerNormNetwork,
  networkOf,
  polished,
} from "./layer-norm-descent.ts";
import { mostChannels } from "./layer-norm-model.ts";
import { builtPredictions } from "./layer-norm-starts.ts";

/** The end of the descent that was kept. */
export interface LayerNormSolution extends LayerNormNetwork, Pick<LayerNormDescent, "objective" | "gradient" | "evaluations"> {}

/** What a search found, and how. */
export interface LayerNormSearch {
  /** The best of all. */
  best: LayerNormSolution;
  /** Objective of every random start, ascending. */
  objectives: number[];
  /** How many random starts ended within `foundWithin` of the best; 0 where only a built start or an exchange led there. */
  found: number;
  /** Descents from built starts (layer-norm-starts.ts). */
  built: number;
  /** Descents from exchanges that were tried. */
  exchanges: number;
  /** Whether no exchange of two classes leads lower; false where the most that are tried came first. */
  exhausted: boolean;
}

/** How long to search. */
export interface LayerNormSearchOptions {
  /** Descents, each from a random start of its own; default `usualStarts`. */
  starts?: number;
  /** Told after each descent: how many of them are done, of how many that there can be. */
  progress?: (done: number, of: number) => void;
}

/** Descents from random starts, where nothing else is said. */
export const usualStarts: number = searching.starts;
/** Two objectives this near, relative to the smaller, are one. */
export const foundWithin: number = searching.found;

/** The best of `starts` descents, improved by exchanges. The same problem and number give the same answer. */
export function searchLayerNorm(problem: LayerNormProblem, options: LayerNormSearchOptions = {}): LayerNormSearch {
  const { starts = usualStarts, progress } = options;
  let best: LayerNormDescent | null = null;
  const objectives: number[] = [];
  for (let start = 0; start < starts; start++) {
    const found = descendFromRandom(problem, startingChannels(problem, start), start);
    objectives.push(found.objective);
    if (best === null || found.objective < best.objective) best = found;
    progress?.(start + 1, starts);
  }
  if (best === null) throw new RangeError(`searchLayerNorm: expected at least 1 start, got ${starts}`);
  const built = builtPredictions(problem);
  for (const Z of built) {
    const found = descendFromPredictions(problem, Z);
    if (found.objective < best.objective) best = found;
  }
  const nothing = descendFromNothing(problem);
  if (nothing.objective <= best.objective) best = nothing;
  const improved = improvedByExchanges(problem, best, (from, k, l) => descendFromExchange(problem, from, k, l), progress);
  const limit = improved.best.objective * (1 + foundWithin);
  return {
    best: solutionOf(problem, improved.best),
    objectives: objectives.sort((x, y) => x - y),
    found: objectives.filter((x) => x <= limit).length,
    built: built.length,
    exchanges: improved.tried,
    exhausted: improved.exhausted,
  };
}

/**
 * Descends from given mean predictions (K x K, rows: logits), such as a trained network's: to the local minimum that it stands at, whose objective beside the best one says what
 * that minimum costs.
 */
export function settleLayerNorm(problem: LayerNormProblem, Z: Float64Array): LayerNormSolution {
  return solutionOf(problem, descendFromPredictions(problem, Z));
}

function solutionOf(problem: LayerNormProblem, found: LayerNormDescent): LayerNormSolution {
  const end = polished(problem, found);
  const { objective, gradient } = end;
  return { objective, gradient, evaluations: found.evaluations + end.evaluations, ...networkOf(problem, end) };
}

/**
 * Channels of a start. The first start has all of them, as a network has; the others have from log2 K (fewer cannot keep K classes apart at a small decay) to one more than K/2
 * antipodal pairs need (K - 1, a simplex, for fewer than 6 classes), evenly spread in their logarithm and ever more finely.
 */
export function startingChannels(problem: LayerNormProblem, start: number): number {
  const all = mostChannels(problem);
  const { K } = problem;
  if (start === 0 || (K <= searching.fewClasses && start % 2 === 0)) return all;
  const most = Math.min(all, K < 6 ? K - 1 : Math.ceil(K / 2) + 1);
  const least = Math.min(most, Math.max(1, Math.floor(Math.log2(K))));
  let share = 0;
  // van der Corput's sequence from its second term on: 1/2, 1/4, 3/4, ...
  for (let n = K <= searching.fewClasses ? (start + 1) / 2 : start, half = 0.5; n > 0; n = Math.floor(n / 2), half /= 2)
    share += (n % 2) * half;
  return Math.round(most * (least / most) ** share);
}
