import { type Graph, type Node, operations } from "../engine/index.ts";
import { type LossName, lossNames } from "../loss/index.ts";
import type { TrainingRemedies } from "./settings.ts";

const { add, divide, logSoftmax, multiply, sameLargest, softplus, square, subtract, sum } = operations;

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
  loss: Node;
  /** The mean loss without any penalty: the cross-entropy, or whatever is trained in its place. */
  crossEntropy: Node;
  /** Number of samples whose largest logit is the label's. */
  correct: Node;
}

/** The loss, and what a cross-entropy sees instead of the logits: VS factors and additive offsets (theory, section 6). Accuracy is of the logits as they are. */
export type Adjustment = Partial<Pick<TrainingRemedies, "loss" | "factors" | "offsets">>;

/** What a network makes of a batch: features n x d, the head, and its logits n x K. */
export interface BatchOutputs {
  features: Node;
  W: Node;
  b: Node | null;
  logits: Node;
}

/** `labels` are rows w q of a weight and targets (batches.ts), n x K. */
export function lossOf(
  { features, W, b, logits }: BatchOutputs,
  labels: Node,
  penalties: Penalties<Node | number>,
  adjust: Adjustment = {},
): Loss {
  const [n] = features.shape;
  const half = (weight: Node | number, x: Node): Node => multiply(multiply(sum(square(x), "all"), weight), 0.5);
  const ofHead = half(penalties.lambdaW, W);
  const ofFeatures = multiply(half(penalties.featurePenalty, features), 1 / n);
  const penalty = add(b ? add(ofHead, half(penalties.lambdaB, b)) : ofHead, ofFeatures);
  const { loss: name = lossNames[0] } = adjust;
  const crossEntropy = multiply(sums[name](adjusted(logits, adjust), labels), 1 / n);
  return { loss: add(crossEntropy, penalty), crossEntropy, correct: sum(sameLargest(logits, labels), "all") };
}

/** Every loss (theory, section 14) summed over a batch: logits u and rows w q. */
const sums: Record<LossName, (u: Node, labels: Node) => Node> = {
  "cross-entropy": (u, labels) => multiply(sum(multiply(logSoftmax(u), labels), "all"), -1),
  square(u, labels) {
    const weight = sum(labels, "columns");
    return multiply(sum(multiply(square(subtract(u, divide(labels, weight))), weight), "all"), 0.5);
  },
  // w log(1 + e^u) - w q u.
  bce: (u, labels) => sum(subtract(multiply(softplus(u), sum(labels, "columns")), multiply(u, labels)), "all"),
};

/** Delta o z + iota. */
function adjusted(logits: Node, { factors, offsets }: Adjustment): Node {
  const { graph }: { graph: Graph } = logits;
  const scaled = factors ? multiply(logits, graph.constant(factors)) : logits;
  return offsets ? add(scaled, graph.constant(offsets)) : scaled;
}
