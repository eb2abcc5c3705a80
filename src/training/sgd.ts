import { headBias, headWeight, type Tensor, type Tensors } from "../networks/index.ts";

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

/** Takes parameters, gradients and velocities; returns the new parameters and velocities. */
export function sgd(
  params: Tensors,
  gradients: Tensors,
  velocities: Tensors,
  learningRate: Tensor | number,
  { momentum, weightDecay, spared }: SgdOptions,
): { params: Tensors; velocities: Tensors } {
  const next: { params: Tensors; velocities: Tensors } = { params: {}, velocities: {} };
  for (const [name, w] of Object.entries(params)) {
    const decays = weightDecay > 0 && name !== headWeight && name !== headBias && !spared?.has(name);
    const g = decays ? gradients[name].add(w.ref.mul(weightDecay)) : gradients[name];
    const v = velocities[name].mul(momentum).add(g);
    next.params[name] = w.sub(v.ref.mul(typeof learningRate === "number" ? learningRate : learningRate.ref));
    next.velocities[name] = v;
  }
  if (typeof learningRate !== "number") learningRate.dispose();
  return next;
}
