import { type Random, random, randomFromState } from "../math/index.ts";
import { allToDevice, allToHost, dispose, type HostTensors, hostTensor, type Network, toDevice } from "../networks/index.ts";
import type { StepState, StepSums } from "./step.ts";

/**
 * The state of a training between two epochs, as plain data outside the device. It decides everything that follows: training from a
 * saved state gives the numbers of the unbroken run, bit for bit.
 */
export interface TrainingState {
  /** Epochs done. */
  epoch: number;
  /** Parameters by name. */
  params: HostTensors;
  /** Running statistics of batch normalization. */
  stats: HostTensors;
  /** Momentum. */
  velocities: HostTensors;
  /** State of the generator that shuffles the epochs. */
  random: readonly [number, number, number, number];
}

/** The start: initial values drawn from the seed; the same generator then shuffles the epochs. */
export function initialState(network: Network, seed: number): TrainingState {
  const generator = random(seed);
  const { params, stats } = network.init(generator);
  const velocities: HostTensors = {};
  for (const [name, { shape }] of Object.entries(params)) velocities[name] = hostTensor(shape);
  return { epoch: 0, params, stats, velocities, random: generator.state() };
}

export function toStep(state: TrainingState): { step: StepState; generator: Random } {
  const { params, stats, velocities } = state;
  return {
    step: { params: allToDevice(params), stats: allToDevice(stats), velocities: allToDevice(velocities), sums: zeroSums() },
    generator: randomFromState(state.random),
  };
}

export async function fromStep(step: StepState, generator: Random, epoch: number): Promise<TrainingState> {
  return {
    epoch,
    params: await allToHost(step.params),
    stats: await allToHost(step.stats),
    velocities: await allToHost(step.velocities),
    random: generator.state(),
  };
}

export function zeroSums(): StepSums {
  const zero = () => toDevice(hostTensor([]));
  return { loss: zero(), crossEntropy: zero(), correct: zero() };
}

export function disposeStep({ params, stats, velocities, sums }: StepState): void {
  for (const part of [params, stats, velocities, sums]) dispose(part);
}
