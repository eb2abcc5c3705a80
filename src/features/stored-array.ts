import { InputError, inputError } from "../errors.ts";
import { anyRows } from "./any-strides.ts";
import type { NumericArray } from "./array.ts";
import type { Bytes } from "./bytes.ts";
import { type ElementType, numbersOf, widthOf } from "./elements.ts";

/** An array in a file: what it holds and where, nothing read yet. */
export interface StoredArray {
  /** For messages: file and name. */
  readonly what: string;
  /** Sizes along the axes. */
  readonly shape: readonly number[];
  /** Element type without byte order. */
  readonly type: ElementType;
  /** Byte order. */
  readonly littleEndian: boolean;
  /** Steps between neighbours along each axis, in elements. */
  readonly strides: readonly number[];
  /** Where the bytes are. */
  readonly bytes: Bytes;
  /** Where the first element lies, in bytes. */
  readonly offset: number;
  /** Whether the array is a list of numbers, or a part of a list or of a weight that is there as one array too: such an array plays a role only if its name says so. */
  readonly aside?: boolean;
  /** Whether the file says that this is a dense layer's weight which stands as d x K. */
  readonly kernel?: boolean;
  /** The array of the file that it is a part of, where an index took it out (`W[0]`). */
  readonly part?: StoredArray;
}

/** A block of rows of a stored array, float32 where the file is. The numbers are overwritten by the next block. */
export interface Rows {
  /** Index of the first of them. */
  first: number;
  /** How many rows. */
  n: number;
  /** n x d, row-major. */
  values: Float32Array | Float64Array;
}

export function contiguous(shape: readonly number[], fortran = false): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let k = 0; k < shape.length; k++) {
    const axis = fortran ? k : shape.length - 1 - k;
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

/** Entries of a shape; throws InputError where it is no shape of an array. */
export function sizeOf(shape: readonly number[], what: string): number {
  let size = 1;
  for (const n of shape) {
    if (!(Number.isSafeInteger(n) && n >= 0)) throw inputError(`${what}: shape`, "whole numbers", shape);
    size *= n;
  }
  if (!Number.isSafeInteger(size) || shape.length > 64) throw inputError(`${what}: shape`, "one that a file can hold", shape);
  return size;
}

/** Rows and their length: axes after the first are one. */
export function rowsOf({ shape, what }: StoredArray): { n: number; d: number } {
  if (shape.length === 0) throw inputError(`${what}: shape`, "at least one axis", "a single number");
  return { n: shape[0], d: shape.slice(1).reduce((product, n) => product * n, 1) };
}

/** Numbers that are read whatever they were packed from or are shown of: 32 MB of float64. */
const little = 2 ** 22;

/**
 * Rows `from` to `to` in blocks of at most `step`. Memory: two blocks, whatever the size of the file; a column-major file is read a
 * block of every column at a time. After the last block the checksum is compared, where the bytes have one.
 */
export async function* rowBlocks(array: StoredArray, from: number, to: number, step: number): AsyncGenerator<Rows> {
  const { what, type, littleEndian, bytes, offset } = array;
  const { n: N, d } = rowsOf(array);
  if (!(from >= 0 && from <= to && to <= N)) throw inputError(`${what}: rows`, `a range inside 0..${N}`, `${from}..${to}`);
  if (from === to || d === 0) return;
  const width = widthOf(type);
  const layout = layoutOf(array, d);
  if (layout === "any") {
    mostlyOnce(array, N * d);
    yield* anyRows(array, from, to, step);
    return;
  }
  if (layout.columns) {
    if (!bytes.readAt) throw new InputError(`${what}: expected rows one after the other, got columns in a compressed file`);
    const buffer = new Uint8Array(step * d * width);
    let out = new Float64Array(0);
    for (let first = from; first < to; first += step) {
      const n = Math.min(step, to - first);
      for (let j = 0; j < d; j++)
        await bytes.readAt(offset + (j * layout.step + first) * width, buffer.subarray(j * n * width, (j + 1) * n * width));
      if (out.length !== n * d) out = new Float64Array(n * d);
      transposeInto(out, numbersOf(buffer.subarray(0, n * d * width), type, littleEndian), n, d);
      yield { first, n, values: out };
    }
    await bytes.verify?.();
    return;
  }
  const stride = layout.step;
  const reader = bytes.reader(offset + from * stride * width);
  try {
    const buffer = new Uint8Array(((step - 1) * stride + d) * width);
    const gap = new Uint8Array(Math.max(0, stride - d) * width);
    for (let first = from; first < to; first += step) {
      const n = Math.min(step, to - first);
      if (stride === d) {
        await reader.fill(buffer.subarray(0, n * d * width));
        yield { first, n, values: numbersOf(buffer.subarray(0, n * d * width), type, littleEndian) };
        continue;
      }
      for (let i = 0; i < n; i++) {
        await reader.fill(buffer.subarray(i * d * width, (i + 1) * d * width));
        if (first + i + 1 < to) await reader.fill(gap);
      }
      yield { first, n, values: numbersOf(buffer.subarray(0, n * d * width), type, littleEndian) };
    }
  } finally {
    await reader.close();
  }
  await bytes.verify?.();
}

/** Rows one after the other `step` elements apart, or columns `step` apart, or axes in any order. */
function layoutOf({ shape, strides }: StoredArray, d: number): { columns: boolean; step: number } | "any" {
  const inner = contiguous(shape.slice(1));
  const long = (k: number): boolean => shape[k] > 1;
  if (inner.every((s, k) => !long(k + 1) || strides[k + 1] === s)) {
    if (!long(0)) return { columns: false, step: d };
    if (strides[0] >= d) return { columns: false, step: strides[0] };
  }
  const axes = shape.map((_, k) => k).filter(long);
  if (axes.length === 1 && strides[axes[0]] === 1) return { columns: false, step: d };
  if (shape.length === 2 && strides[0] === 1 && strides[1] >= shape[0]) return { columns: true, step: strides[1] };
  return "any";
}

/** Throws InputError where a large view shows its numbers more than a hundred times each on average: work and memory are bounded by the file. */
function mostlyOnce({ what, type, bytes }: StoredArray, size: number): void {
  const stored = Math.floor(bytes.length / widthOf(type));
  if (size > little && size > 100 * stored)
    throw inputError(`${what}: size`, `at most 100 times the ${stored} numbers that it shows`, size);
}

function transposeInto(out: Float64Array, columns: Float32Array | Float64Array, n: number, d: number): void {
  const tile = 32;
  for (let i0 = 0; i0 < n; i0 += tile) {
    const i1 = Math.min(n, i0 + tile);
    for (let j = 0; j < d; j++) for (let i = i0; i < i1; i++) out[i * d + j] = columns[j * n + i];
  }
}

/**
 * The whole array in memory, row-major, in float64. Throws InputError above `most` entries, and where a large array unpacks to more than a
 * hundred times its bytes in the file: weights and features do not pack like that, and memory is bounded by the file.
 */
export async function readWhole(array: StoredArray, most: number = 2 ** 28): Promise<NumericArray<Float64Array>> {
  const size = sizeOf(array.shape, array.what);
  if (size > most) throw inputError(`${array.what}: size`, `at most ${most} numbers here`, size);
  const { packed, length } = array.bytes;
  if (size > little && packed !== undefined && length > 100 * packed)
    throw inputError(`${array.what}: size`, `at most 100 times its ${packed} packed bytes`, length);
  const data = new Float64Array(size);
  if (size > 0) {
    const flat = array.shape.length === 0 ? { ...array, shape: [1], strides: [1] } : array;
    const { n, d } = rowsOf(flat);
    // Axes in any order are read in one go where they lie close together.
    const step = Math.max(1, Math.floor((layoutOf(flat, d) === "any" ? little : 2 ** 17) / d));
    for await (const block of rowBlocks(flat, 0, n, Math.min(n, step))) data.set(block.values, block.first * d);
  }
  return { shape: [...array.shape], data };
}
