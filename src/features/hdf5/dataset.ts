import { inputError } from "../../errors.ts";
import { type Bytes, inOrder } from "../bytes.ts";
import { type ElementType, widthOf } from "../elements.ts";
import { sizeOf } from "../stored-array.ts";
import { checkWords, packedWords, type TextArray } from "../text-array.ts";
import type { Hdf5File, Hdf5Type, Part } from "./library.ts";
import type { NumberBits } from "./type-message.ts";

/** A dataset: its place in the file, what it is of, and how it lies there. */
export interface Dataset {
  readonly file: Hdf5File;
  readonly path: string;
  /** For messages: file and name. */
  readonly what: string;
  readonly of: Hdf5Type;
  readonly shape: readonly number[];
  /** Sizes of the parts that are packed each by itself; null where there are none. */
  readonly chunks: readonly number[] | null;
}

/** H5T_class_t. */
const classes = { integer: 0, float: 1, string: 3, opaque: 5, enum: 8 };
const names = [
  "integers",
  "floats",
  "times",
  "strings",
  "bits",
  "opaque",
  "compound",
  "references",
  "an enumeration",
  "lists",
  "arrays",
  "complex",
];

/** Rows are read at least as many bytes at a time, and at most. */
const least = 2 ** 22;
const most = 2 ** 26;

/** Exponent (where, bits), fraction (where, bits) and bias of the floats that are read. */
const floats: readonly { type: ElementType; bits: string }[] = [
  { type: "f2", bits: "10,5,0,10,15" },
  { type: "bf", bits: "7,8,0,7,127" },
  { type: "f4", bits: "23,8,0,23,127" },
  { type: "f8", bits: "52,11,0,52,1023" },
];

/** The type of a dataset's numbers, or why they are not read. `dtype` is what Keras says of them beside them, `bits` what the file says of theirs. */
export function elementIn(
  { of, shape }: Pick<Dataset, "of" | "shape">,
  dtype: string | undefined,
  bits: NumberBits | undefined,
): ElementType | { unread: string } {
  const { type, size, signed } = of;
  const number = type === classes.enum ? of.enum_type?.type : type;
  const unread = (kind: string): { unread: string } => ({
    unread: `${shape.join(" x ") || "one"} of ${kind}, ${size} bytes each`,
  });
  if (number === classes.integer && [1, 2, 4, 8].includes(size)) {
    if (bits && (bits.offset !== 0 || bits.precision !== 8 * size)) return unread(`integers of ${bits.precision} bits`);
    return `${signed ? "i" : "u"}${size}` as ElementType;
  }
  if (type === classes.float && [2, 4, 8].includes(size)) {
    if (!bits?.float) return `f${size}` as ElementType;
    const found = floats.find((known) => known.bits === bits.float?.join() && widthOf(known.type) === size);
    return found && bits.offset === 0 && !bits.vax ? found.type : unread("floats of another format");
  }
  if (type === classes.opaque && size === 2 && dtype === "bfloat16") return "bf";
  return unread(names[type] ?? `class ${type}`);
}

/** Whether it holds words. */
export function holdsWords({ of: { type } }: Pick<Dataset, "of">): boolean {
  return type === classes.string;
}

/** Names of an enumeration of 0, 1, 2, ..., in that order; null where it is none, or h5py's of booleans. */
export function memberNames({ type, enum_type: members }: Hdf5Type): string[] | null {
  if (type !== classes.enum || !members) return null;
  const sorted = Object.entries(members.members).sort(([, a], [, b]) => a - b);
  const plain = sorted.every(([, value], i) => value === i) && sorted.map(([name]) => name).join() !== "FALSE,TRUE";
  return plain ? sorted.map(([name]) => name) : null;
}

/** Its numbers as bytes, row-major and the least byte first, whatever their order in the file. Whole rows are read, many at a time, and kept until others are asked for. */
export function datasetBytes(dataset: Dataset, type: ElementType, packed: number): Bytes {
  const { what, shape } = dataset;
  const width = widthOf(type);
  const length = sizeOf(shape, what) * width;
  const rows = shape[0] ?? 1;
  const row = rows === 0 ? 0 : length / rows;
  const step = stepOf(dataset, row);
  let kept: { from: number; bytes: Uint8Array } = { from: 0, bytes: new Uint8Array(0) };
  const readAt = async (at: number, into: Uint8Array): Promise<void> => {
    if (at + into.length > length) throw inputError(what, `at least ${at + into.length} bytes`, `${length} bytes`);
    for (let done = 0; done < into.length; ) {
      const from = at + done;
      const first = Math.floor(from / row);
      if (!(from >= kept.from && from < kept.from + kept.bytes.length)) {
        // A part of one long row alone: axes that stand in another order ask for such.
        const end = at + into.length;
        if (shape.length === 2 && row > 4 * into.length && end <= (first + 1) * row) {
          into.set(await rowPart(dataset, first, (from - first * row) / width, (end - from) / width, width), done);
          return;
        }
        const begin = Math.floor(first / step) * step;
        kept = { from: begin * row, bytes: await readRows(dataset, begin, Math.min(step, rows - begin), width) };
      }
      const part = kept.bytes.subarray(from - kept.from, from - kept.from + into.length - done);
      into.set(part, done);
      done += part.length;
    }
  };
  return { what, length, packed, readAt, reader: (from) => inOrder(readAt, from) };
}

/** How many rows are read at a time: whole chunks, as each is unpacked whole. */
function stepOf({ chunks }: Dataset, row: number): number {
  const together = Math.max(1, chunks?.[0] ?? 1);
  const wanted = Math.max(1, Math.ceil(least / Math.max(1, row)));
  const step = Math.ceil(wanted / together) * together;
  return step * row <= 4 * most ? step : Math.max(1, Math.floor(most / row));
}

/** Rows of a dataset as a part of it; null where it is one number. */
function rowsPart({ shape }: Dataset, first: number, n: number): Part | null {
  if (shape.length === 0) return null;
  return { count: [n, ...shape.slice(1)], offset: shape.map((_, k) => (k === 0 ? first : 0)) };
}

function readRows(dataset: Dataset, first: number, n: number, width: number): Promise<Uint8Array> {
  const part = rowsPart(dataset, first, n);
  return readPart(dataset, part, part?.count ?? [], width);
}

function rowPart(dataset: Dataset, row: number, from: number, n: number, width: number): Promise<Uint8Array> {
  return readPart(dataset, { count: [1, n], offset: [row, from] }, [n], width);
}

function readPart(dataset: Dataset, part: Part | null, n: readonly number[], width: number): Promise<Uint8Array> {
  const { file, what, path } = dataset;
  const bytes = n.reduce((x, y) => x * y, width);
  return file.read(what, path, part, bytes, chunkBytes(dataset));
}

/** How many bytes are unpacked as one. */
function chunkBytes({ chunks, of }: Dataset): number {
  return chunks?.reduce((x, y) => x * y, of.size) ?? 0;
}

/** As many words are read at a time. */
const wordsAtATime = 2 ** 16;

/** A dataset of words: of one length, padded, or each of its own. */
export function datasetWords(dataset: Dataset): TextArray {
  const { what, of, shape } = dataset;
  return {
    what,
    shape,
    async words() {
      const n = sizeOf(shape, what);
      checkWords(what, n, n * of.size);
      const rows = shape[0] ?? 1;
      const row = rows === 0 ? 0 : n / rows;
      const step = Math.max(1, Math.floor(wordsAtATime / Math.max(1, row)));
      const words: string[] = [];
      for (let first = 0; n > 0 && first < rows; first += step) {
        const some = Math.min(step, rows - first);
        const found = of.vlen ? looseWords(dataset, first, some, some * row) : fixedWords(dataset, first, some);
        for (const word of await found) words.push(word);
      }
      return words;
    },
  };
}

async function fixedWords(dataset: Dataset, first: number, n: number): Promise<string[]> {
  const { size } = dataset.of;
  const all = await readRows(dataset, first, n, size);
  return packedWords(all, { letters: false, width: size, littleEndian: true }, dataset.what).map(
    // Fortran pads with blanks.
    (word) => word.replace(/\0.*$/s, "").trimEnd(),
  );
}

async function looseWords(dataset: Dataset, first: number, n: number, size: number): Promise<string[]> {
  const { file, what, path } = dataset;
  const words = await file.words(what, path, rowsPart(dataset, first, n), size, chunkBytes(dataset));
  const odd = words.indexOf(null);
  if (odd >= 0) throw inputError(`${what}: words`, "UTF-8", `other bytes in the ${odd + 1}th from ${first}`);
  return words as string[];
}
