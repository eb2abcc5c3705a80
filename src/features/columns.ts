import { inputError } from "../errors.ts";
import { bytesOf } from "./array.ts";
import { type Bytes, chunkReader, placedLater } from "./bytes.ts";
import type { Contents } from "./contents.ts";
import { widthOf } from "./elements.ts";
import { isLabelArray } from "./find.ts";
import type { Host } from "./format.ts";
import { rowBlocks, type StoredArray } from "./stored-array.ts";

/** Throws InputError where a file says that it holds more numbers than a file of so many bytes can: equal values cost nothing, but more than 10,000 for each byte are no data. Of few it does not matter. */
export function checkHeld(what: string, numbers: number, { length }: Bytes): void {
  if (!(numbers >= 0) || (numbers > 2 ** 24 && numbers > 10_000 * length))
    throw inputError(what, `at most 10000 numbers for each of the file's ${length} bytes`, numbers);
}

/** A column of numbers in a table, as an array of its own. */
export interface TableColumn {
  readonly name: string;
  readonly array: StoredArray;
  /** Whether the table has floats in it, and not whole numbers. */
  readonly isFloat: boolean;
}

/**
 * The columns of a table of `rows` rows, and what they are together. Columns `f0`, `f1`, ... (two or more that differ by a number at the end) are one array `f`, in the order of the numbers. Where
 * no column holds lists, all columns of floats but labels are one array too: `features`, in the order of the file, or of their numbers where all are numbered alike. Where some are numbered and
 * others not, it is called `columns`: which of them are features would be a guess.
 */
export function addColumns(
  contents: Contents,
  columns: readonly TableColumn[],
  rows: number,
  place: { host: Host; what: string },
): void {
  const { arrays } = contents;
  const floats = columns.filter(({ name, isFloat, array }) => isFloat && array.shape.length === 1 && !isLabelArray(name));
  const lists = columns.some(({ array }) => array.shape.length > 1);
  const groups = numbered(columns.filter(({ array }) => array.shape.length === 1));
  const grouped = new Set([...groups.values()].flat());
  const alone = !lists && floats.length > 1;
  for (const column of columns) {
    const part = grouped.has(column) || (alone && floats.includes(column));
    arrays.set(column.name, part ? { ...column.array, aside: true } : column.array);
  }
  const add = (name: string, members: readonly TableColumn[], aside: boolean): void => {
    if (!arrays.has(name))
      arrays.set(name, {
        ...besideEachOther(members, rows, place.host, `${place.what}, ${name}`),
        ...(aside ? { aside } : {}),
      });
  };
  const all = [...groups.values()].find(
    (members) => members.length === floats.length && members.every((member) => floats.includes(member)),
  );
  for (const [stem, members] of groups) add(stem, members, members === all);
  if (alone) add(groups.size === 0 || all ? "features" : "columns", all ?? floats, false);
}

/** Columns whose names differ by a number at the end alone, and are of the same kind, by what stands before it. */
function numbered(columns: readonly TableColumn[]): Map<string, TableColumn[]> {
  const groups = new Map<string, { number: number; column: TableColumn }[]>();
  for (const column of columns) {
    const [, stem, digits] = /^(.*?)[-_. ]?(\d{1,9})$/.exec(column.name) ?? [];
    if (digits === undefined || stem === "" || !column.isFloat) continue;
    const members = groups.get(stem);
    if (members) members.push({ number: Number(digits), column });
    else groups.set(stem, [{ number: Number(digits), column }]);
  }
  return new Map(
    [...groups]
      .filter(([, members]) => members.length > 1)
      .map(([stem, members]) => [stem, members.sort((a, b) => a.number - b.number).map(({ column }) => column)]),
  );
}

/** An array with a column for each: they stand one after the other in a temporary file, which is written when it is first read. */
function besideEachOther(members: readonly TableColumn[], rows: number, host: Host, what: string): StoredArray {
  const columns = members.map(({ array }) => array);
  const type = columns.every((column) => ["f4", "f2", "bf"].includes(column.type)) ? "f4" : "f8";
  const length = rows * columns.length * widthOf(type);
  const source: Bytes = { what, length, reader: (from) => chunkReader(numbersOf(columns, type), from, what) };
  const bytes = placedLater(source, host.anywhere);
  return { what, shape: [rows, columns.length], type, littleEndian: true, strides: [1, rows], bytes, offset: 0 };
}

async function* numbersOf(columns: readonly StoredArray[], type: "f4" | "f8"): AsyncGenerator<Uint8Array> {
  const Type = type === "f4" ? Float32Array : Float64Array;
  for (const column of columns)
    for await (const { values } of rowBlocks(column, 0, column.shape[0], 1 << 16)) yield bytesOf(Type.from(values));
}
