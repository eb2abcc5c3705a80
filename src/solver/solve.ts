import { symmetricEigen } from "../math/eigen.ts";
import { matrix } from "../math/matrix.ts";
import { minimize } from "../math/newton-cg.ts";
import { timesTranspose, transposeTimes } from "../math/products.ts";
import type { Problem } from "../problem/index.ts";
import { type BlockAnswer, type Certificate, certify } from "./certificate.ts";
import { escape } from "./escape.ts";
import { factored } from "./factored.ts";
import { type Reduced, type ReducedPoint, reduce } from "./reduced.ts";
import { start } from "./start.ts";

/**
 * Solves (UFM) for any counts, with a certificate:
 *
 *   min over Z (K x K), b:  (1/N) sum_k n_k w_k CE(z_k + b, k) + lambda_Z |Z D^(1/2)|_* + (lambda_b/2)|b|^2
 *
 * reduce to clusters -> descend on factors (trust-region Newton-CG) -> certify -> while the certificate fails, leave along the singular
 * pairs of the gradient that still descend. Not reaching the tolerance is a status, not an exception: the best point and its true gap are
 * returned.
 */
export interface SolveOptions {
  /** Relative duality gap asked for (default 1e-10). */
  tolerance?: number;
  /** Warm start: the point of a nearby problem with the same clusters. */
  from?: ReducedPoint;
  maxRounds?: number;
}

export interface Solution {
  reduced: Reduced;
  point: ReducedPoint;
  answer: BlockAnswer;
  certificate: Certificate;
  /** (objective - dual) / objective. */
  relativeGap: number;
  /** Singular values of the core M, descending, `point.rank` of them. */
  coreSingularValues: Float64Array;
  status: "certified" | "inaccurate";
  /** Newton steps. */
  iterations: number;
  /** Hessian-vector products. */
  products: number;
}

export function solve(problem: Problem, options: SolveOptions = {}): Solution {
  const { tolerance = 1e-10, maxRounds = 30 } = options;
  const reduced = reduce(problem);
  let point = options.from ?? start(reduced);
  let best: Solution | undefined;
  let iterations = 0;
  let products = 0;
  for (let round = 0; round < maxRounds; round++) {
    const model = factored(reduced, point.rank);
    const result = minimize(model.at, model.pack(point), { tolerance: 1e-14 });
    iterations += result.iterations;
    products += result.products;
    point = model.unpack(result.x);
    const answer = toBlocks(reduced, point);
    const certificate = certify(problem, answer);
    const relativeGap = Math.max(0, certificate.gap) / certificate.objective;
    const solution: Solution = {
      reduced,
      point,
      answer,
      certificate,
      relativeGap,
      coreSingularValues: coreSingularValues(reduced, point),
      status: relativeGap <= tolerance ? "certified" : "inaccurate",
      iterations,
      products,
    };
    if (!best || relativeGap < best.relativeGap) best = solution;
    if (best.status === "certified") break;
    const next = escape(reduced, point);
    if (!next) break;
    point = next;
  }
  return { ...(best as Solution), iterations, products };
}

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
  return { other, own, bias: point.c, factors: { A: point.A, B: point.B, rank: point.rank } };
}

/**
 * At a stationary point the factors are balanced (A'A = B'B), so that the eigenvalues of (A'A + B'B)/2 are the singular values of A B'
 * without the loss that squaring A B' would bring.
 */
function coreSingularValues(p: Reduced, point: ReducedPoint): Float64Array {
  const r = point.rank;
  const gram = matrix(r, r);
  const other = new Float64Array(r * r);
  transposeTimes(gram.data, point.A, point.A, p.J, r, r);
  transposeTimes(other, point.B, point.B, p.J, r, r);
  for (let i = 0; i < r * r; i++) gram.data[i] = 0.5 * (gram.data[i] + other[i]);
  return symmetricEigen(gram)
    .values.reverse()
    .map((x) => Math.max(0, x));
}
