import { inputError } from "../errors.ts";
import { bytesOf, entries, type NumericArray, type TypedArray } from "./array.ts";

/**
 * NumPy's .npy: a magic string, a version, a header that is a Python dictionary ({'descr', 'fortran_order', 'shape'}), then the numbers.
 * Format: NEP 1 (https://numpy.org/neps/nep-0001-npy-format.html).
 */
export interface NpyHeader {
  /** Element type without byte order: f2, f4, f8, i1-i8, u1-u8, b1. */
  type: string;
  littleEndian: boolean;
  fortranOrder: boolean;
  shape: number[];
  /** Where the numbers begin. */
  offset: number;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** The bytes of a .npy file (version 1.0, little-endian, C order). Throws RangeError where shape and data differ. */
export function encodeNpy(array: NumericArray): Uint8Array {
  entries("encodeNpy", array);
  const shape = array.shape.length === 1 ? `(${array.shape[0]},)` : `(${array.shape.join(", ")})`;
  let header = `{'descr': '${descriptor(array.data)}', 'fortran_order': False, 'shape': ${shape}, }`;
  // The numbers begin at a multiple of 64; the header ends with a newline.
  header += `${" ".repeat(63 - ((10 + header.length) % 64))}\n`;
  const body = bytesOf(array.data);
  const bytes = new Uint8Array(10 + header.length + body.length);
  bytes.set(magic);
  bytes.set([1, 0, header.length & 255, header.length >> 8], 6);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(body, 10 + header.length);
  return bytes;
}

function descriptor(data: TypedArray): string {
  const kind = /^Float/.test(data.constructor.name) ? "f" : /Uint/.test(data.constructor.name) ? "u" : "i";
  return `${data.BYTES_PER_ELEMENT === 1 ? "|" : "<"}${kind}${data.BYTES_PER_ELEMENT}`;
}

/** Reads the header at the start of `bytes` (at least the header's own bytes must be there). Throws InputError naming `what`. */
export function parseNpyHeader(bytes: Uint8Array, what: string): NpyHeader {
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte))
    throw inputError(what, "a .npy file (magic \\x93NUMPY)", `first bytes ${[...bytes.subarray(0, 6)].join(" ")}`);
  const version = bytes[6];
  if (version < 1 || version > 3) throw inputError(`${what}: version`, "1, 2 or 3", version);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const length =
    version === 1 ? view.getUint16(8, true) : bytes.length >= 12 ? view.getUint32(8, true) : Number.POSITIVE_INFINITY;
  if (length > 1 << 20 || start + length > bytes.length)
    throw inputError(`${what}: header length`, `at most ${Math.max(0, bytes.length - start)} bytes`, length);
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(bytes.subarray(start, start + length));
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const dims = /'shape'\s*:\s*\(([\d\sL,]*)\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || dims === undefined)
    throw inputError(`${what}: header`, "descr (a plain type), fortran_order and shape", text.trim());
  const type = /^([<>|=]?)([fiub])([1248])$/.exec(descr);
  if (!type || (type[2] === "f" && type[3] === "1") || (type[2] === "b" && type[3] !== "1"))
    throw inputError(`${what}: dtype`, "f2, f4, f8, i1-i8, u1-u8 or b1", descr);
  const shape = dims
    .split(",")
    .map((d) => d.trim().replace(/L$/, ""))
    .filter((d) => d !== "")
    .map(Number);
  const size = shape.reduce((product, n) => product * n, 1);
  if (shape.some((n) => !Number.isSafeInteger(n)) || !Number.isSafeInteger(size))
    throw inputError(`${what}: shape`, "whole numbers", dims);
  return {
    type: type[2] + type[3],
    littleEndian: type[1] !== ">",
    fortranOrder: order === "True",
    shape,
    offset: start + length,
  };
}

/** A whole .npy file as float64 (integers beyond 2^53 lose digits), row-major whatever its order was. */
export function decodeNpy(bytes: Uint8Array, what = ".npy"): NumericArray<Float64Array> {
  const header = parseNpyHeader(bytes, what);
  const size = header.shape.reduce((product, n) => product * n, 1);
  const width = Number(header.type[1]);
  if (bytes.length - header.offset !== size * width)
    throw inputError(
      `${what}: numbers`,
      `${size * width} bytes (shape ${header.shape.join(" x ")})`,
      `${bytes.length - header.offset} bytes`,
    );
  const data = toFloat64(bytes.subarray(header.offset), header.type, header.littleEndian);
  return { shape: header.shape, data: header.fortranOrder ? toRowMajor(data, header.shape) : data };
}

/** Raw bytes -> numbers. `type`: f2, f4, f8, i1-i8, u1-u8, b1, and bf (bfloat16). */
export function toFloat64(bytes: Uint8Array, type: string, littleEndian = true): Float64Array {
  const width = type === "bf" ? 2 : Number(type[1]);
  const n = Math.floor(bytes.length / width);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float64Array(n);
  const read = readers[type];
  for (let i = 0; i < n; i++) out[i] = read(view, i * width, littleEndian);
  return out;
}

type Read = (view: DataView, at: number, littleEndian: boolean) => number;
const scratch = new DataView(new ArrayBuffer(4));
const readers: Record<string, Read> = {
  f8: (v, at, le) => v.getFloat64(at, le),
  f4: (v, at, le) => v.getFloat32(at, le),
  f2: (v, at, le) => half(v.getUint16(at, le)),
  bf: (v, at, le) => {
    scratch.setUint32(0, v.getUint16(at, le) << 16);
    return scratch.getFloat32(0);
  },
  i1: (v, at) => v.getInt8(at),
  i2: (v, at, le) => v.getInt16(at, le),
  i4: (v, at, le) => v.getInt32(at, le),
  i8: (v, at, le) => Number(v.getBigInt64(at, le)),
  u1: (v, at) => v.getUint8(at),
  u2: (v, at, le) => v.getUint16(at, le),
  u4: (v, at, le) => v.getUint32(at, le),
  u8: (v, at, le) => Number(v.getBigUint64(at, le)),
  b1: (v, at) => v.getUint8(at),
};

/** IEEE binary16. */
function half(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

function toRowMajor(data: Float64Array, shape: readonly number[]): Float64Array {
  const out = new Float64Array(data.length);
  const index = new Array<number>(shape.length).fill(0);
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((product, n) => product * n, 1));
  // Fortran order: the first index runs fastest.
  for (let i = 0; i < data.length; i++) {
    out[index.reduce((at, x, d) => at + x * strides[d], 0)] = data[i];
    for (let d = 0; d < shape.length && ++index[d] === shape[d]; d++) index[d] = 0;
  }
  return out;
}
