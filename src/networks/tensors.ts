import { jax, type Tensor, type Tensors } from "./backend.ts";

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

/** Zeros, or the values of a function of the index. */
export function hostTensor(shape: readonly number[], value?: (i: number) => number): HostTensor {
  const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
  if (value) for (let i = 0; i < data.length; i++) data[i] = value(i);
  return { shape, data };
}

/** Copies an array to the device. */
export function toDevice(tensor: HostTensor): Tensor {
  return jax.numpy.array(tensor.data, { shape: [...tensor.shape] });
}

/** Reads an array without giving it away. */
export async function toHost(tensor: Tensor): Promise<HostTensor> {
  return { shape: [...tensor.shape], data: (await tensor.ref.data()) as Float32Array<ArrayBuffer> };
}

/** Copies every array to the device. */
export function allToDevice(tensors: HostTensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toDevice(tensor)]));
}

/** Reads every array without giving it away. */
export async function allToHost(tensors: Tensors): Promise<HostTensors> {
  const host: HostTensors = {};
  for (const [name, tensor] of Object.entries(tensors)) host[name] = await toHost(tensor);
  return host;
}

/** Every array once more, for a call that would otherwise take them. */
export function refs(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.ref]));
}

/** Gives the arrays back to the device. */
export function dispose(tensors: Tensors): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}
