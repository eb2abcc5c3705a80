import type { Problem } from "../../problem/index.ts";

/**
 * Class weights in PyTorch's own meaning. `CrossEntropyLoss(weight=w)` (reduction "mean") divides a batch's loss by the sum of its samples' weights, not by
 * their number; on all samples at once that is the model's loss with weights scaled so that sum_k n_k w_k = N. Weights that average to 1 over the samples
 * are therefore the same in both meanings, and these are the ones that are solved for and printed.
 */
export interface TorchWeights {
  /** K weights, average 1 over the samples. */
  weights: number[];
  /** As in the call. */
  reduction: "mean";
  /** What they mean there, and the line of code. */
  note: string;
}

/** Weights proportional to the given ones that average to 1 over the samples. */
export function averageOne(weights: readonly number[], counts: readonly number[]): number[] {
  let sum = 0;
  let N = 0;
  weights.forEach((w, k) => {
    sum += w * counts[k];
    N += counts[k];
  });
  return weights.map((w) => (w * N) / sum);
}

/** Null for a loss that has no such argument in PyTorch: the weights stand in `perClass`. */
export function torchWeights({ weights, counts, loss }: Pick<Problem, "weights" | "counts" | "loss">): TorchWeights | null {
  if (loss !== "cross-entropy") return null;
  const values = averageOne(weights ?? counts.map(() => 1), counts);
  return {
    weights: values,
    reduction: "mean",
    note: "nn.CrossEntropyLoss(weight=torch.tensor(weights)) divides by the sum of the weights of the batch's samples; these weights average to 1 over the training samples, so over an epoch that is the number of samples, as in the problem that was solved. With label_smoothing PyTorch weighs the targets, not the samples: another loss",
  };
}
