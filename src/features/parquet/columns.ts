import type { DecodedArray } from "hyparquet/src/types.js";
import { inputError } from "../../errors.ts";
import { bytesOf } from "../array.ts";
import { type Bytes, chunkReader } from "../bytes.ts";
import { checkWords, type TextArray } from "../text-array.ts";
import type { Decoded } from "./decode.ts";
import { type Leaf, pagesOf } from "./pages.ts";

/** Numbers of a column, made of the values of its pages. */
export interface Numbers {
  readonly leaf: Leaf;
  /** As they come out: float32 where the file has that, else float64. */
  readonly type: "f4" | "f8";
  /** How many rows, and of lists how many entries each has; null: no lists. */
  readonly rows: number;
  readonly entries: number | null;
}

/** Its numbers as bytes in order; nothing is kept of what was read. */
export function numberBytes(file: Bytes, column: Numbers): Bytes {
  const { leaf, type, rows, entries } = column;
  const { what } = leaf;
  const length = rows * (entries ?? 1) * (type === "f4" ? 4 : 8);
  return { what, length, packed: file.length, reader: (from) => chunkReader(chunks(file, column), from, what) };
}

async function* chunks(file: Bytes, { leaf, type, rows, entries }: Numbers): AsyncGenerator<Uint8Array> {
  let seen = 0;
  for await (const page of pagesOf(file, leaf)) {
    if (entries !== null) checkRows(page, seen, entries, leaf.what);
    const own = numbersOf(page.values, type, leaf.what, (i) => Math.floor((seen + i) / (entries ?? 1)));
    seen += page.values.length;
    yield bytesOf(own);
  }
  const wanted = rows * (entries ?? 1);
  if (seen !== wanted) throw inputError(`${leaf.what}: values`, `${wanted} (${rows} rows)`, seen);
}

/** Throws InputError where a row of a column of lists is longer or shorter than the first. */
function checkRows({ repeats }: Decoded, seen: number, entries: number, what: string): void {
  for (let i = 0; i < repeats.length; i++)
    if ((repeats[i] === 0) !== ((seen + i) % entries === 0))
      throw inputError(
        `${what}, row ${Math.floor((seen + i) / entries)}`,
        `${entries} numbers, as row 0 has`,
        repeats[i] === 0 ? "fewer" : "more",
      );
}

function numbersOf(
  values: DecodedArray,
  type: "f4" | "f8",
  what: string,
  rowOf: (i: number) => number,
): Float32Array | Float64Array {
  if (values instanceof Float32Array && type === "f4") return values;
  const out = type === "f4" ? new Float32Array(values.length) : new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "boolean")
      throw inputError(`${what}, row ${rowOf(i)}`, "a number", value ?? null);
    out[i] = Number(value);
  }
  return out;
}

/** A column of words. */
export function wordColumn(file: Bytes, leaf: Leaf, rows: number): TextArray {
  const { what } = leaf;
  return {
    what,
    shape: [rows],
    async words() {
      checkWords(what, rows);
      const words: string[] = [];
      for await (const { values } of pagesOf(file, leaf))
        for (let i = 0; i < values.length; i++) {
          if (typeof values[i] !== "string") throw inputError(`${what}, row ${words.length}`, "a word", values[i] ?? null);
          words.push(values[i]);
        }
      if (words.length !== rows) throw inputError(`${what}: words`, `${rows}`, words.length);
      return words;
    },
  };
}

/** How many entries the first row of a column of lists has. */
export async function firstRowEntries(file: Bytes, leaf: Leaf): Promise<number> {
  let n = 0;
  for await (const { repeats } of pagesOf(file, leaf)) {
    for (let i = 0; i < repeats.length; i++) if (repeats[i] === 0 && n + i > 0) return n + i;
    n += repeats.length;
  }
  return n;
}
