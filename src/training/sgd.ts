import { type Node, operations } from "../engine/index.ts";
import { headBias, headWeight } from "../networks/index.ts";

const { add, multiply, subtract } = operations;

/**
 * Stochastic gradient descent with momentum, as PyTorch does it and the paper used it:
 *
 *   v <- momentum v + (g + decay w),   w <- w - rate v
 *
 * State is the velocities, one array a parameter. The head takes no decay here: its penalty is in the loss.
 */
export interface SgdOptions {
  momentum: number;
  /** Weight decay of the body; 0 in the paper's section 4.3, where the theory's regularizers must be the only ones. */
  weightDecay: number;
  /** Parameters of the body that it spares, beside the head's: their penalty is in the gradients already. */
  spared?: ReadonlySet<string>;
}

/** The parameter `name` and its velocity after a step. */
export function sgd(
  name: string,
  { w, gradient, velocity }: { w: Node; gradient: Node; velocity: Node },
  learningRate: Node | number,
  { momentum, weightDecay, spared }: SgdOptions,
): { w: Node; velocity: Node } {
  const decays = weightDecay > 0 && name !== headWeight && name !== headBias && !spared?.has(name);
  const g = decays ? add(gradient, multiply(w, weightDecay)) : gradient;
  const v = add(multiply(velocity, momentum), g);
  return { w: subtract(w, multiply(v, learningRate)), velocity: v };
}
