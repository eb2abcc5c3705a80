import { headBias, headWeight, jax, logitsOf, type Network, type Tensor, type Tensors } from "../networks/index.ts";
import { type Adjustment, lossOf, type Penalties } from "./loss.ts";
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
  adjust: Adjustment = {},
): Compiled<(state: StepState, x: Tensor, y: Tensor, rates: StepRates) => StepState> {
  const step = (state: StepState, x: Tensor, y: Tensor, rates: { learningRate: Tensor } & Penalties<Tensor>): StepState => {
    const { learningRate, ...penalties } = rates;
    const { params, stats, velocities, sums } = state;
    const made = gradients(network, params, stats, x, y, penalties, adjust);
    return {
      ...sgd(params, made.gradients, velocities, learningRate, options),
      stats: made.stats,
      sums: addSums(sums, made.sums),
    };
  };
  return jax.jit(step) as never;
}

/** Features and logits in evaluation mode (running statistics), compiled. */
export function compileForward(
  network: Network,
): Compiled<(params: Tensors, stats: Tensors, x: Tensor) => { features: Tensor; logits: Tensor }> {
  return jax.jit((params: Tensors, stats: Tensors, x: Tensor) => {
    const features = network.body.apply(params, stats, x);
    return { logits: logitsOf(features.ref, headOf(network, params)), features };
  }) as never;
}

/**
 * Loss and gradients of one batch: the loss in features and head by the library's differentiation, from the features backwards by the
 * layers' pullbacks. Takes `x`, `y` and `penalties`; `params` and `stats` stay the caller's.
 */
function gradients(
  network: Network,
  params: Tensors,
  stats: Tensors,
  x: Tensor,
  y: Tensor,
  penalties: Penalties<Tensor>,
  adjust: Adjustment,
): { gradients: Tensors; stats: Tensors; sums: StepSums } {
  const { output: features, stats: updated, pullback } = network.body.train(params, stats, x);
  const objective = (h: Tensor, head: Tensors): [Tensor, { crossEntropy: Tensor; correct: Tensor }] => {
    const { loss, ...rest } = lossOf(h, head, y, penalties, adjust);
    return [loss, rest];
  };
  const differentiate = jax.valueAndGrad(objective, { argnums: [0, 1], hasAux: true });
  const [[loss, { crossEntropy, correct }], made] = differentiate(features, headOf(network, params));
  const [inFeatures, inHead] = made as unknown as [Tensor, Tensors];
  const body = pullback(inFeatures);
  body.input.dispose();
  return { gradients: { ...body.params, ...inHead }, stats: updated, sums: { loss, crossEntropy, correct } };
}

/** References to the head's parameters. */
function headOf(network: Network, params: Tensors): Tensors {
  const W = params[headWeight].ref;
  return network.bias ? { [headWeight]: W, [headBias]: params[headBias].ref } : { [headWeight]: W };
}

function addSums(a: StepSums, b: StepSums): StepSums {
  return { loss: a.loss.add(b.loss), crossEntropy: a.crossEntropy.add(b.crossEntropy), correct: a.correct.add(b.correct) };
}
