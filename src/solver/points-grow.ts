import { minimize } from "../math/index.ts";
import { efforts, growing } from "./constants.ts";
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

/** From the directions that descend at `from`, which has none yet: the first `fresh` columns of its factors. */
export function grown(p: Points, from: PointsAnswer): Grown {
  let answer = leading(p, from, Math.ceil(growing.firstShare * from.rank));
  let iterations = 0;
  let products = 0;
  for (const { effort, widenings } of growing.stages) {
    for (let round = 0; round <= widenings; round++) {
      const model = pointsModel(p, answer.rank, "single");
      const result = minimize(model.at, model.pack(answer), { tolerance: effort });
      iterations += result.iterations;
      products += result.products;
      answer = balancedFactors(p, model.unpack(result.x), growing.dropShare * Math.min(effort, efforts.loosest)).answer;
      const wider = round < widenings ? widened(p, answer, Math.max(answer.rank, growing.fewDirections)) : null;
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
