/**
 * Where does the core gain or lose a singular value? On the side of higher rank that value is a square that goes to 0, and a solver of the
 * factors is at its worst there. The side of lower rank has no such trouble: the stationary point whose core has exactly r singular values
 * moves smoothly through the event, and it is the optimum as long as no direction outside its factors descends,
 *
 *   G = -s U V' + G_perp at a stationary point A B' = U S V',     excess = |G_perp|_2 / s - 1 <= 0.
 *
 * The event is the zero of `excess`, a smooth function of lambda_Z.
 *
 * @module
 */
import { gramOfColumns, matrix, minimize, symmetricEigen } from "../math/index.ts";
import type { Problem } from "../problem/index.ts";
import { toBlocks } from "./balance.ts";
import { certify } from "./certificate.ts";
import { restrictedEffort } from "./constants.ts";
import { factored } from "./factored.ts";
import { coreGradient } from "./new-directions.ts";
import { type ReducedPoint, reduce } from "./reduced.ts";

/** A stationary point among the cores of one rank, and what lies beyond it. */
export interface Restricted {
  /** Stationary among the cores of the rank it was started with. */
  point: ReducedPoint;
  /** Negative: the optimum of the whole problem; positive: the optimum has a higher rank. */
  excess: number;
}

/** Minimizes with the rank of `from`, which should be near: this follows one branch of stationary points. */
export function restricted(problem: Problem, from: ReducedPoint): Restricted {
  const p = reduce(problem);
  const { J, s } = p;
  const { rank } = from;
  const model = factored(p, rank);
  const { x } = minimize(model.at, model.pack(from), { tolerance: restrictedEffort });
  const point = model.unpack(x);
  const { G } = coreGradient(p, point);
  const U = orthonormal(point.A, J, rank);
  const V = orthonormal(point.B, J, rank);
  // (I - U U') G (I - V V').
  for (const u of U) {
    const row = new Float64Array(J);
    for (let i = 0; i < J; i++) for (let j = 0; j < J; j++) row[j] += u[i] * G[i * J + j];
    for (let i = 0; i < J; i++) for (let j = 0; j < J; j++) G[i * J + j] -= u[i] * row[j];
  }
  for (const v of V) {
    for (let i = 0; i < J; i++) {
      let sum = 0;
      for (let j = 0; j < J; j++) sum += G[i * J + j] * v[j];
      for (let j = 0; j < J; j++) G[i * J + j] -= sum * v[j];
    }
  }
  const gram = matrix(J, J);
  gramOfColumns(gram.data, G, J, J);
  return { point, excess: Math.sqrt(Math.max(0, symmetricEigen(gram).values[J - 1])) / s - 1 };
}

/** Relative duality gap of a point as an answer to the whole problem: tells whether the branch is still the optimum's. */
export function gapOf(problem: Problem, point: ReducedPoint): number {
  return certify(problem, toBlocks(reduce(problem), point)).relativeGap;
}

/** An orthonormal basis of the columns of F (J x r): Gram-Schmidt, twice. */
function orthonormal(F: Float64Array, J: number, r: number): Float64Array[] {
  const basis: Float64Array[] = [];
  for (let l = 0; l < r; l++) {
    const v = new Float64Array(J);
    for (let j = 0; j < J; j++) v[j] = F[j * r + l];
    for (let pass = 0; pass < 2; pass++) {
      for (const u of basis) {
        let dot = 0;
        for (let j = 0; j < J; j++) dot += u[j] * v[j];
        for (let j = 0; j < J; j++) v[j] -= dot * u[j];
      }
      const norm = Math.hypot(...v);
      if (norm > 0) for (let j = 0; j < J; j++) v[j] /= norm;
    }
    basis.push(v);
  }
  return basis;
}
