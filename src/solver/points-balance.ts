import { gramOfColumns, matrix, symmetricEigen, timesTranspose } from "../math/index.ts";
import { rankShares } from "./constants.ts";
import type { Points, PointsAnswer } from "./points.ts";

/**
 * The same product A B' in factors for which A'A + B'B is diagonal, without directions that have died out (below `least` of the largest). At a stationary point A'A = B'B, so that the
 * eigenvalues of their mean are the singular values of A B'.
 */
export function balancedFactors(
  { K, m }: Points,
  { A, B, rank: r, b }: PointsAnswer,
  least: number = rankShares.died,
): { answer: PointsAnswer; singularValues: Float64Array } {
  if (r === 0) return { answer: { A, B, rank: 0, b }, singularValues: new Float64Array(0) };
  const gram = matrix(r, r);
  gramOfColumns(gram.data, A, K, r);
  gramOfColumns(gram.data, B, m, r, true);
  for (let e = 0; e < r * r; e++) gram.data[e] /= 2;
  const { values, vectors } = symmetricEigen(gram);
  const kept = Array.from(values.keys())
    .reverse()
    .filter((l) => values[l] > least * values[r - 1]);
  const rank = kept.length;
  const turn = new Float64Array(rank * r);
  kept.forEach((from, l) => {
    turn.set(vectors.data.subarray(from * r, from * r + r), l * r);
  });
  const left = new Float64Array(K * rank);
  const right = new Float64Array(m * rank);
  if (rank > 0) {
    timesTranspose(left, A, turn, K, rank, r);
    timesTranspose(right, B, turn, m, rank, r);
  }
  return { answer: { rank, A: left, B: right, b }, singularValues: Float64Array.from(kept, (l) => values[l]) };
}
