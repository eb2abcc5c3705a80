import { minimize } from "../math/newton-cg.ts";
import { type Problem, usualTolerance } from "../problem/index.ts";
import type { BlockAnswer } from "./columns.ts";
import { certifyNonnegative, type NonnegativeCertificate } from "./nonnegative-certificate.ts";
import { separable } from "./nonnegative-model.ts";
import { reduce } from "./reduced.ts";

/**
 * Nonnegative (ReLU) features (theory, section 7):
 *
 *   (UFM+)  min over Z, b:  (1/N) sum_k n_k w_k CE(z_k + b, k) + lambda_Z sum_k sqrt(n_k) |z_k| + (lambda_b/2)|b|^2
 *
 * Each class owns its feature direction: sqrt(n_k) |z_k| = min (|y_k|^2 + h_k^2)/2 over y_k h_k = sqrt(n_k) z_k, with h_k the norm of the class's
 * feature. In (y, h, b) the problem is smooth and Newton's method applies; its only traps are classes with z_k = 0, so classes are started
 * away from 0 and every class that ends at 0 is checked: sqrt(n_k) w_k |Delta o (p_k - q_k)| <= s must hold, else it is revived.
 *
 * By symmetry a column of cluster j has J + 1 distinct entries: its own, the other classes of its cluster (k_j - 1 times), cluster i
 * (k_i times). y_j is held in coordinates scaled by the square roots of these multiplicities, so that |y_j| is its norm.
 *
 * x = [Y: J columns of J + 1 (own class last), h (J), c (J, if there is a bias)].
 */
export interface NonnegativeSolution {
  /** Z and b by blocks. */
  answer: BlockAnswer;
  /** Its proof. */
  certificate: NonnegativeCertificate;
  /** The variables (Y, h, c): what `from` takes. */
  point: Float64Array;
  /** Newton steps. */
  iterations: number;
  /** Hessian-vector products. */
  products: number;
}

/** Accuracy and start. */
export interface NonnegativeOptions {
  /** Relative duality gap of (UFM+) asked for (default 1e-10). */
  tolerance?: number;
  /** Warm start: the point of a nearby problem with the same clusters and the same kind of bias. */
  from?: Float64Array;
  /** Index of a cluster to hold at z = 0, right or wrong: where it is wrong the certificate says so (prediction/vanishing.ts). */
  held?: number;
}

/**
 * Solves (UFM+); never throws for lack of accuracy: read the certificate's gaps. Throws RangeError for a `from` of another problem's length.
 */
export function solveNonnegative(problem: Problem, options: NonnegativeOptions = {}): NonnegativeSolution {
  const { tolerance = usualTolerance, held, from } = options;
  const p = reduce(problem);
  const model = separable(p, held);
  let x = from ?? model.start();
  if (from && from.length !== model.length)
    throw new RangeError(`solveNonnegative: expected a start of ${model.length} numbers, got ${from.length}`);
  let best: NonnegativeSolution | undefined;
  let iterations = 0;
  let products = 0;
  for (let round = 0; round < 40; round++) {
    const result = minimize(model.at, x, { tolerance: 1e-14 });
    iterations += result.iterations;
    products += result.products;
    x = model.settle(result.x);
    const answer = model.toBlocks(x);
    const certificate = certifyNonnegative(problem, answer, { tolerance });
    if (!best || certificate.ufmPlus.gap < best.certificate.ufmPlus.gap)
      best = { answer, certificate, point: x, iterations, products };
    if (best.certificate.ufmPlus.relativeGap <= 1e-3 * tolerance) break;
    const revived = model.revive(x);
    if (!revived) break;
    x = revived;
  }
  return { ...(best as NonnegativeSolution), iterations, products };
}
