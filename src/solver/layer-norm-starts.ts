import type { LayerNormProblem } from "../problem/index.ts";
import { searching } from "./constants.ts";
import { mostChannels } from "./layer-norm-model.ts";

/**
 * Mean predictions (K x K, rows: logits) from which a search descends beside its random starts, because those miss what is there (theory, section 9.4):
 *
 *   groups of classes    near complete collapse the best minimum has few directions, on which classes stand in groups; random starts fall into the collapse beside it
 *   pairs                where there is room for no direction more than pairs need, descents seldom keep all of them
 *
 * Descent keeps the directions that it begins with, so the length of what it begins with does not matter much.
 */
export function builtPredictions(problem: LayerNormProblem): Float64Array[] {
  const { K } = problem;
  const room = mostChannels(problem);
  const order = byMass(problem);
  const starts: Float64Array[] = [];
  for (const m of [2, 3, 4]) if (m < K && m - 1 <= room) starts.push(fromCosines(K, simplexOf(groups(order, problem, m), m)));
  if (K > 4 && room >= 2) starts.push(fromCosines(K, pairsOf(groups(order, problem, 4))));
  if (K > 3 && room >= Math.ceil(K / 2)) starts.push(fromCosines(K, pairsOf(places(order))));
  return starts;
}

function fromCosines(K: number, cosine: (i: number, k: number) => number): Float64Array {
  return Float64Array.from({ length: K * K }, (_, e) => searching.ownLogit * cosine(Math.floor(e / K), e % K));
}

const simplexOf =
  (group: Int32Array, m: number) =>
  (i: number, k: number): number =>
    group[i] === group[k] ? 1 : -1 / (m - 1);

/** Places 0 and 1 are opposite, 2 and 3, and so on. */
const pairsOf =
  (place: Int32Array) =>
  (i: number, k: number): number =>
    place[i] === place[k] ? 1 : place[i] >> 1 === place[k] >> 1 ? -1 : 0;

const massOf = ({ counts, weights }: LayerNormProblem, k: number): number => counts[k] * (weights?.[k] ?? 1);

/** Classes by the weight that they have in the loss, descending: neighbours pair. */
const byMass = (problem: LayerNormProblem): number[] =>
  Array.from({ length: problem.K }, (_, k) => k).sort((k, l) => massOf(problem, l) - massOf(problem, k));

/** The place of each class in that order. */
function places(order: readonly number[]): Int32Array {
  const place = new Int32Array(order.length);
  order.forEach((k, at) => {
    place[k] = at;
  });
  return place;
}

/** Each class, the heaviest first, into the group that is lightest so far: m groups as alike as they come. */
function groups(order: readonly number[], problem: LayerNormProblem, m: number): Int32Array {
  const group = new Int32Array(order.length);
  const sums = new Float64Array(m);
  for (const k of order) {
    const to = sums.indexOf(sums.reduce((a, b) => Math.min(a, b)));
    group[k] = to;
    sums[to] += massOf(problem, k);
  }
  return group;
}
