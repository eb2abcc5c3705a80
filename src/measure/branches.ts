/**
 * Over how many branches features are split, told by balancedness (theory, section 9.2). At a minimum under weight decay alone lambda_W |W|^2 = lambda_H sum |h|^2, and lambda_H = lambda_bn / (J N): so
 *
 *   J = (lambda_bn / lambda_W) ((1/N) sum |h|^2) / |W|^2.
 *
 * 1 where one batch normalization stands before the head; in residual networks from 1 to what the sizes of the branches allow (`alignedBranches`). Elsewhere than at a minimum it means nothing, and means over places make it
 * smaller. The prediction at this J is that of the effective lambda_H (effective.ts), by the same identity.
 *
 * @module
 */
import { norm2 } from "../math/index.ts";

/** Over how many branches the features are split, and what tells it. */
export interface Branches {
  /** J as the sizes of head and features tell it. */
  J: number;
  /** J is at most this, where the network is known: by the sizes of the branches' scale and shift, by their number where these are 0. */
  atMost: number | null;
}

/** What is known of a network whose features come out of batch normalizations, under weight decay alone. */
export interface BranchesInput {
  /** Decay of scale and shift over the head's (default 1). */
  normToHead?: number;
  /** `alignedBranches` of the normalizations whose outputs' sum the features are; absent or null: not known. */
  atMost?: number | null;
}

/** `featureSquares`: (1/N) sum |h|^2. Null for a head that is 0. */
export function branchesOf(
  W: Float64Array,
  featureSquares: number,
  { normToHead = 1, atMost = null }: BranchesInput,
): Branches | null {
  const J = balancedBranches(norm2(W), featureSquares, normToHead);
  return J === null ? null : { J, atMost };
}

/** The J of balancedness. `headLength`: |W|_F; `featureSquares`: (1/N) sum |h|^2; `normToHead`: decay of scale and shift over the head's. Null for a head that is 0. */
export function balancedBranches(headLength: number, featureSquares: number, normToHead = 1): number | null {
  return headLength > 0 ? (normToHead * (featureSquares / headLength)) / headLength : null;
}

/** Scale and shift of a normalization, a number a channel; null: it has none. */
export interface ScaleAndShift {
  /** gamma. */
  scale: Float64Array | null;
  /** beta. */
  shift: Float64Array | null;
}

/**
 * The most that J can be at a minimum, by the sizes of the branches (of equally many channels): sum_c (sum_j s_jc)^2 / sum_c sum_j s_jc^2 with s_jc^2 = gamma_jc^2 + beta_jc^2, the mean square of channel c of branch j.
 * It is the mean square of a sum of aligned branches over the sum of their mean squares, and from 1 to the number of branches; that number where nothing is left of any.
 */
export function alignedBranches(norms: readonly ScaleAndShift[]): number {
  const channels = norms[0]?.scale?.length ?? norms[0]?.shift?.length ?? 0;
  let together = 0;
  let apart = 0;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (const { scale, shift } of norms) {
      const square = (scale?.[c] ?? 0) ** 2 + (shift?.[c] ?? 0) ** 2;
      sum += Math.sqrt(square);
      apart += square;
    }
    together += sum * sum;
  }
  const most = Math.max(1, norms.length);
  return apart > 0 ? Math.min(most, Math.max(1, together / apart)) : most;
}

/** Whether J as head and features tell it can be the number of branches in use: from 1 to `atMost`, give or take a tenth. */
export function withinBranches(J: number, atMost: number): boolean {
  return J >= 0.9 && J <= 1.1 * atMost;
}
