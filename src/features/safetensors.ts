import { inputError } from "../errors.ts";
import { isObject } from "../json.ts";
import { bytesOf, entries, type NumericArray, type TypedArray } from "./array.ts";

/**
 * Safetensors: 8 bytes header length (little-endian), a JSON header {name: {dtype, shape, data_offsets}}, then the numbers.
 * Format: https://github.com/huggingface/safetensors
 */
const types: Record<string, { name: string; width: number }> = {
  Float64Array: { name: "F64", width: 8 },
  Float32Array: { name: "F32", width: 4 },
  Int8Array: { name: "I8", width: 1 },
  Int16Array: { name: "I16", width: 2 },
  Int32Array: { name: "I32", width: 4 },
  BigInt64Array: { name: "I64", width: 8 },
  Uint8Array: { name: "U8", width: 1 },
  Uint16Array: { name: "U16", width: 2 },
  Uint32Array: { name: "U32", width: 4 },
  BigUint64Array: { name: "U64", width: 8 },
};

/** The bytes of a .safetensors file. */
export function encodeSafetensors(arrays: Record<string, NumericArray>, metadata?: Record<string, string>): Uint8Array {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  let offset = 0;
  for (const [name, array] of Object.entries(arrays)) {
    entries(`encodeSafetensors: ${name}`, array);
    const end = offset + array.data.byteLength;
    header[name] = { dtype: types[array.data.constructor.name].name, shape: array.shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = JSON.stringify(header);
  const json = new TextEncoder().encode(text + " ".repeat((8 - (new TextEncoder().encode(text).length % 8)) % 8));
  const bytes = new Uint8Array(8 + json.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  let at = 8 + json.length;
  for (const { data } of Object.values(arrays)) {
    bytes.set(bytesOf(data), at);
    at += data.byteLength;
  }
  return bytes;
}

/** What a .safetensors file holds. */
export interface Safetensors {
  /** By name. */
  arrays: Record<string, NumericArray>;
  /** Text by name. */
  metadata: Record<string, string>;
}

/** A small file held in memory, each array in its own type. Throws InputError naming `what`. */
export function decodeSafetensors(bytes: Uint8Array, what = ".safetensors"): Safetensors {
  if (bytes.length < 8) throw inputError(what, "at least 8 bytes", bytes.length);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (8 + length > bytes.length) throw inputError(`${what}: header length`, `at most ${bytes.length - 8}`, length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  } catch {
    throw inputError(`${what}: header`, "JSON", new TextDecoder().decode(bytes.subarray(8, Math.min(8 + length, 80))));
  }
  const result: Safetensors = { arrays: {}, metadata: {} };
  for (const [name, value] of Object.entries(objectOf(header, `${what}: header`))) {
    if (name === "__metadata__") {
      for (const [key, text] of Object.entries(objectOf(value, `${what}: __metadata__`))) {
        if (typeof text !== "string") throw inputError(`${what}: __metadata__.${key}`, "a text", text);
        result.metadata[key] = text;
      }
      continue;
    }
    const entry = objectOf(value, `${what}: ${name}`) as { dtype: string; shape: number[]; data_offsets: [number, number] };
    const sizes = (list: unknown): boolean =>
      Array.isArray(list) && list.every((n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0);
    if (!sizes(entry.shape)) throw inputError(`${what}: shape of ${name}`, "a list of whole numbers", entry.shape);
    if (!sizes(entry.data_offsets) || entry.data_offsets.length !== 2)
      throw inputError(`${what}: data_offsets of ${name}`, "two whole numbers", entry.data_offsets);
    const [from, to] = entry.data_offsets;
    const size = entry.shape.reduce((product, n) => product * n, 1);
    const element = Object.entries(types).find(([, t]) => t.name === entry.dtype);
    if (!element)
      throw inputError(
        `${what}: dtype of ${name}`,
        Object.values(types)
          .map((t) => t.name)
          .join(", "),
        entry.dtype,
      );
    if (!(from >= 0 && to - from === size * element[1].width && 8 + length + to <= bytes.length))
      throw inputError(`${what}: ${name}`, `data_offsets of ${size} numbers inside the file`, entry.data_offsets);
    // A copy of its own: a Node Buffer's slice() would share, and show, the whole pool's memory.
    const buffer = Uint8Array.from(bytes.subarray(8 + length + from, 8 + length + to)).buffer;
    const Type = (globalThis as unknown as Record<string, new (b: ArrayBufferLike) => TypedArray>)[element[0]];
    result.arrays[name] = { shape: entry.shape, data: new Type(buffer) };
  }
  return result;
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (!isObject(value)) throw inputError(what, "a JSON object", value);
  return value;
}
