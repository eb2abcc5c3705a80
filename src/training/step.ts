import {
  type Compiled,
  compile,
  dispose,
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

/** `normDecay`: penalty on scale and shift of the network's last normalizations, with `ownNormDecay`; without, they decay with the body. */
export type StepRates = { learningRate: number; normDecay?: number } & Penalties<number>;

export interface StepOptions extends Omit<SgdOptions, "spared"> {
  /** Whether the rates say `normDecay`. */
  ownNormDecay?: boolean;
}

/** The parameters of `normDecay`: scale and shift of the normalizations that the features come out of. */
export function normParameters({ featureNorms }: Pick<Network, "featureNorms">): string[] {
  return featureNorms.flatMap((name) => [`${name}.scale`, `${name}.shift`]);
}

/** A batch, or a part of one: normalized images and targets, in rows. */
export interface BatchRows {
  x: Tensor;
  y: Tensor;
}

export function compileStep(
  network: Network,
  options: StepOptions,
  adjust: Adjustment = {},
): Compiled<(state: StepState, batch: BatchRows, rates: StepRates) => StepState> {
  const step = (state: StepState, batch: BatchRows, rates: { learningRate: Tensor } & RateTensors): StepState => {
    const { learningRate, ...penalties } = rates;
    const { params, stats, velocities, sums } = state;
    const made = gradients({ network, adjust }, params, stats, batch, penalties);
    return {
      ...sgd(params, made.gradients, velocities, learningRate, sparing(options, network)),
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
  options: StepOptions,
  adjust: Adjustment = {},
): { (state: StepState, parts: Iterable<BatchRows>, count: number, rates: StepRates): Promise<StepState>; dispose(): void } {
  type Part = { gradients: Tensors; stats: Tensors; sums: StepSums };
  const add = compile(
    (params: Tensors, before: Part, batch: BatchRows, { share, ...penalties }: RateTensors & { share: Tensor }): Part => {
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
    (params: Tensors, before: Part, batch: BatchRows, rates: Omit<StepRates, "learningRate"> & { share: number }) => Part
  >;
  const apply = compile((params: Tensors, made: Tensors, velocities: Tensors, learningRate: Tensor) =>
    sgd(params, made, velocities, learningRate, sparing(options, network)),
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

type RateTensors = Penalties<Tensor> & { normDecay?: Tensor };

/** Features and logits in evaluation mode (running statistics), compiled. */
export function compileForward(
  network: Network,
): Compiled<(params: Tensors, stats: Tensors, x: Tensor) => { features: Tensor; logits: Tensor }> {
  return compile((params: Tensors, stats: Tensors, x: Tensor) => {
    const features = network.body.apply(params, stats, x);
    return { logits: logitsOf(features.ref, headOf(network, params)), features };
  }) as never;
}

/** Mean loss of a batch and its gradients without any penalty, compiled; batch normalization's statistics are the batch's. */
export function compileGradients(
  network: Network,
  adjust: Adjustment = {},
): Compiled<(params: Tensors, stats: Tensors, batch: BatchRows) => { loss: Tensor; gradients: Tensors }> {
  return compile((params: Tensors, stats: Tensors, batch: BatchRows) => {
    const made = gradients({ network, adjust }, params, stats, batch, { lambdaW: 0, featurePenalty: 0, lambdaB: 0 });
    dispose({ ...made.stats, correct: made.sums.correct, crossEntropy: made.sums.crossEntropy });
    return { loss: made.sums.loss, gradients: made.gradients };
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
  { normDecay, ...penalties }: Penalties<Tensor | number> & { normDecay?: Tensor },
): { gradients: Tensors; stats: Tensors; sums: StepSums } {
  const { output: features, stats: updated, pullback } = network.body.train(params, stats, x);
  const objective = (h: Tensor, head: Tensors): [Tensor, { crossEntropy: Tensor; correct: Tensor }] => {
    const { loss, ...rest } = lossOf(h, head, y, penalties, adjust);
    return [loss, rest];
  };
  const differentiate = jax.valueAndGrad(objective, { argnums: [0, 1], hasAux: true });
  const [[loss, { crossEntropy, correct }], inBoth] = differentiate(features, headOf(network, params));
  const [inFeatures, inHead] = inBoth as unknown as [Tensor, Tensors];
  const body = pullback(inFeatures);
  body.input.dispose();
  const made = { ...body.params, ...inHead };
  const penalty = normDecay ? addNormPenalty(network, params, made, normDecay) : null;
  return { gradients: made, stats: updated, sums: { loss: penalty ? loss.add(penalty) : loss, crossEntropy, correct } };
}

/** Adds decay w to the gradient of each scale and shift of the last normalizations; returns (decay/2) |w|^2. Takes `decay`. */
function addNormPenalty(network: Network, params: Tensors, made: Tensors, decay: Tensor): Tensor {
  let squares: Tensor | null = null;
  for (const name of normParameters(network)) {
    made[name] = made[name].add(params[name].ref.mul(decay.ref));
    const square = jax.numpy.square(params[name].ref).sum();
    squares = squares ? squares.add(square) : square;
  }
  return (squares as Tensor).mul(decay).mul(0.5);
}

/** Without the body's decay on what has a penalty of its own. */
function sparing({ ownNormDecay, ...options }: StepOptions, network: Network): SgdOptions {
  return ownNormDecay ? { ...options, spared: new Set(normParameters(network)) } : options;
}

/** References to the head's parameters. */
function headOf(network: Network, params: Tensors): Tensors {
  const W = params[headWeight].ref;
  return network.bias ? { [headWeight]: W, [headBias]: params[headBias].ref } : { [headWeight]: W };
}

function addSums(a: StepSums, b: StepSums): StepSums {
  return { loss: a.loss.add(b.loss), crossEntropy: a.crossEntropy.add(b.crossEntropy), correct: a.correct.add(b.correct) };
}
