import { InputError, inputError } from "../../errors.ts";
import { cellsOf } from "../../separated.ts";
import type { Line } from "../text-lines.ts";
import { folderOf, isFile, isLabelName, isPath, isWhole } from "./cells.ts";
import { chooseColumn, cut, hasHeader, type Known, typeOf } from "./columns.ts";

/**
 * How the lines of a text say classes. What is said in words here is tried in this order, on the first lines of the file; every later line
 * must then read the same way.
 *   columns separated by tabs | `path/of an/image.png 3` | columns separated by ; , or | | columns of numbers separated by blanks |
 *   `words 3` | one label a line: a number, `cats/image.png` where the folder names the class, or a name.
 */
export interface Reading {
  /** In words. */
  readonly how: string;
  /** Line number of the header; 0: none. */
  readonly header: number;
  /** Whether classes are written as numbers; else as names. */
  readonly numbers: boolean;
  /** The names are those of folders. */
  readonly folders: boolean;
  /** Whether the first line could be a header that was not recognized. */
  readonly headerless: boolean;
  /** Number of classes where the columns say it (one-hot rows). */
  readonly classes: number | null;
  /** Names of all classes where the header says them. */
  readonly names: readonly string[] | null;
  /** The class of a line, and its name where that stands beside a number. Throws InputError where the line reads differently. */
  of(line: Line): { label: string; name?: string };
}

export function readingOf(lines: readonly Line[], what: string, known: Known = {}): Reading {
  const { column, ignore } = known;
  const tabs = table(lines, "\t");
  if (tabs) return columnReading(tabs, lines, "\t", what, known);
  const pairs = fileAndNumber(lines, what);
  if (pairs) return pairs;
  for (const separator of [";", ",", "|"]) {
    const rows = table(lines, separator);
    if (rows) return columnReading(rows, lines, separator, what, known);
  }
  const blanks = table(lines, " ");
  if (
    blanks?.[0].some(
      (_, at) =>
        typeOf(
          blanks.slice(blanks.length > 1 ? 1 : 0).map((row) => row[at]),
          ignore,
        ) === "whole",
    )
  )
    return columnReading(blanks, lines, " ", what, known);
  if (column !== undefined) throw inputError(`${what}: labels`, `a table with a column ${column}`, cut(lines[0].text));
  return wordsAndNumber(lines, what) ?? singles(lines, what, ignore);
}

function table(lines: readonly Line[], separator: string): string[][] | undefined {
  const rows: string[][] = [];
  for (const { text } of lines) {
    const cells = cellsOf(text, separator);
    if (cells === undefined || cells.length < 2 || cells.length !== (rows[0] ?? cells).length) return undefined;
    rows.push(cells);
  }
  return rows;
}

function columnReading(
  rows: readonly string[][],
  lines: readonly Line[],
  separator: string,
  what: string,
  known: Known,
): Reading {
  const header = known.column !== undefined || hasHeader(rows, known.ignore);
  const first = lines[header && lines.length > 1 ? 1 : 0];
  const chosen = chooseColumn(rows, separator, what, first, known);
  const width = rows[0].length;
  const split = (line: Line): string[] => {
    const cells = cellsOf(line.text, separator);
    if (cells?.length !== width)
      throw inputError(
        `${what}, line ${line.number}`,
        `${width} cells, as in line ${lines[0].number} (${chosen.how})`,
        cells === undefined ? `a quoted cell that does not end: ${cut(line.text)}` : `${cells.length}: ${cut(line.text)}`,
      );
    return cells;
  };
  const { label, name } = chosen;
  return {
    how: chosen.how,
    header: header ? lines[0].number : 0,
    numbers: chosen.numbers,
    folders: false,
    headerless: chosen.headerless,
    classes: typeof label === "number" ? null : label.length,
    names: chosen.names,
    of(line) {
      const cells = split(line);
      if (typeof label === "number") return { label: cells[label], name: name === null ? undefined : cells[name] };
      const ones = label.flatMap((at, k) => (Number(cells[at]) === 0 ? [] : [k]));
      if (ones.length !== 1 || Number(cells[label[ones[0]]]) !== 1)
        throw inputError(`${what}, line ${line.number}`, `a single 1 (${chosen.how})`, cut(line.text));
      return { label: String(ones[0]) };
    },
  };
}

const numberAtEnd = /^(.*\S)\s+([+-]?\d+)$/;

/** `train/a b/image, 1.JPEG 3`: the file's name may hold blanks, commas and semicolons. */
function fileAndNumber(lines: readonly Line[], what: string): Reading | undefined {
  const fits = ({ text }: Line): boolean => {
    const file = numberAtEnd.exec(text)?.[1].replace(/^"(.*)"$/, "$1");
    return file !== undefined && isFile(file);
  };
  return lines.every(fits) ? endReading(lines, what, "`file number`") : undefined;
}

/** `any words 3`, where no two lines begin alike. */
function wordsAndNumber(lines: readonly Line[], what: string): Reading | undefined {
  const starts = lines.map(({ text }) => numberAtEnd.exec(text)?.[1]);
  if (starts.some((start) => start === undefined)) return undefined;
  const files = starts.every((start) => isPath(start as string));
  return lines.length > 1 && (files || new Set(starts).size === starts.length)
    ? endReading(lines, what, "`name number`")
    : undefined;
}

function endReading(lines: readonly Line[], what: string, form: string): Reading {
  return {
    how: `classes at the ends of lines ${form}`,
    header: 0,
    numbers: true,
    folders: false,
    headerless: false,
    classes: null,
    names: null,
    of(line) {
      const label = numberAtEnd.exec(line.text)?.[2];
      if (label === undefined)
        throw inputError(`${what}, line ${line.number}`, `${form}, as in line ${lines[0].number}`, cut(line.text));
      return { label };
    },
  };
}

/** One label a line. */
function singles(lines: readonly Line[], what: string, ignore: string | undefined): Reading {
  const cell = (line: Line): string => {
    if (!line.text.startsWith('"')) return line.text.trim();
    const cells = cellsOf(line.text, "\t");
    if (cells?.length !== 1) unevenly(lines, what);
    if (cells?.length !== 1) throw inputError(`${what}, line ${line.number}`, "one cell in quotes", cut(line.text));
    return cells[0];
  };
  const cells = lines.map(cell);
  const header = hasHeader(
    cells.map((text) => [text]),
    ignore,
  );
  const body = header ? cells.slice(1) : cells;
  const type = typeOf(body, ignore);
  const base = { header: header ? lines[0].number : 0, classes: null, names: null, folders: false, headerless: false };
  if (type === "file" && body.every(isPath) && (body.some(isFile) || new Set(body).size === body.length)) {
    const folders = new Set(body.map(folderOf));
    if (folders.size === 1 && body.length > 1)
      throw inputError(`${what}: classes`, "one folder a class (`cats/image.png`)", `all files in ${[...folders][0]}`);
    return {
      ...base,
      how: "the folder of each file is its class",
      numbers: [...folders].every(isWhole),
      folders: true,
      of(line) {
        const path = cell(line);
        if (!isPath(path)) throw inputError(`${what}, line ${line.number}`, "a file in the folder of its class", path);
        return { label: folderOf(path) };
      },
    };
  }
  unevenly(lines, what);
  if (type === "file" && body.every(isFile) && new Set(body).size === body.length && body.length > 1)
    throw inputError(
      `${what}, line ${lines[header ? 1 : 0].number}`,
      "a class on each line",
      `the name of a file alone: ${body[0]}`,
    );
  if (type === "number")
    throw inputError(
      `${what}, line ${lines[0].number}`,
      "whole numbers or names",
      body.find((x) => !isWhole(x)),
    );
  // `y` above names: a header, or a class that occurs once?
  if (!header && body.length > 2 && cells[0].length === 1 && isLabelName(cells[0]) && !cells.includes(cells[0], 1))
    throw new InputError(
      `${what}, line 1: expected a header or a class, got ${JSON.stringify(cells[0])}, which can be either; call the header \`label\``,
    );
  return {
    ...base,
    how: `one label a line${header ? ", a header" : ""}`,
    numbers: type === "whole",
    headerless: !header && type === "text",
    of: (line) => ({ label: cell(line) }),
  };
}

/** Throws InputError where a separator stands in some lines and does not make columns of all: it names the line that differs from most. */
function unevenly(lines: readonly Line[], what: string): void {
  for (const separator of ["\t", ";", ",", "|"]) {
    if (!lines.some(({ text }) => text.includes(separator))) continue;
    const widths = lines.map(({ text }) => cellsOf(text, separator)?.length ?? 0);
    if (widths.every((width) => width === 1)) continue;
    const times = new Map<number, number>();
    for (const width of widths) if (width > 0) times.set(width, (times.get(width) ?? 0) + 1);
    const usual = [...times].reduce((most, one) => (one[1] > most[1] ? one : most), [0, 0])[0];
    const odd = Math.max(
      0,
      widths.findIndex((width) => width !== usual),
    );
    const { text, number } = lines[odd];
    throw inputError(
      `${what}, line ${number}`,
      `${usual} cells separated by ${JSON.stringify(separator)}, as most lines have (a name with ${JSON.stringify(separator)} in it stands in quotes)`,
      widths[odd] === 0 ? `a quoted cell that does not end: ${cut(text)}` : `${widths[odd]}: ${cut(text)}`,
    );
  }
}
