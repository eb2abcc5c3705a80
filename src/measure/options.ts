import type { LossName } from "../loss/index.ts";
import type { RegularizationInput } from "../problem/index.ts";
import type { BranchesInput } from "./branches.ts";
import type { StageProgress } from "./progress.ts";

/** What to compare with. */
export interface MeasureOptions {
  /** Weight decay of the head, lambda_W in the paper's convention: gives `effective`. */
  weightDecay?: number;
  /** Compare with the prediction at these lambdas. */
  lambdas?: RegularizationInput;
  /** Compare with the prediction at the effective lambdas (labelled so). */
  compareEffective?: boolean;
  /** The lambda_b of that prediction (paper's convention); default: the weight decay where the head has a bias, else no bias. */
  lambdaB?: number;
  /** The network's features come out of batch normalizations and weight decay alone trained it: gives `branches`. */
  branches?: BranchesInput;
  /** Compare with the prediction for nonnegative features. */
  nonnegative?: boolean;
  /** What the network was trained with (default cross-entropy). */
  loss?: LossName;
  /** Mean of features from elsewhere (out of distribution), d numbers: gives `nc5`. */
  oodMean?: ArrayLike<number>;
  /** Names of the classes. */
  names?: readonly string[] | null;
  /** Told how far the work on pairs of classes is. */
  progress?: StageProgress;
}

/** Whether these options need the force on the head (`SecondPassOptions`). */
export const wantsForce = ({ weightDecay, loss = "cross-entropy" }: Pick<MeasureOptions, "weightDecay" | "loss">): boolean =>
  weightDecay !== undefined && loss === "cross-entropy";

/** Up to this many classes Z is kept, K x K numbers; beyond it a document would not fit into memory. */
export const mostPredictions = 2000;
