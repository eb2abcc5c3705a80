import {
  type Compiled,
  compile,
  headBias,
  headWeight,
  jax,
  logitsOf,
  type Network,
  refs,
  type Tensor,
  type Tensors,
} from "../networks/index.ts";
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

/** A batch, or a part of one: normalized images and targets, in rows. */
export interface BatchRows {
  x: Tensor;
  y: Tensor;
}

export function compileStep(
  network: Network,
  options: SgdOptions,
  adjust: Adjustment = {},
): Compiled<(state: StepState, batch: BatchRows, rates: StepRates) => StepState> {
  const step = (state: StepState, batch: BatchRows, rates: { learningRate: Tensor } & Penalties<Tensor>): StepState => {
    const { learningRate, ...penalties } = rates;
    const { params, stats, velocities, sums } = state;
    const made = gradients({ network, adjust }, params, stats, batch, penalties);
    return {
      ...sgd(params, made.gradients, velocities, learningRate, options),
      stats: made.stats,
      sums: addSums(sums, made.sums),
    };
  };
  return compile(step) as never;
}

/**
 * The same step in parts of a batch, for networks that would not fit into memory: gradients are added up part by part, then applied. Between
 * two parts the device is waited for, as it would otherwise hold the memory of both.
 */
export function compileStepInParts(
  network: Network,
  options: SgdOptions,
  adjust: Adjustment = {},
): { (state: StepState, parts: Iterable<BatchRows>, count: number, rates: StepRates): Promise<StepState>; dispose(): void } {
  type Part = { gradients: Tensors; stats: Tensors; sums: StepSums };
  const add = compile(
    (params: Tensors, before: Part, batch: BatchRows, { share, ...penalties }: Penalties<Tensor> & { share: Tensor }): Part => {
      const made = gradients({ network, adjust }, params, before.stats, batch, penalties);
      const { loss, crossEntropy, correct } = made.sums;
      const scaled = { loss: loss.mul(share.ref), crossEntropy: crossEntropy.mul(share.ref), correct };
      return {
        gradients: Object.fromEntries(
          Object.entries(before.gradients).map(([name, g]) => [name, g.add(made.gradients[name].mul(share.ref))]),
        ),
        stats: made.stats,
        sums: addSums(before.sums, scaled),
      };
    },
  ) as unknown as Compiled<
    (params: Tensors, before: Part, batch: BatchRows, rates: Penalties<number> & { share: number }) => Part
  >;
  const apply = compile((params: Tensors, made: Tensors, velocities: Tensors, learningRate: Tensor) =>
    sgd(params, made, velocities, learningRate, options),
  ) as unknown as Compiled<
    (params: Tensors, made: Tensors, velocities: Tensors, learningRate: number) => Pick<StepState, "params" | "velocities">
  >;
  const step = async (state: StepState, parts: Iterable<BatchRows>, count: number, rates: StepRates): Promise<StepState> => {
    const { learningRate, ...penalties } = rates;
    const { params, stats, velocities, sums } = state;
    const zeros = Object.fromEntries(Object.entries(params).map(([name, w]) => [name, jax.numpy.zeros(w.shape)]));
    let made: Part = { gradients: zeros, stats, sums };
    for (const batch of parts) {
      made = await add(refs(params), made, batch, { ...penalties, share: 1 / count });
      await jax.blockUntilReady(made.sums.loss);
    }
    return { ...(await apply(params, made.gradients, velocities, learningRate)), stats: made.stats, sums: made.sums };
  };
  return Object.assign(step, {
    dispose() {
      add.dispose();
      apply.dispose();
    },
  });
}

/** Features and logits in evaluation mode (running statistics), compiled. */
export function compileForward(
  network: Network,
): Compiled<(params: Tensors, stats: Tensors, x: Tensor) => { features: Tensor; logits: Tensor }> {
  return compile((params: Tensors, stats: Tensors, x: Tensor) => {
    const features = network.body.apply(params, stats, x);
    return { logits: logitsOf(features.ref, headOf(network, params)), features };
  }) as never;
}

/**
 * Loss and gradients of one batch: the loss in features and head by the library's differentiation, from the features backwards by the
 * layers' pullbacks. Takes `x`, `y` and `penalties`; `params` and `stats` stay the caller's.
 */
function gradients(
  { network, adjust }: { network: Network; adjust: Adjustment },
  params: Tensors,
  stats: Tensors,
  { x, y }: BatchRows,
  penalties: Penalties<Tensor>,
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
