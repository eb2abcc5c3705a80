import { minimize } from "../math/index.ts";
import type { Points, PointsAnswer } from "./points.ts";
import { balancedFactors } from "./points-balance.ts";
import { pointsModel } from "./points-model.ts";
import { widened } from "./points-start.ts";

/**
 * A first approach where ranks are large. At M = 0 far more directions descend than the optimum has, and every product with the Hessian costs as many columns as there are; so few of them come first,
 * the steepest, then as many again where the gradient still asks for some, and those that die out on the way are dropped at once. What is dropped by mistake asks to come back.
 */
export interface Grown {
  answer: PointsAnswer;
  iterations: number;
  products: number;
}

/** Efforts of the descents (math/newton-cg.ts), and how often after one of them the gradient is asked for more directions, which takes the time of many products. */
const stages = [
  { effort: 1e-1, widenings: 3 },
  { effort: 1e-2, widenings: 1 },
  { effort: 3e-3, widenings: 0 },
  { effort: 1e-3, widenings: 0 },
];
/** Share of the directions at M = 0 that come first. */
const firstShare = 0.15;
/** Fewer directions than this are taken all at once, by the usual way. */
export const fewDirections = 48;

/** Directions are dropped whose singular value is this share, times the effort, of the largest. */
export const dropShare = 0.3;

/** From the directions that descend at `from`, which has none yet: the first `fresh` columns of its factors. */
export function grown(p: Points, from: PointsAnswer): Grown {
  let answer = leading(p, from, Math.ceil(firstShare * from.rank));
  let iterations = 0;
  let products = 0;
  for (const { effort, widenings } of stages) {
    for (let round = 0; round <= widenings; round++) {
      const model = pointsModel(p, answer.rank, "single");
      const result = minimize(model.at, model.pack(answer), { tolerance: effort });
      iterations += result.iterations;
      products += result.products;
      answer = balancedFactors(p, model.unpack(result.x), dropShare * Math.min(effort, 1e-2)).answer;
      const wider = round < widenings ? widened(p, answer, Math.max(answer.rank, fewDirections)) : null;
      if (wider === null) break;
      answer = wider;
    }
  }
  return { answer, iterations, products };
}

/** The first columns of the factors. */
function leading({ K, m }: Points, { A, B, rank, b }: PointsAnswer, columns: number): PointsAnswer {
  const first = (F: Float64Array, rows: number): Float64Array => {
    const narrow = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++) narrow.set(F.subarray(i * rank, i * rank + columns), i * columns);
    return narrow;
  };
  return { rank: columns, A: first(A, K), B: first(B, m), b };
}
