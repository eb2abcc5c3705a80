import { norm2 } from "../math/matrix.ts";

/**
 * Over how many branches features are split, told by balancedness (theory, section 9.2). At a minimum under weight decay alone lambda_W |W|^2 = lambda_H sum |h|^2, and lambda_H = lambda_bn / (J N): so
 *
 *   J = (lambda_bn / lambda_W) ((1/N) sum |h|^2) / |W|^2.
 *
 * 1 where one batch normalization stands before the head; in residual networks from 1 to the number of branches whose sum the features are, which `nclab ends` counts in a checkpoint. Elsewhere than at a minimum it means
 * nothing, and means over places make it smaller. The prediction at this J is that of the effective lambda_H (effective.ts), by the same identity.
 */
export interface Branches {
  /** J as the sizes of head and features tell it. */
  J: number;
  /** How many branches there are, where the network is known. */
  atMost: number | null;
}

/** What is known of a network whose features come out of batch normalizations, under weight decay alone. */
export interface BranchesInput {
  /** Decay of scale and shift over the head's (default 1). */
  normToHead?: number;
  /** Normalizations whose outputs' sum the features are; absent or null: not known. */
  atMost?: number | null;
}

/** `featureSquares`: (1/N) sum |h|^2. Null for a head that is 0. */
export function branchesOf(
  W: Float64Array,
  featureSquares: number,
  { normToHead = 1, atMost = null }: BranchesInput,
): Branches | null {
  const size = norm2(W);
  return size > 0 ? { J: (normToHead * (featureSquares / size)) / size, atMost } : null;
}
