import { inputError } from "../errors.ts";
import { norm2 } from "../math/index.ts";
import type { Frame } from "./frame.ts";
import type { Head } from "./head.ts";
import type { Within } from "./second-pass.ts";

/**
 * What a head trained with weight decay lambda_W shows of the feature penalty (theory, section 6). A diagnostic: exact where features are
 * penalized, no prediction for networks trained with weight decay alone; the residual says how stationary the head is.
 */
export interface Effective {
  /** lambda_W |W|_F^2 / sum |h|^2. */
  lambdaH: number;
  /** sqrt(lambda_W lambdaH). */
  lambdaZ: number;
  /** (N lambdaZ)^2. */
  criticalCount: number;
  /** |lambda_W W - (1/N) H (Y-P)'|_F / |lambda_W W|_F. */
  stationarityResidual: number;
}

/** A head whose stationarity residual is above this is not at rest. */
export const restResidual = 0.1;

/** From the states of both passes; null, and `note` says why, where head or features are 0. Throws InputError for a decay that is not positive. */
export function effectiveOf(
  frame: Frame,
  within: Within,
  head: Head,
  lambdaW: number,
  note: (text: string) => void,
): Effective | null {
  if (!(lambdaW > 0 && Number.isFinite(lambdaW))) throw inputError("weightDecay", "a positive number", lambdaW);
  const size = norm2(head.W);
  if (size === 0 || frame.squares === 0 || !within.head) {
    note("the head or the features are 0: the effective regularization is undefined");
    return null;
  }
  const { force } = within.head;
  if (!force) throw inputError("weightDecay", "a second pass that summed the force on the head (its option `force`)", lambdaW);
  // Over lambda_W, so that no product of large numbers is formed.
  const residual = norm2(head.W.map((w, e) => w - force[e] / frame.N / lambdaW)) / size;
  const lambdaH = (lambdaW * size * size) / frame.squares;
  const lambdaZ = (lambdaW * size) / Math.sqrt(frame.squares);
  return { lambdaH, lambdaZ, criticalCount: (frame.N * lambdaZ) ** 2, stationarityResidual: residual };
}
