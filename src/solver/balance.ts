import { gramOfColumns, matrix, symmetricEigen, timesTranspose } from "../math/index.ts";
import type { BlockAnswer } from "./columns.ts";
import { mostPolished, rankShares } from "./constants.ts";
import { biasOf, factorsOf, fixedRank, frameOf } from "./fixed-rank.ts";
import type { Reduced, ReducedPoint } from "./reduced.ts";

/** The entries of Z and b on the blocks. */
export function toBlocks(p: Reduced, point: ReducedPoint): BlockAnswer {
  const { J } = p;
  const other = new Float64Array(J * J);
  const own = new Float64Array(J);
  timesTranspose(other, point.A, point.B, J, J, point.rank);
  for (let i = 0; i < J; i++)
    for (let j = 0; j < J; j++) other[i * J + j] /= Math.sqrt(p.size[i]) * Math.sqrt(p.count[j] * p.size[j]);
  for (let j = 0; j < J; j++) {
    other[j * J + j] -= point.alpha[j] / p.size[j];
    own[j] = other[j * J + j] + point.alpha[j];
  }
  return { other, own, bias: point.c, coreFactors: { A: point.A, B: point.B, rank: point.rank } };
}

/**
 * The same product A B' in balanced factors: rotated so that A'A = B'B is diagonal, without directions that have died out.
 *
 * At a stationary point A'A = B'B holds already, so the eigenvalues of their mean are the singular values of A B', free of the loss
 * that squaring A B' would bring. What is dropped is below 1e-12 of the largest and of s (the scale on which
 * singular values leave 0; the largest may itself be one that dies): beneath the accuracy of the point.
 */
export function balance(p: Reduced, point: ReducedPoint): { point: ReducedPoint; singularValues: Float64Array } {
  const { J } = p;
  if (J <= mostPolished) {
    const frame = frameOf(p);
    const at = fixedRank(frame, point.A, point.B, point.rank, point.c, rankShares.died);
    return { point: { ...point, rank: at.rank, ...factorsOf(J, at), c: biasOf(frame, at) }, singularValues: at.S };
  }
  const r = point.rank;
  const gram = matrix(r, r);
  const other = new Float64Array(r * r);
  gramOfColumns(gram.data, point.A, J, r);
  gramOfColumns(other, point.B, J, r);
  for (let i = 0; i < r * r; i++) gram.data[i] = 0.5 * (gram.data[i] + other[i]);
  const { values, vectors } = symmetricEigen(gram);
  const kept: number[] = [];
  for (let l = r - 1; l >= 0; l--) if (values[l] > rankShares.died * Math.max(values[r - 1], p.s)) kept.push(l);
  const rank = kept.length;
  const Q = new Float64Array(kept.length * r);
  kept.forEach((from, l) => {
    Q.set(vectors.data.subarray(from * r, from * r + r), l * r);
  });
  const A = new Float64Array(J * rank);
  const B = new Float64Array(J * rank);
  timesTranspose(A, point.A, Q, J, rank, r);
  timesTranspose(B, point.B, Q, J, rank, r);
  return { point: { ...point, rank, A, B }, singularValues: Float64Array.from(kept, (l) => values[l]) };
}
