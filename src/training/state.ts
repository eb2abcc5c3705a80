import { type HostTensors, hostTensor } from "../engine/index.ts";
import { type Random, random } from "../math/index.ts";
import type { Network } from "../networks/index.ts";

/**
 * The state of a training between two epochs, as plain data outside the device. It decides everything that follows: training from a
 * saved state gives the numbers of the unbroken run, bit for bit.
 */
export interface TrainingState extends NetworkState {
  /** Epochs done. */
  epoch: number;
  /** Momentum. */
  velocities: HostTensors;
  /** State of the generator that shuffles the epochs. */
  random: readonly [number, number, number, number];
}

/** A network between two steps. */
export interface NetworkState {
  /** Parameters by name. */
  params: HostTensors;
  /** Running statistics of batch normalization. */
  stats: HostTensors;
}

/** The parts of a state, and the beginning of the names of their arrays on the device and in checkpoints: `params/NAME`. */
export const parts = ["params", "stats", "velocities"] as const;
export type Part = (typeof parts)[number];

/** Sums over an epoch's steps, added up on the device so that no step waits for a read. */
export const sumNames = ["loss", "crossEntropy", "correct"] as const;
export const sumsZero = (): HostTensors => Object.fromEntries(sumNames.map((name) => [`sums/${name}`, hostTensor([])]));

/** The start: initial values drawn from the seed; the same generator then shuffles the epochs. */
export function initialState(network: Network, seed: number): TrainingState {
  const generator = random(seed);
  const { params, stats } = network.init(generator);
  return { epoch: 0, params, stats, velocities: zerosLike(params), random: generator.state() };
}

export const zerosLike = (arrays: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(arrays).map(([name, { shape }]) => [name, hostTensor(shape)]));

/** Some parts' arrays under the names that they have on the device. */
export function heldArrays(state: Partial<Record<Part, HostTensors>>): HostTensors {
  return Object.assign({}, ...parts.map((part) => renamed(state[part] ?? {}, (name) => `${part}/${name}`)));
}

/** A state from the arrays of the device. */
export function stateFrom(held: HostTensors, generator: Random, epoch: number): TrainingState {
  const of = (part: Part): HostTensors => {
    const names = Object.keys(held).filter((name) => name.startsWith(`${part}/`));
    return Object.fromEntries(names.map((name) => [name.slice(part.length + 1), held[name]]));
  };
  return { epoch, params: of("params"), stats: of("stats"), velocities: of("velocities"), random: generator.state() };
}

/** A state in which some arrays have been moved to their end: their velocities are 0. */
export const atRest = (state: TrainingState, names: readonly string[]): TrainingState => ({
  ...state,
  velocities: { ...state.velocities, ...zerosLike(chosen(state.params, names)) },
});

/** Some of a dictionary's entries. */
export const chosen = <T>(all: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, all[name]]));

const renamed = (arrays: HostTensors, to: (name: string) => string): HostTensors =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [to(name), array]));
