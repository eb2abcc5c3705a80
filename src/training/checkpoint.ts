import { InputError, inputError } from "../errors.ts";
import { decodeSafetensors, encodeSafetensors } from "../features/safetensors.ts";
import type { HostTensor, HostTensors } from "../networks/index.ts";
import type { TrainingState } from "./state.ts";

/**
 * A training's state as one safetensors file: parameters, batch normalization's statistics and velocities (`params/`, `stats/`,
 * `velocities/` and the name), and as metadata the epochs done and the random generator's state. Other tools can read the parameters.
 */
const parts = ["params", "stats", "velocities"] as const;
const format = "nclab.checkpoint/1";

/** The bytes of a checkpoint (.safetensors). */
export function encodeCheckpoint(state: TrainingState): Uint8Array {
  const arrays: HostTensors = {};
  for (const part of parts) for (const [name, tensor] of Object.entries(state[part])) arrays[`${part}/${name}`] = tensor;
  return encodeSafetensors(arrays, { format, epoch: String(state.epoch), random: state.random.join(",") });
}

/** Reads a checkpoint for a run whose start was `start`: the same names and shapes, or InputError naming `what`. */
export function decodeCheckpoint(bytes: Uint8Array, start: TrainingState, what = "checkpoint"): TrainingState {
  const { arrays, metadata } = decodeSafetensors(bytes, what);
  if (metadata.format !== format) throw inputError(`${what}: format`, format, metadata.format);
  const epoch = Number(metadata.epoch);
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw inputError(`${what}: epoch`, "a whole number", metadata.epoch);
  const random = (metadata.random ?? "").split(",").map(Number);
  if (random.length !== 4 || !random.every((x) => Number.isInteger(x) && x >= 0 && x < 2 ** 32))
    throw inputError(`${what}: random`, "four unsigned 32-bit integers", metadata.random);

  const read = (part: (typeof parts)[number]): HostTensors =>
    Object.fromEntries(
      Object.entries(start[part]).map(([name, expected]): [string, HostTensor] => {
        const found = arrays[`${part}/${name}`];
        if (!found) throw new InputError(`${what}: expected an array ${part}/${name}, got none`);
        const same = found.shape.join() === expected.shape.join() && found.data.length === expected.data.length;
        if (!same || !(found.data instanceof Float32Array))
          throw inputError(`${what}: ${part}/${name}`, `float32 of shape ${expected.shape.join(" x ")}`, found.shape.join(" x "));
        return [name, { shape: found.shape, data: found.data as HostTensor["data"] }];
      }),
    );
  return {
    epoch,
    params: read("params"),
    stats: read("stats"),
    velocities: read("velocities"),
    random: random as [number, number, number, number],
  };
}
