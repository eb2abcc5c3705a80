import { InputError, inputError } from "../errors.ts";
import { bytesOf, entries, type NumericArray, type TypedArray } from "./array.ts";
import { type ElementType, numbersOf, widthOf } from "./elements.ts";

/**
 * NumPy's .npy: a magic string, a version, a header that is a Python dictionary ({'descr', 'fortran_order', 'shape'}), then the numbers.
 * Format: NEP 1 (https://numpy.org/neps/nep-0001-npy-format.html).
 */
export interface NpyHeader {
  /** Element type without byte order: f2, f4, f8, i1-i8, u1-u8, b1. */
  type: ElementType;
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
  const { descr, ...rest } = npyDictionary(bytes, what);
  const type = elementOf(descr.replace(/^[<>|=]/, ""));
  if (!type) throw new UnreadDtype(what, descr.slice(0, 80));
  return { type, littleEndian: !descr.startsWith(">"), ...rest };
}

/** What the header says, whatever the type of the elements is. */
export function npyDictionary(bytes: Uint8Array, what: string): Omit<NpyHeader, "type" | "littleEndian"> & { descr: string } {
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
  const shape = dims
    .split(",")
    .map((d) => d.trim().replace(/L$/, ""))
    .filter((d) => d !== "")
    .map(Number);
  const size = shape.reduce((product, n) => product * n, 1);
  if (shape.some((n) => !Number.isSafeInteger(n)) || !Number.isSafeInteger(size))
    throw inputError(`${what}: shape`, "whole numbers", dims);
  return { descr, fortranOrder: order === "True", shape, offset: start + length };
}

/** An array of text, dates or objects: whole, but no numbers. */
export class UnreadDtype extends InputError {
  /** What it is of. */
  readonly dtype: string;

  constructor(what: string, descr: string) {
    super(`${what}: dtype: expected f2, f4, f8, i1-i8, u1-u8 or b1, got ${descr}`);
    this.dtype = `dtype ${descr}`;
  }
}

/** NumPy's name of a type of numbers, without its byte order; undefined for any other type. */
export function elementOf(descr: string): ElementType | undefined {
  return /^(f[248]|[iu][1248]|b1)$/.test(descr) ? (descr as ElementType) : undefined;
}

/** A whole .npy file as float64 (integers beyond 2^53 lose digits), row-major whatever its order was. */
export function decodeNpy(bytes: Uint8Array, what = ".npy"): NumericArray<Float64Array> {
  const header = parseNpyHeader(bytes, what);
  const size = header.shape.reduce((product, n) => product * n, 1);
  const width = widthOf(header.type);
  if (bytes.length - header.offset !== size * width)
    throw inputError(
      `${what}: numbers`,
      `${size * width} bytes (shape ${header.shape.join(" x ")})`,
      `${bytes.length - header.offset} bytes`,
    );
  // A copy: the numbers must begin at a multiple of 8, and swapping bytes overwrites them.
  const numbers = numbersOf(Uint8Array.from(bytes.subarray(header.offset)), header.type, header.littleEndian);
  const data = numbers instanceof Float64Array ? numbers : Float64Array.from(numbers);
  return { shape: header.shape, data: header.fortranOrder ? toRowMajor(data, header.shape) : data };
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
