import { headBias, headWeight, jax, logitsOf, type Network, type Tensor, type Tensors } from "../networks/index.ts";
import { lossOf, type Penalties } from "./loss.ts";
import { type SgdOptions, sgd } from "./sgd.ts";

/**
 * One training step, compiled as a whole: forward, loss, gradients, update. State goes in and comes out; nothing is kept here. The
 * rates are arguments of the compiled code, so a schedule does not compile anything twice.
 */
export type StepState = {
  params: Tensors;
  stats: Tensors;
  velocities: Tensors;
  /** Sums over the epoch's steps, added up on the device so that no step waits for a read. */
  sums: StepSums;
};

export type StepSums = { loss: Tensor; crossEntropy: Tensor; correct: Tensor };

export type StepRates = { learningRate: number } & Penalties<number>;

/** A compiled function: calls give their arrays away; `dispose` frees it. */
export type Compiled<F> = F & { dispose(): void };

export function compileStep(
  network: Network,
  options: SgdOptions,
): Compiled<(state: StepState, x: Tensor, y: Tensor, rates: StepRates) => StepState> {
  const objective = (params: Tensors, stats: Tensors, x: Tensor, y: Tensor, penalties: Penalties<Tensor>): [Tensor, Tensors] => {
    const { features, head, stats: updated } = forward(network, params, stats, x, true);
    const { loss, crossEntropy, correct } = lossOf(features, head, y, penalties);
    return [loss, { ...updated, crossEntropy, correct }];
  };
  const step = (state: StepState, x: Tensor, y: Tensor, rates: { learningRate: Tensor } & Penalties<Tensor>): StepState => {
    const { learningRate, ...penalties } = rates;
    const params = Object.fromEntries(Object.entries(state.params).map(([name, w]) => [name, w.ref]));
    const differentiate = jax.valueAndGrad(objective, { hasAux: true });
    const [[loss, aux], gradients] = differentiate(params, state.stats, x, y, penalties);
    const { crossEntropy, correct, ...stats } = aux;
    const { sums } = state;
    return {
      ...sgd(state.params, gradients as Tensors, state.velocities, learningRate, options),
      stats,
      sums: { loss: sums.loss.add(loss), crossEntropy: sums.crossEntropy.add(crossEntropy), correct: sums.correct.add(correct) },
    };
  };
  return jax.jit(step) as never;
}

/** Features and logits in evaluation mode (running statistics), compiled. */
export function compileForward(
  network: Network,
): Compiled<(params: Tensors, stats: Tensors, x: Tensor) => { features: Tensor; logits: Tensor }> {
  return jax.jit((params: Tensors, stats: Tensors, x: Tensor) => {
    const { features, head } = forward(network, params, stats, x, false);
    return { logits: logitsOf(features.ref, head), features };
  }) as never;
}

/** Takes a network's `params`, `stats` and `x`; the head's parameters come back unused. */
function forward(network: Network, params: Tensors, stats: Tensors, x: Tensor, training: boolean): Forward {
  const { [headWeight]: W, [headBias]: b, ...body } = params;
  const { output, stats: updated } = network.body.apply(body, stats, x, training);
  return { features: output, head: network.bias ? { [headWeight]: W, [headBias]: b } : { [headWeight]: W }, stats: updated };
}

interface Forward {
  features: Tensor;
  head: Tensors;
  stats: Tensors;
}
