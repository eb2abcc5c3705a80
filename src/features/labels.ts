import { createInterface } from "node:readline";
import { InputError, inputError } from "../errors.ts";
import { openFile } from "./open-file.ts";
import { rowBlocks, rowsOf, type StoredArray } from "./stored-array.ts";

/** The class of every sample, 0-based, in blocks. */
export interface Labels {
  /** For messages: file and name. */
  readonly what: string;
  /** Number of labels. */
  readonly n: number;
  /** One more than the largest label. */
  readonly classes: number;
  /** Names of the classes where the file has names, sorted as torchvision and Keras sort class folders. */
  readonly names: readonly string[] | null;
  /** Rows `from` to `to`, `step` at a time. The numbers are overwritten by the next block. */
  blocks(from: number, to: number, step: number): AsyncIterable<ArrayLike<number>>;
}

/** Labels from an array: a column of whole numbers of any type. Reads it through once; memory does not grow with it. */
export async function arrayLabels(array: StoredArray): Promise<Labels> {
  const { what } = array;
  const { n, d } = rowsOf(array);
  if (d !== 1) throw inputError(`${what}: shape`, "one label a sample", array.shape);
  let largest = -1;
  for await (const { first, values } of rowBlocks(array, 0, n, 1 << 16)) {
    for (let i = 0; i < values.length; i++) {
      checkLabel(values[i], n, () => `${what}[${first + i}]`);
      if (values[i] > largest) largest = values[i];
    }
  }
  return {
    what,
    n,
    classes: largest + 1,
    names: null,
    async *blocks(from, to, step) {
      for await (const { values } of rowBlocks(array, from, to, step)) yield values;
    },
  };
}

/** A label far above the number of samples is no class: it would ask for memory that the data cannot need. */
function checkLabel(label: number, n: number, what: () => string): void {
  const most = Math.max(n, 1000) - 1;
  if (!(Number.isInteger(label) && label >= 0 && label <= most))
    throw inputError(what(), `a class from 0 to at most ${most}`, label);
}

/**
 * Labels from lines of text: `3`, `name,3` (.csv: the last column, a first line of words is its header), `path/of/image.png 3`, or
 * `cats/image.png`, where the folder names the class. Blank lines do not count. Memory: 4 bytes a sample.
 */
export async function textLabels(file: string): Promise<Labels> {
  const cells: string[] = [];
  const index = new Map<string, number>();
  let codes = new Int32Array(1024);
  let n = 0;
  const { handle } = await openFile(file);
  try {
    for await (const line of createInterface({ input: handle.createReadStream(), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line.trim() === "") continue;
      const cell = cellOf(line);
      let code = index.get(cell);
      if (code === undefined) {
        code = cells.length;
        if (code > 1_000_000) throw inputError(file, "at most a million classes", "more");
        index.set(cell, code);
        cells.push(cell);
      }
      if (n === codes.length) {
        const longer = new Int32Array(2 * n);
        longer.set(codes);
        codes = longer;
      }
      codes[n++] = code;
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `${file}: expected a readable file, got ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`,
    );
  }
  return fromCells(file, cells, codes.subarray(0, n));
}

function cellOf(line: string): string {
  const text = line.trim();
  if (text.includes(",")) return (text.split(",").at(-1) as string).trim();
  const last = /^.*\s(-?\d+)$/.exec(text)?.[1];
  if (last !== undefined) return last;
  const folders = text.split(/[/\\]/);
  return folders.length > 1 ? folders[folders.length - 2] : text;
}

function fromCells(file: string, cells: readonly string[], all: Int32Array): Labels {
  const isNumber = (text: string): boolean => /^[+-]?\d+(\.0*)?$/.test(text);
  const isHeader =
    all.length > 1 &&
    !isNumber(cells[0]) &&
    ((cells.length > 1 && cells.slice(1).every(isNumber) && all.indexOf(0, 1) < 0) ||
      /^(labels?|class|targets?|y)$/i.test(cells[0]));
  const codes = isHeader ? all.subarray(1) : all;
  const used = isHeader && all.indexOf(0, 1) < 0 ? cells.slice(1) : cells;
  const shift = cells.length - used.length;
  const n = codes.length;
  const odd = used.findIndex((cell) => isNumber(cell) !== isNumber(used[0]));
  if (odd >= 0)
    throw inputError(
      `${file}, line ${all.indexOf(odd + shift) + 1}`,
      isNumber(used[0]) ? "a class number" : "a class name",
      used[odd],
    );
  const named = used.length > 0 && !isNumber(used[0]);
  const names = named ? [...used].sort() : null;
  const rank = names && new Map(names.map((name, k) => [name, k]));
  const labelOf = Int32Array.from(used, (cell) => rank?.get(cell) ?? Number(cell));
  labelOf.forEach((label, code) => {
    checkLabel(
      Number.isInteger(Number(used[code])) ? Number(used[code]) : label,
      n,
      () => `${file}, line ${all.indexOf(code + shift) + 1}`,
    );
  });
  const labels = codes.map((code) => labelOf[code - shift]);
  return {
    what: file,
    n,
    classes: labelOf.reduce((most, label) => Math.max(most, label), -1) + 1,
    names,
    async *blocks(from, to, step) {
      for (let at = from; at < to; at += step) yield labels.subarray(at, Math.min(to, at + step));
    },
  };
}
