import { InputError, inputError } from "../errors.ts";
import type { Bytes } from "./bytes.ts";
import { type ElementType, widthOf } from "./elements.ts";
import { isKind, nameOf, type Opaque, type Pickled } from "./pickle-values.ts";

/** PyTorch's storages: where the numbers of tensors lie, each a row of equal elements, named by its class. */
const read: Record<string, ElementType> = {
  DoubleStorage: "f8",
  FloatStorage: "f4",
  HalfStorage: "f2",
  BFloat16Storage: "bf",
  LongStorage: "i8",
  IntStorage: "i4",
  ShortStorage: "i2",
  CharStorage: "i1",
  ByteStorage: "u1",
  BoolStorage: "b1",
};

/** Whole numbers that mean others by a scale and a zero point. */
const quantized: Record<string, ElementType> = { QInt8Storage: "i1", QUInt8Storage: "u1", QInt32Storage: "i4" };

/** Types whose width is known and whose numbers are not read. */
const unread: Record<string, number> = {
  ComplexHalfStorage: 4,
  ComplexFloatStorage: 8,
  ComplexDoubleStorage: 16,
  QUInt4x2Storage: 1,
  QUInt2x4Storage: 1,
};

/** The element types of tensors on untyped storages, and words in settings. */
export const dtypes: Record<string, ElementType> = {
  float64: "f8",
  double: "f8",
  float32: "f4",
  float: "f4",
  float16: "f2",
  half: "f2",
  bfloat16: "bf",
  int64: "i8",
  long: "i8",
  int32: "i4",
  int: "i4",
  int16: "i2",
  short: "i2",
  int8: "i1",
  uint64: "u8",
  uint32: "u4",
  uint16: "u2",
  uint8: "u1",
  bool: "b1",
  float8_e4m3fn: "e4m3",
  float8_e5m2: "e5m2",
  float8_e4m3fnuz: "e4m3z",
  float8_e5m2fnuz: "e5m2z",
  float8_e8m0fnu: "e8m0",
};

/** A storage of a checkpoint. */
export interface Storage {
  is: "storage";
  /** Its class. */
  name: string;
  /** Undefined where it holds no numbers that are read, or says nothing of their type. */
  type: ElementType | undefined;
  /** Bytes an element; of an untyped storage 1. */
  width: number;
  bytes: Bytes;
}

/** What a checkpoint says of a storage: ("storage", class, key, location, number of elements, view of another). */
export interface StorageId {
  name: string;
  type: ElementType | undefined;
  width: number;
  key: string;
  count: number;
  /** (key, offset, elements) of a part of the storage, in old files. */
  view: Pickled;
}

/** Throws InputError for the id of anything else. */
export function storageId(id: Pickled, what: string): StorageId {
  const [tag, type, key, , count, view] = isKind(id, "tuple") ? id.items : [];
  const name = isKind(type, "global") ? (type.name.split(".").at(-1) as string) : "";
  if (tag !== "storage" || !name.endsWith("Storage") || (typeof key !== "string" && typeof key !== "number"))
    throw inputError(`${what}: persistent id`, "a storage", tag === "storage" ? nameOf(type) : nameOf(id));
  if (!(typeof count === "number" && Number.isSafeInteger(count) && count >= 0))
    throw inputError(`${what}: storage`, "a number of elements", nameOf(count));
  const element = Object.hasOwn(read, name) ? read[name] : undefined;
  const stored = element ?? quantizedType(name);
  const width = stored ? widthOf(stored) : Object.hasOwn(unread, name) ? unread[name] : 1;
  return { name, type: element, width, key: String(key), count, view: view ?? null };
}

/** The type of a quantized storage's whole numbers; undefined for any other. */
export function quantizedType(name: string): ElementType | undefined {
  return Object.hasOwn(quantized, name) ? quantized[name] : undefined;
}

/** A storage as a value of a pickle, or why there is none: only the tensors on it are lost. */
export function persistentStorage(make: () => Storage): Opaque {
  try {
    return { kind: "opaque", value: make() };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const lost: LostStorage = { is: "lost storage", why: error.message };
    return { kind: "opaque", value: lost };
  }
}

interface LostStorage {
  is: "lost storage";
  why: string;
}

/** The storage of a value; throws InputError where it is none. */
export function storageOf(value: Pickled | undefined, what: string): Storage {
  const inside = isKind(value, "opaque") ? value.value : undefined;
  if (inside?.is === "storage") return inside as Storage;
  if (inside?.is === "lost storage") throw new InputError((inside as LostStorage).why);
  throw inputError(`${what}: tensor`, "a storage", nameOf(value));
}
