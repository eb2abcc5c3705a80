import type { DecodedArray } from "hyparquet/src/types.js";
import { inputError } from "../../errors.ts";
import { bytesOf } from "../array.ts";
import type { Bytes, Reader } from "../bytes.ts";
import type { TextArray } from "../text-array.ts";
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
export function numberBytes(file: Bytes, columns: readonly Numbers[], what: string): Bytes {
  const width = columns[0].type === "f4" ? 4 : 8;
  const length = columns.reduce((sum, { rows, entries }) => sum + rows * (entries ?? 1), 0) * width;
  return { what, length, packed: file.length, reader: (from) => readerOf(chunks(file, columns), from, { what, length }) };
}

async function* chunks(file: Bytes, columns: readonly Numbers[]): AsyncGenerator<Uint8Array> {
  for (const column of columns) {
    const { leaf, type, rows, entries } = column;
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

/** Reads chunks in order, from a position onwards. */
function readerOf(source: AsyncGenerator<Uint8Array>, from: number, { what, length }: { what: string; length: number }): Reader {
  let rest: Uint8Array = new Uint8Array(0);
  let skip = from;
  return {
    async fill(into) {
      for (let done = 0; done < into.length; ) {
        if (rest.length === 0) {
          const next = await source.next();
          if (next.done) throw inputError(what, `${length} bytes of numbers`, "fewer");
          const passed = Math.min(skip, next.value.length);
          skip -= passed;
          rest = next.value.subarray(passed);
          continue;
        }
        const n = Math.min(rest.length, into.length - done);
        into.set(rest.subarray(0, n), done);
        rest = rest.subarray(n);
        done += n;
      }
    },
    async close() {
      await source.return(undefined);
    },
  };
}

/** More words than this are no labels. */
const mostWords = 2 ** 26;

/** A column of words. */
export function wordColumn(file: Bytes, leaf: Leaf, rows: number): TextArray {
  const { what } = leaf;
  return {
    what,
    shape: [rows],
    async words() {
      if (rows > mostWords) throw inputError(`${what}: words`, `at most ${mostWords}`, rows);
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
export async function firstLength(file: Bytes, leaf: Leaf): Promise<number> {
  let n = 0;
  for await (const { repeats } of pagesOf(file, leaf)) {
    for (let i = 0; i < repeats.length; i++) if (repeats[i] === 0 && n + i > 0) return n + i;
    n += repeats.length;
  }
  return n;
}
