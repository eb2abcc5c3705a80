import { inputError } from "../errors.ts";
import { type ArrayValue, orUnread } from "./array-value.ts";
import { type ElementType, numbersOf, widthOf } from "./elements.ts";
import { asRow, joined } from "./joined.ts";
import { listArray } from "./list-array.ts";
import { memoryBytes } from "./memory-bytes.ts";
import { elementOf } from "./npy.ts";
import { type Global, inert, isKind, itemsOf, type Opaque, type Pickled } from "./pickle-values.ts";
import { arrayOf, type Part } from "./pickled-arrays.ts";
import { contiguous, sizeOf } from "./stored-array.ts";
import { packedWords } from "./text-array.ts";

/**
 * NumPy's arrays and scalars inside a pickle. An array is made empty and then given its state (version, shape, dtype, column-major, bytes), a
 * dtype likewise (version, byte order, ...); a scalar has its dtype and its bytes.
 */
export function numpyName(module: string, name: string, what: string): Global | undefined {
  const path = module.replace(/^numpy\._core\b/, "numpy.core");
  const full = `${path}.${name}`;
  const global = (call: (args: Pickled[]) => Pickled): Global => ({ kind: "global", name: full, call });
  if (full === "numpy.dtype") return global(([descr]) => dtype(descr));
  if (full === "numpy.core.multiarray._reconstruct") return global(() => unbuilt(what));
  if (full === "numpy.core.multiarray.scalar") return global((args) => scalar(args) ?? inert(full, args));
  if (full === "numpy.core.numeric._frombuffer")
    return global(([raw, type, shape, order]) => ({
      kind: "opaque",
      value: orUnread(what, () => array(what, shape, type, order === "F", raw)),
    }));
  return undefined;
}

interface Dtype {
  is: "dtype";
  descr: string;
  littleEndian: boolean;
}

function dtype(descr: Pickled | undefined): Opaque {
  const value: Dtype = { is: "dtype", descr: String(descr).replace(/^[<>|=]/, ""), littleEndian: !String(descr).startsWith(">") };
  const build = (state: Pickled): void => {
    const order = itemsOf(state)?.[1];
    if (typeof order === "string") value.littleEndian = order !== ">";
  };
  return { kind: "opaque", value, build };
}

function dtypeOf(value: Pickled | undefined): Dtype | undefined {
  const inside = isKind(value, "opaque") ? (value.value as Dtype) : undefined;
  return inside?.is === "dtype" ? inside : undefined;
}

function unbuilt(what: string): Opaque {
  const nothing: ArrayValue = { is: "unread", why: "an array without numbers" };
  const made: Opaque = { kind: "opaque", value: nothing };
  made.build = (state) => {
    const [, shape, type, fortran, raw] = itemsOf(state) ?? [];
    made.value = orUnread(what, () => array(what, shape, type, fortran === true, raw));
  };
  return made;
}

function array(
  what: string,
  size: Pickled | undefined,
  type: Pickled | undefined,
  fortran: boolean,
  raw: Pickled | undefined,
): ArrayValue {
  const dt = dtypeOf(type);
  // An array of objects keeps them as a list: words, or numbers that were never given a type.
  if (dt?.descr.startsWith("O") && Array.isArray(raw) && raw.length > 0) {
    if (raw.every((item) => typeof item === "string")) return { is: "words", words: raw as string[] };
    const array = ofObjects(raw, itemsOf(size), what);
    if (array) return { is: "array", array };
  }
  const word = dt && /^([US])(\d{1,6})$/.exec(dt.descr);
  const element = dt && elementOf(dt.descr);
  if (!dt || !(element || word)) return { is: "unread", why: `a NumPy array of dtype ${dt?.descr.slice(0, 40) ?? "unknown"}` };
  // Python 2 wrote bytes as text.
  const bytes = typeof raw === "string" ? new TextEncoder().encode(raw) : raw;
  const shape = itemsOf(size);
  if (!(bytes instanceof Uint8Array) || !shape?.every((n) => typeof n === "number"))
    throw inputError(`${what}: NumPy array`, "a shape and bytes", "another state");
  const numbers = shape as number[];
  const width = element ? widthOf(element) : Number(word?.[2]) * (word?.[1] === "U" ? 4 : 1);
  if (sizeOf(numbers, what) * width !== bytes.length)
    throw inputError(
      `${what}: NumPy array`,
      `${sizeOf(numbers, what) * width} bytes (shape ${numbers.join(" x ")})`,
      bytes.length,
    );
  if (!element) {
    if (width === 0 || (fortran && numbers.filter((n) => n > 1).length > 1))
      return { is: "unread", why: "words in columns, or of no letters" };
    const words = async (): Promise<string[]> =>
      packedWords(bytes, { letters: word?.[1] === "U", width, littleEndian: dt.littleEndian }, what);
    return { is: "text", text: { shape: numbers, words } };
  }
  return {
    is: "array",
    array: {
      shape: numbers,
      type: element,
      littleEndian: dt.littleEndian,
      strides: contiguous(numbers, fortran),
      bytes: memoryBytes(what, bytes),
      offset: 0,
    },
  };
}

/** Numbers that were never given a type, in the array's own shape (by rows, also where the array stands by columns, as NumPy lists objects); or arrays of one shape, an item each: N vectors of d numbers are N x d. */
function ofObjects(items: readonly Pickled[], size: readonly Pickled[] | undefined, what: string): Part | undefined {
  const numbers = listArray(items, what, new Set());
  const shape = size?.every((n) => typeof n === "number") ? (size as number[]) : [items.length];
  if (numbers?.shape.length === 1 && sizeOf(shape, what) === items.length)
    return { ...numbers, shape, strides: contiguous(shape) };
  if (numbers || shape.length !== 1) return numbers;
  const arrays = items.map((item) => (isKind(item, "opaque") ? arrayOf(item) : undefined));
  return arrays.every((array) => array !== undefined) ? joined(arrays.map(asRow), what) : undefined;
}

function scalar([type, raw]: Pickled[]): number | boolean | undefined {
  const dt = dtypeOf(type);
  const element = dt && elementOf(dt.descr);
  const bytes = typeof raw === "string" ? new TextEncoder().encode(raw) : raw;
  if (!dt || !element || !(bytes instanceof Uint8Array) || bytes.length !== widthOf(element as ElementType)) return undefined;
  const [x] = numbersOf(Uint8Array.from(bytes), element, dt.littleEndian);
  return element === "b1" ? x !== 0 : x;
}
