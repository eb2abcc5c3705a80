import { inputError } from "../../errors.ts";
import { type Bytes, sliceOf } from "../bytes.ts";
import { type ElementType, widthOf } from "../elements.ts";
import { lazyBytes } from "../memory-bytes.ts";
import { type MessageReader, mostListBytes, type WireField } from "../protobuf.ts";
import { contiguous, type StoredArray, sizeOf } from "../stored-array.ts";

/** A message TensorProto (onnx.proto3): its name and shape, and where its numbers are. */
export interface Tensor {
  name: string;
  shape: number[];
  /** TensorProto.DataType. */
  type: number;
  /** raw_data: the numbers as they lie in memory, the least byte first. */
  raw?: WireField;
  /** float_data, int32_data, int64_data, double_data, uint64_data by their numbers in the schema. */
  typed: Map<number, WireField[]>;
  /** external_data: keys location, offset, length. */
  external: Map<string, string>;
  isExternal: boolean;
}

const types: Record<number, ElementType> = {
  1: "f4",
  2: "u1",
  3: "i1",
  4: "u2",
  5: "i2",
  6: "i4",
  7: "i8",
  9: "b1",
  10: "f2",
  11: "f8",
  12: "u4",
  13: "u8",
  16: "bf",
  17: "e4m3",
  18: "e4m3z",
  19: "e5m2",
  20: "e5m2z",
  24: "e8m0",
};

/** More axes no tensor has. */
export const mostAxes = 64;

/** In which field the numbers of a type stand where they are not raw: floats as they are, all others as integers of any length. */
const fieldOf = (type: number): number =>
  type === 1 ? 4 : type === 7 ? 7 : type === 11 ? 10 : type === 12 || type === 13 ? 11 : 5;

/** Reads what is said of a tensor, none of its numbers. */
export async function tensorAt(reader: MessageReader, from: number, to: number, bytes: Bytes): Promise<Tensor> {
  const tensor: Tensor = { name: "", shape: [], type: 0, typed: new Map(), external: new Map(), isExternal: false };
  for await (const field of reader.fields(from, to)) {
    const { id, value } = field;
    if (id === 1) for (const n of await reader.integers(field, mostAxes)) tensor.shape.push(Number(BigInt.asIntN(64, n)));
    else if (id === 2) tensor.type = Number(value);
    else if (id === 8) tensor.name = await reader.text(field);
    else if (id === 9) tensor.raw = field;
    else if (id === 13) await addEntry(reader, field, tensor.external);
    else if (id === 14) tensor.isExternal = value === 1n;
    else if ([4, 5, 7, 10, 11].includes(id)) {
      const before = tensor.typed.get(id);
      if (before) before.push(field);
      else tensor.typed.set(id, [field]);
    }
    if (tensor.shape.length > mostAxes)
      throw inputError(`${bytes.what}, ${tensor.name}: shape`, `at most ${mostAxes} axes`, "more");
  }
  return tensor;
}

async function addEntry(reader: MessageReader, { from, to }: WireField, entries: Map<string, string>): Promise<void> {
  let [key, value] = ["", ""];
  for await (const field of reader.fields(from, to)) {
    if (field.id === 1) key = await reader.text(field);
    if (field.id === 2) value = await reader.text(field);
  }
  entries.set(key, value);
}

/** Opens a file beside the model's by its name, as far as that is allowed. */
export type Beside = (location: string) => Promise<Bytes>;

/** Its numbers as an array of the file, nothing read yet. Throws InputError where there are more or fewer than the shape says, or of a type that is not read. */
export async function arrayOf(tensor: Tensor, reader: MessageReader, bytes: Bytes, beside: Beside): Promise<StoredArray> {
  const { name, shape, type, raw, typed } = tensor;
  const what = `${bytes.what}, ${name}`;
  const element = types[type];
  if (element === undefined) throw inputError(`${what}: type`, "numbers of at least 8 bits", `ONNX's type ${type}`);
  const n = sizeOf(shape, what);
  const wanted = n * widthOf(element);
  const array = (of: Bytes): StoredArray => ({
    what,
    shape,
    type: element,
    littleEndian: true,
    strides: contiguous(shape),
    bytes: of,
    offset: 0,
  });
  if (tensor.isExternal) return array(await externalBytes(tensor, wanted, what, beside));
  if (raw) {
    if (raw.to - raw.from !== wanted)
      throw inputError(`${what}: numbers`, `${wanted} bytes (shape ${shape.join(" x ")})`, raw.to - raw.from);
    return array(sliceOf(bytes, raw.from, wanted, what));
  }
  const parts = typed.get(fieldOf(type)) ?? [];
  // float_data and double_data, packed, lie there as they are in memory.
  if ((type === 1 || type === 11) && parts.length === 1 && parts[0].wire === 2) {
    const [{ from, to }] = parts;
    if (to - from !== wanted) throw inputError(`${what}: numbers`, `${wanted} bytes (shape ${shape.join(" x ")})`, to - from);
    return array(sliceOf(bytes, from, wanted, what));
  }
  // An integer takes a byte or more: what is made of them is at most eight times as long as they are.
  const length = parts.reduce((sum, { from, to, wire }) => sum + (wire === 0 ? 1 : to - from), 0);
  if (length > mostListBytes)
    throw inputError(`${what}: numbers`, `at most ${mostListBytes} bytes where they are not raw`, length);
  if (n > length) throw inputError(`${what}: numbers`, `${n} (shape ${shape.join(" x ")})`, `${length} bytes`);
  return array(lazyBytes(what, wanted, () => typedBytes(reader, parts, element, n, what)));
}

async function externalBytes({ external }: Tensor, wanted: number, what: string, beside: Beside): Promise<Bytes> {
  const location = external.get("location") ?? "";
  const whole = await beside(location);
  const [offset, length] = [Number(external.get("offset") ?? 0), Number(external.get("length") ?? wanted)];
  if (length !== wanted || !Number.isSafeInteger(offset))
    throw inputError(
      `${what}: external data`,
      `${wanted} bytes, as the shape says`,
      `${external.get("length")} from ${external.get("offset")}`,
    );
  return sliceOf(whole, offset, length, what);
}

/** The numbers of repeated fields, packed or one by one, in the element's own bytes. */
async function typedBytes(
  reader: MessageReader,
  parts: readonly WireField[],
  element: ElementType,
  n: number,
  what: string,
): Promise<Uint8Array> {
  const width = widthOf(element);
  const out = new Uint8Array(n * width);
  const view = new DataView(out.buffer);
  let done = 0;
  for (const part of parts) {
    if (element === "f4" || element === "f8") {
      // One by one: four or eight bytes each.
      if (done + (part.to - part.from) / width > n) throw inputError(`${what}: numbers`, `${n}`, "more");
      const own = await reader.bytes(part);
      out.set(own, done * width);
      done += own.length / width;
      continue;
    }
    for (const value of await reader.integers(part, n - done)) {
      for (let k = 0; k < width; k++) view.setUint8(done * width + k, Number((value >> BigInt(8 * k)) & 255n));
      done++;
    }
  }
  if (done !== n) throw inputError(`${what}: numbers`, `${n}`, done);
  return out;
}
