import { inputError } from "../../errors.ts";
import { type Bytes, inOrder, sliceOf } from "../bytes.ts";
import { unpackLz4Frame, zstandardUnpacker } from "../codecs.ts";
import { type ElementType, widthOf } from "../elements.ts";
import { contiguous, type StoredArray } from "../stored-array.ts";
import type { Batch, Field } from "./messages.ts";
import type { Place } from "./places.ts";

/** A column in one batch. */
export interface Part {
  batch: Batch;
  place: Place;
}

/** Types in Schema.fbs. */
export const types = { int: 2, float: 3, utf8: 5, bool: 6, list: 12, fixedList: 16, largeUtf8: 20, largeList: 21, utf8View: 24 };

/** More than this of one buffer is unpacked at a time. */
const mostUnpacked = 2 ** 30;

/** A buffer as it is when it is unpacked; `length`: what is needed of it. */
export async function bufferOf(
  file: Bytes,
  { batch, place }: Part,
  own: number,
  length: number,
  what: string,
): Promise<Uint8Array> {
  const [at, size] = batch.buffers[place.buffer + own];
  if (!(length >= 0 && length <= mostUnpacked)) throw inputError(`${what}: buffer`, `0 to ${mostUnpacked} bytes here`, length);
  if (length === 0) return new Uint8Array(0);
  if (batch.codec === undefined || size === 0) {
    if (size < length) throw inputError(`${what}: buffer`, `${length} bytes`, size);
    return read(file, at, length);
  }
  if (size < 8) throw inputError(`${what}: buffer`, "at least 8 bytes", size);
  const packed = await read(file, at, size);
  const unpacked = Number(new DataView(packed.buffer).getBigInt64(0, true));
  // Minus one: it was not worth it.
  const whole = unpacked === -1 ? size - 8 : unpacked;
  if (whole < length || whole > length + 64) throw inputError(`${what}: buffer`, `${length} bytes, and at most 64 more`, whole);
  if (unpacked === -1) return packed.subarray(8, 8 + length);
  const unpack = batch.codec === 0 ? unpackLz4Frame : await zstandardUnpacker();
  try {
    return unpack(packed.subarray(8), whole).subarray(0, length);
  } catch (error) {
    throw inputError(`${what}: buffer`, batch.codec === 0 ? "LZ4" : "Zstandard", (error as Error).message);
  }
}

async function read(file: Bytes, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await file.readAt?.(at, bytes);
  return bytes;
}

/** The type of a field's numbers; undefined where it holds something else. */
export function fieldElement({ type, size, signed, dictionary }: Field): ElementType | undefined {
  if (dictionary) return undefined;
  if (type === types.int && [8, 16, 32, 64].includes(size)) return `${signed ? "i" : "u"}${size / 8}` as ElementType;
  if (type === types.float) return (["f2", "f4", "f8"] as const)[size];
  return type === types.bool ? "b1" : undefined;
}

/** Throws InputError with the row where an entry is null. */
export async function checkThere(file: Bytes, part: Part, rowOf: (i: number) => number, what: string): Promise<void> {
  const [n, nulls] = part.batch.nodes[part.place.node];
  if (nulls === 0) return;
  const bits = await bufferOf(file, part, 0, Math.ceil(n / 8), what);
  for (let i = 0; i < n; i++)
    if (((bits[i >> 3] >> (i & 7)) & 1) === 0) throw inputError(`${what}, row ${rowOf(i)}`, "a value", null);
  throw inputError(`${what}: nulls`, `${nulls}`, "none where they are marked");
}

/** Numbers of a column, or of its lists of `entries` numbers each, through all batches. */
export function numberArray(
  file: Bytes,
  parts: readonly Part[],
  field: Field,
  entries: number | null,
  what: string,
): StoredArray {
  const inner = entries === null ? field : field.children[0];
  const type = fieldElement(inner) as ElementType;
  const row = widthOf(type) * (entries ?? 1);
  const starts = [0];
  for (const { batch, place } of parts) starts.push((starts.at(-1) as number) + batch.nodes[place.node][0]);
  const rows = starts.at(-1) as number;
  /** The one that was read last, as it is unpacked whole. */
  let last: { k: number; bytes: Promise<Bytes> } | undefined;
  const partBytes = (k: number): Promise<Bytes> => {
    if (last?.k !== k) last = { k, bytes: batchNumbers(file, parts[k], field, entries, { what, type, firstRow: starts[k] }) };
    return last.bytes;
  };
  const readAt = async (at: number, into: Uint8Array): Promise<void> => {
    if (at + into.length > rows * row) throw inputError(what, `at least ${at + into.length} bytes`, `${rows * row} bytes`);
    for (let done = 0, k = partAt(starts, Math.floor(at / row)); done < into.length; k++) {
      const from = at + done - starts[k] * row;
      const n = Math.min(into.length - done, (starts[k + 1] - starts[k]) * row - from);
      if (n > 0) await (await partBytes(k)).readAt?.(from, into.subarray(done, done + n));
      done += n;
    }
  };
  const shape = entries === null ? [rows] : [rows, entries];
  const bytes: Bytes = { what, length: rows * row, packed: file.length, readAt, reader: (from) => inOrder(readAt, from) };
  return { what, shape, type, littleEndian: true, strides: contiguous(shape), bytes, offset: 0 };
}

/** The last batch that begins at or before a row. */
function partAt(starts: readonly number[], row: number): number {
  let [low, high] = [0, starts.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= row) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

/** The numbers of a batch: where they lie, if they lie there as they are, or unpacked. */
async function batchNumbers(
  file: Bytes,
  part: Part,
  field: Field,
  entries: number | null,
  { what, type, firstRow }: { what: string; type: ElementType; firstRow: number },
): Promise<Bytes> {
  const [rows] = part.batch.nodes[part.place.node];
  await checkThere(file, part, (i) => firstRow + i, what);
  const inner = entries === null ? part : { batch: part.batch, place: part.place.children[0] };
  let first = 0;
  if (entries !== null) {
    if (field.type !== types.fixedList) first = await firstEntry(file, part, field, entries, firstRow, what);
    await checkThere(file, inner, (i) => firstRow + Math.floor((i - first) / entries), what);
  }
  const n = rows * (entries ?? 1);
  const [there] = inner.batch.nodes[inner.place.node];
  if (first + n > there) throw inputError(`${what}: entries`, `${first + n}`, there);
  const width = widthOf(type);
  const [at, size] = inner.batch.buffers[inner.place.buffer + 1];
  if (
    field.type !== types.bool &&
    (entries === null || field.children[0].type !== types.bool) &&
    inner.batch.codec === undefined
  ) {
    if ((first + n) * width > size) throw inputError(`${what}: buffer`, `${(first + n) * width} bytes`, size);
    return sliceOf(file, at + first * width, n * width, what);
  }
  const isBits = type === "b1";
  const own = await bufferOf(file, inner, 1, isBits ? Math.ceil(there / 8) : there * width, what);
  const bytes = isBits
    ? Uint8Array.from({ length: n }, (_, i) => (own[(first + i) >> 3] >> ((first + i) & 7)) & 1)
    : own.subarray(first * width, (first + n) * width);
  return {
    what,
    length: bytes.length,
    readAt: async (from, into) => into.set(bytes.subarray(from, from + into.length)),
    reader: () => {
      throw new TypeError(`${what}: a part is read by its places`);
    },
  };
}

/** The first entry of the first list. Throws InputError where a list has not `entries` entries. */
async function firstEntry(
  file: Bytes,
  part: Part,
  field: Field,
  entries: number,
  firstRow: number,
  what: string,
): Promise<number> {
  const [rows] = part.batch.nodes[part.place.node];
  if (rows === 0) return 0;
  const offsets = await offsetsOf(file, part, 1, rows, field.type === types.largeList, what);
  for (let i = 0; i < rows; i++) {
    const n = offsets[i + 1] - offsets[i];
    if (n !== entries) throw inputError(`${what}, row ${firstRow + i}`, `${entries} numbers, as row 0 has`, n);
  }
  return offsets[0];
}

/** Offsets of lists or words, one more than these. */
export async function offsetsOf(
  file: Bytes,
  part: Part,
  own: number,
  n: number,
  long: boolean,
  what: string,
): Promise<Float64Array | Int32Array> {
  const bytes = await bufferOf(file, part, own, (n + 1) * (long ? 8 : 4), what);
  // A copy: they must begin at a multiple of 8.
  const { buffer } = bytes.slice();
  return long ? Float64Array.from(new BigInt64Array(buffer), Number) : new Int32Array(buffer);
}
