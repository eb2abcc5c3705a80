import type { HostTensor, HostTensors } from "../engine/index.ts";
import { InputError, inputError } from "../errors.ts";
import { decodeSafetensors, encodeSafetensors } from "../features/browser.ts";
import { parts, type TrainingState } from "./state.ts";

/**
 * A training's state as one safetensors file: parameters, batch normalization's statistics and velocities (`params/`, `stats/`,
 * `velocities/` and the name), and as metadata the epochs done, the random generator's state and a checksum (FNV-1a over 64 bits) of all of it. Other tools can read the parameters.
 */
const format = "nclab.checkpoint/1";

/** The bytes of a checkpoint (.safetensors). `about`: further metadata, texts by name, which the checksum covers too. */
export function encodeCheckpoint(state: TrainingState, about: Readonly<Record<string, string>> = {}): Uint8Array {
  const arrays: HostTensors = {};
  for (const part of parts) for (const [name, tensor] of Object.entries(state[part])) arrays[`${part}/${name}`] = tensor;
  return encodeSafetensors(arrays, {
    ...about,
    format,
    epoch: String(state.epoch),
    random: state.random.join(","),
    checksum: checksum(state, about),
  });
}

/** Reads a checkpoint for a run whose start was `start`: the same names and shapes, or InputError naming `what`. `seen` is told what `about` said, before that. */
export function decodeCheckpoint(
  bytes: Uint8Array,
  start: TrainingState,
  what = "checkpoint",
  seen: (about: Record<string, string>) => void = () => {},
): TrainingState {
  const { arrays, metadata } = decodeSafetensors(bytes, what);
  const { format: made, epoch: at, random: generator, checksum: sum, ...about } = metadata;
  if (made !== format) throw inputError(`${what}: format`, format, made);
  seen(about);
  const epoch = Number(at);
  if (at === "" || !Number.isSafeInteger(epoch) || epoch < 0) throw inputError(`${what}: epoch`, "a whole number", at);
  const random = (generator ?? "").split(",").map(Number);
  if (random.length !== 4 || !random.every((x) => Number.isInteger(x) && x >= 0 && x < 2 ** 32))
    throw inputError(`${what}: random`, "four unsigned 32-bit integers", generator);

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
  const state: TrainingState = {
    epoch,
    params: read("params"),
    stats: read("stats"),
    velocities: read("velocities"),
    random: random as [number, number, number, number],
  };
  // Files from before checksums have none.
  if (sum !== undefined && sum !== checksum(state, about))
    throw inputError(`${what}: checksum of its contents`, sum, checksum(state, about));
  return state;
}

/**
 * Two FNV-1a hashes of 32 bits over the numbers' bits, one of the even words and one of the odd: what a disk changed by chance is seen but for one time in 2^32 at
 * least. (A single changed word always is: each step is invertible.) Runs in a browser, where there is no hash that need not be waited for.
 */
function checksum(state: TrainingState, about: Readonly<Record<string, string>>): string {
  const hash = new Uint32Array(2).fill(0x811c9dc5);
  const add = (words: Uint32Array): void => {
    let [even, odd] = hash;
    const pairs = words.length & ~1;
    for (let i = 0; i < pairs; i += 2) {
      even = Math.imul(even ^ words[i], 0x01000193);
      odd = Math.imul(odd ^ words[i + 1], 0x01000193);
    }
    if (pairs < words.length) even = Math.imul(even ^ words[pairs], 0x01000193);
    hash[0] = even;
    hash[1] = odd;
  };
  add(Uint32Array.from([state.epoch, ...state.random]));
  const addText = (text: string): void => add(Uint32Array.from(text, (letter) => letter.codePointAt(0) as number));
  for (const name of Object.keys(about).sort()) {
    addText(name);
    addText(about[name]);
  }
  for (const part of parts)
    for (const name of Object.keys(state[part]).sort()) {
      const { data } = state[part][name];
      addText(name);
      add(new Uint32Array(data.buffer, data.byteOffset, data.length));
    }
  return Array.from(hash, (word) => word.toString(16).padStart(8, "0")).join("");
}
