import { inputError } from "../errors.ts";
import { float8Formats, tableOf } from "./float8.ts";

/**
 * Element types of files and their numbers. Names: f2 f4 f8 (IEEE), bf (bfloat16), i1-i8, u1-u8, b1, and the 8-bit floats of float8.ts.
 * Single and double precision come out as they are, everything else as float64 (integers beyond 2^53 lose digits).
 */
export type ElementType =
  | "f2"
  | "f4"
  | "f8"
  | "bf"
  | "i1"
  | "i2"
  | "i4"
  | "i8"
  | "u1"
  | "u2"
  | "u4"
  | "u8"
  | "b1"
  | "e4m3"
  | "e5m2"
  | "e4m3z"
  | "e5m2z"
  | "e8m0";

const widths: Record<ElementType, number> = {
  f2: 2,
  f4: 4,
  f8: 8,
  bf: 2,
  i1: 1,
  i2: 2,
  i4: 4,
  i8: 8,
  u1: 1,
  u2: 2,
  u4: 4,
  u8: 8,
  b1: 1,
  e4m3: 1,
  e5m2: 1,
  e4m3z: 1,
  e5m2z: 1,
  e8m0: 1,
};

export function widthOf(type: ElementType): number {
  return widths[type];
}

/**
 * The numbers in `bytes`, which must begin at a multiple of 8 in their buffer; the bytes are overwritten where they must be swapped, and
 * the result may be a view of them.
 */
export function numbersOf(bytes: Uint8Array, type: ElementType, littleEndian: boolean): Float32Array | Float64Array {
  const width = widthOf(type);
  if (bytes.length % width !== 0) throw inputError("numbers", `a multiple of ${width} bytes`, bytes.length);
  if (!littleEndian && width > 1) swap(bytes, width);
  const n = bytes.length / width;
  const view = <T>(Type: new (buffer: ArrayBufferLike, offset: number, length: number) => T): T =>
    new Type(bytes.buffer, bytes.byteOffset, n);
  switch (type) {
    case "f4":
      return view(Float32Array);
    case "f8":
      return view(Float64Array);
    case "f2":
      return throughTable(view(Uint16Array), halves());
    case "bf":
      return widened(view(Uint16Array));
    case "i8":
      return Float64Array.from(view(BigInt64Array), Number);
    case "u8":
      return Float64Array.from(view(BigUint64Array), Number);
    case "e4m3":
    case "e5m2":
    case "e4m3z":
    case "e5m2z":
    case "e8m0":
      return throughTable(bytes, tableOf(float8Formats[type]));
    default:
      return Float64Array.from(view<ArrayLike<number>>(small[type]));
  }
}

const small = {
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  b1: Uint8Array,
};

function swap(bytes: Uint8Array, width: number): void {
  for (let i = 0; i < bytes.length; i += width) {
    for (let a = i, b = i + width - 1; a < b; a++, b--) {
      const t = bytes[a];
      bytes[a] = bytes[b];
      bytes[b] = t;
    }
  }
}

let allHalves: Float32Array | undefined;

function halves(): Float32Array {
  allHalves ??= Float32Array.from({ length: 65536 }, (_, h) => half(h));
  return allHalves;
}

/** A number for each code: all 65536 of binary16, all 256 of an 8-bit float. */
function throughTable(from: Uint16Array | Uint8Array, table: Float32Array): Float32Array {
  const to = new Float32Array(from.length);
  for (let i = 0; i < from.length; i++) to[i] = table[from[i]];
  return to;
}

/** IEEE binary16. */
export function half(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** bfloat16 is the upper half of a float32. */
function widened(from: Uint16Array): Float32Array {
  const bits = new Uint32Array(from.length);
  for (let i = 0; i < from.length; i++) bits[i] = from[i] << 16;
  return new Float32Array(bits.buffer);
}
