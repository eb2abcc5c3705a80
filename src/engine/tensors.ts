import { inputError } from "../errors.ts";
import { sizeOf } from "./graph.ts";

/**
 * Arrays outside the device: a shape and its float32 values, row-major. Initial values, checkpoints and features are these; a
 * network between two steps is a dictionary of them and nothing more.
 */
export interface HostTensor {
  /** Sizes along the axes. */
  readonly shape: readonly number[];
  /** Entries, row-major. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** Arrays outside the device by name. */
export type HostTensors = { [name: string]: HostTensor };

/** Zeros, the values of a function of the index, or given ones. Throws InputError where these are not as many as the shape says. */
export function hostTensor(shape: readonly number[], value?: ((i: number) => number) | ArrayLike<number>): HostTensor {
  const data = new Float32Array(sizeOf(shape));
  if (typeof value === "function") for (let i = 0; i < data.length; i++) data[i] = value(i);
  else if (value) {
    if (value.length !== data.length)
      throw inputError("numbers", `${data.length} for the shape ${shape.join(" x ")}`, value.length);
    data.set(value);
  }
  return { shape, data };
}

/** Throws InputError for an array that has not as many numbers as its shape says. */
export function checkLengths(arrays: HostTensors): void {
  for (const [name, { shape, data }] of Object.entries(arrays)) {
    const floats = sizeOf(shape);
    if (data.length !== floats) throw inputError(`array ${name}`, `${floats} numbers of shape ${shape.join(" x ")}`, data.length);
  }
}
