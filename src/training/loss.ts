import { type LossName, lossNames } from "../loss/index.ts";
import { headBias, headWeight, jax, logitsOf, type Tensor, type Tensors } from "../networks/index.ts";
import type { TrainingRemedies } from "./settings.ts";

const { numpy: np } = jax;

/**
 * The loss of one batch, whose mean over batches is the theory's objective (theory, section 1) with features made by a network:
 *
 *   mean loss(W'h + b, y) + (lambda_W / 2) |W|_F^2 + (lambda_H N / 2) mean |h|^2 + (lambda_b / 2) |b|^2
 *
 * (lambda_H / 2) |H|_F^2 runs over all N samples; N times the batch's mean is its unbiased estimate.
 */
export interface Penalties<T> {
  lambdaW: T;
  /** lambda_H N. */
  featurePenalty: T;
  /** Not read where the head has no bias. */
  lambdaB: T;
}

export interface Loss {
  loss: Tensor;
  /** The mean loss without any penalty: the cross-entropy, or whatever is trained in its place. */
  crossEntropy: Tensor;
  /** Number of samples whose largest logit is the label's. */
  correct: Tensor;
}

/** The loss, and what a cross-entropy sees instead of the logits: VS factors and additive offsets (theory, section 6). Accuracy is of the logits as they are. */
export type Adjustment = Partial<Pick<TrainingRemedies, "loss" | "factors" | "offsets">>;

/** Takes its arguments; `labels` are rows w q of a weight and targets (batches.ts). Each entry of `params` that is not the head's must not be passed. */
export function lossOf(
  features: Tensor,
  head: Tensors,
  labels: Tensor,
  penalties: Penalties<Tensor | number>,
  adjust: Adjustment = {},
): Loss {
  const penalty = (weight: Tensor | number, squares: Tensor): Tensor => squares.mul(weight).mul(0.5);
  const squaredNorms = np.square(features.ref).sum(1).mean();
  const regularization = penalty(penalties.lambdaW, np.square(head[headWeight].ref).sum()).add(
    penalty(penalties.featurePenalty, squaredNorms),
  );
  const withBias = headBias in head;
  const penalized = withBias
    ? regularization.add(penalty(penalties.lambdaB, np.square(head[headBias].ref).sum()))
    : regularization;
  const logits = logitsOf(features, head);
  const correct = correctOf(jax.lax.stopGradient(logits.ref), labels.ref);
  const { loss: name = lossNames[0] } = adjust;
  const crossEntropy = means[name](adjusted(logits, adjust), labels);
  return { loss: crossEntropy.ref.add(penalized), crossEntropy, correct };
}

/** Every loss (theory, section 14) as the mean over a batch: logits u and rows w q. Takes both. */
const means: Record<LossName, (u: Tensor, labels: Tensor) => Tensor> = {
  "cross-entropy": (u, labels) => jax.nn.logSoftmax(u, 1).mul(labels).sum(1).mean().neg(),
  square(u, labels) {
    const weight = labels.ref.sum(1, { keepdims: true });
    return np
      .square(u.sub(labels.div(weight.ref)))
      .mul(weight)
      .sum(1)
      .mean()
      .mul(0.5);
  },
  // w log(1 + e^u) - w q u.
  bce(u, labels) {
    const weight = labels.ref.sum(1, { keepdims: true });
    return jax.nn.softplus(u.ref).mul(weight).sub(u.mul(labels)).sum(1).mean();
  },
};

/** Delta o z + iota. */
function adjusted(logits: Tensor, { factors, offsets }: Adjustment): Tensor {
  const scaled = factors ? logits.mul(np.array([...factors])) : logits;
  return offsets ? scaled.add(np.array([...offsets])) : scaled;
}

function correctOf(logits: Tensor, labels: Tensor): Tensor {
  return np.argmax(logits, 1).equal(np.argmax(labels, 1)).astype(np.float32).sum();
}
