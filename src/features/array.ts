/** An array as file formats know it: a shape (row-major) and its numbers. */
export interface NumericArray<T extends TypedArray = TypedArray> {
  /** Sizes along the axes, slowest first. */
  shape: readonly number[];
  /** Entries, row-major. */
  data: T;
}

/** The element types that .npy and .safetensors share. */
export type TypedArray =
  | Float64Array
  | Float32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** Number of entries; throws RangeError if it does not fit the data. */
export function entries(what: string, { shape, data }: NumericArray): number {
  const size = shape.reduce((product, n) => product * n, 1);
  if (size !== data.length) throw new RangeError(`${what}: shape ${shape.join(" x ")} holds ${size} numbers, got ${data.length}`);
  return size;
}

/** The bytes of the numbers, little-endian (every engine that runs this is). */
export function bytesOf(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
