import { inputError } from "../errors.ts";
import { isObject } from "../json.ts";
import { type Bytes, sliceOf } from "./bytes.ts";
import type { Contents } from "./contents.ts";
import { type ElementType, widthOf } from "./elements.ts";
import { contiguous, type StoredArray, sizeOf } from "./stored-array.ts";

/** Safetensors of any size. Many files with an index: sharded-safetensors.ts. */
const types: Record<string, ElementType> = {
  F64: "f8",
  F32: "f4",
  F16: "f2",
  BF16: "bf",
  I64: "i8",
  I32: "i4",
  I16: "i2",
  I8: "i1",
  U64: "u8",
  U32: "u4",
  U16: "u2",
  U8: "u1",
  BOOL: "b1",
  F8_E4M3: "e4m3",
  F8_E5M2: "e5m2",
  F8_E4M3FNUZ: "e4m3z",
  F8_E5M2FNUZ: "e5m2z",
  F8_E8M0: "e8m0",
};

/** The arrays of one file; those of types that are no plain numbers (complex, less than 8 bits) are skipped, by name. */
export async function safetensorsArrays(whole: Bytes): Promise<Contents> {
  const { what: file, length: size } = whole;
  if (size < 8) throw inputError(file, "a .safetensors file (at least 8 bytes)", `${size} bytes`);
  const start = new Uint8Array(8);
  await whole.readAt?.(0, start);
  const length = Number(new DataView(start.buffer).getBigUint64(0, true));
  // The format's own limit on headers is 100 MB.
  if (!(length <= size - 8 && length <= 100_000_000))
    throw inputError(`${file}: header length`, `at most ${Math.min(size - 8, 100_000_000)}`, length);
  const text = new Uint8Array(length);
  await whole.readAt?.(8, text);
  const header = parseObject(new TextDecoder().decode(text), `${file}: header`);
  const arrays = new Map<string, StoredArray>();
  const skipped = new Map<string, string>();
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
    const what = `${file}, ${name}`;
    if (!Array.isArray(shape)) throw inputError(`${what}: shape`, "a list", shape);
    const entries = sizeOf(shape as number[], what);
    if (typeof dtype !== "string") throw inputError(`${what}: dtype`, "a name", dtype);
    if (!Object.hasOwn(types, dtype)) {
      skipped.set(name, `${shape.join(" x ")} numbers of type ${dtype.slice(0, 40)}`);
      continue;
    }
    const type = types[dtype];
    const [from, to] = Array.isArray(offsets) ? (offsets as number[]) : [];
    if (!(Number.isSafeInteger(from) && from >= 0 && to - from === entries * widthOf(type) && 8 + length + to <= size))
      throw inputError(`${what}: data_offsets`, `${entries * widthOf(type)} bytes inside the file`, offsets);
    const bytes = sliceOf(whole, 8 + length + from, to - from, what);
    arrays.set(name, {
      what,
      shape: shape as number[],
      type,
      littleEndian: true,
      strides: contiguous(shape as number[]),
      bytes,
      offset: 0,
    });
  }
  return { arrays, texts: new Map(), skipped, settings: new Map() };
}

/** A JSON object. Throws InputError for anything else. */
export function parseObject(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw inputError(what, "JSON", text);
  }
  if (!isObject(value)) throw inputError(what, "a JSON object", value);
  return value;
}
