import { InputError, inputError } from "../errors.ts";
import { cellsOf } from "../separated.ts";
import { countColumns, isCount, isCountName, type Row, refuseTotal } from "./count-columns.ts";
import { namedCounts, notation } from "./count-notation.ts";
import { checkCounts, countOf, parseCounts } from "./counts.ts";
import { presetCounts, saysPreset } from "./presets/presets.ts";

/** The samples of each class, and the names of the classes where the text says them. */
export interface CountTable {
  /** Samples of each class. */
  counts: number[];
  /** Name of each class; null where the text says none, or only 0 to K - 1. */
  names: string[] | null;
}

/**
 * Class counts from a text: a list (`5x500,5x100`), JSON or what Python prints (`[500, 100]`, `{"cat": 500, "dog": 20}`, `Counter({0: 500})`), lines of
 * `count`, or a table with a name and a count in each line, the columns separated by commas, semicolons, tabs or blanks, with or without a header, as
 * spreadsheets, `uniq -c` and pandas' `value_counts()` write it, or the name of a public data set (`dataset:imagenet-lt`). Blank lines and lines that
 * begin with # do not count. `what` names the text in errors.
 */
export function parseCountTable(text: string, what: string): CountTable {
  const whole = text.replace(/^\uFEFF/, "");
  const body = whole.trim();
  if (saysPreset(body)) return { counts: presetCounts(body, what), names: null };
  if (/^([[{]|(Counter|OrderedDict|defaultdict|dict|array|tensor|\(array)\()/.test(body)) return notation(body, what);
  const lines = whole
    .split(/\r\n|\n|\r/)
    .map((line, i) => ({ text: line.replace(/^ +| +$/g, ""), raw: line, number: i + 1 }))
    .filter((line) => line.text.trim() !== "" && !line.text.startsWith("#"));
  if (lines.length === 0) throw inputError(what, "counts such as 5x500,5x100, or a line a class", text);
  if (lines.length === 1 && (isList(lines[0].text) || isBrokenList(lines[0].text)))
    return { counts: parseCounts(lines[0].text, what), names: null };
  return table(withoutTrailer(lines, what), what);
}

/** Whether a line is meant as a list, though something in it is no count: a table has one count in a line. */
const isBrokenList = (text: string): boolean => text.split(/[,;\t]/).filter((cell) => isList(cell) && /\d/.test(cell)).length > 1;

/** Whether a text says counts itself, rather than the name of a file that does. */
export function saysCounts(text: string): boolean {
  return isList(text.trim()) || /^\s*[[{]/.test(text) || saysPreset(text);
}

function isList(text: string): boolean {
  return /^[\s\dxX×,;.eE+_'-]*$/.test(text);
}

interface Line {
  text: string;
  /** With the blanks at its ends. */
  raw: string;
  number: number;
}

/** pandas ends a column with what it is (`Name: count, dtype: int64`), and cuts long ones with dots. */
function withoutTrailer(lines: Line[], what: string): Line[] {
  const cut = lines.find(({ text }) => /^\.{2,}(\s+\.{2,})?$/.test(text) || /\bLength: \d+/.test(text));
  if (cut)
    throw new InputError(
      `${what}, line ${cut.number}: expected a line for every class, got ${JSON.stringify(cut.text)}: the table was shortened when it was printed (to_csv and to_string write all of it)`,
    );
  return /^(Name: .*, )?dtype: \w+$/.test(lines[lines.length - 1].text) ? lines.slice(0, -1) : lines;
}

/** One or two cells a line: a count, or a name and a count in either order. */
function table(lines: readonly Line[], what: string): CountTable {
  const grouped = thousands(lines, what);
  if (grouped) return { counts: checkCounts(grouped, what), names: null };
  const separator = separatorOf(lines);
  const rows =
    separator === undefined ? blankRows(lines, what) : lines.map((line) => ({ ...line, cells: rowOf(line, separator, what) }));
  const columns = countColumns(rows, what);
  const { count, name } = separator === undefined && isUniq(lines) ? { count: 0, name: 1 } : columns;
  const entries = rows.slice(columns.rows).map((row) => {
    const { cells, number, text } = row;
    const where = `${what}, line ${number}`;
    if (cells.length <= Math.max(count, name ?? 0)) throw inputError(where, "`count` or `name,count`", text);
    const called = name === null ? null : cells[name];
    return { name: called, count: countOf(cells[count], where, true, called), row };
  });
  refuseTotal(entries, what);
  if (name !== null)
    return namedCounts(
      entries.map((entry) => [entry.name as string, entry.count]),
      what,
    );
  return {
    counts: checkCounts(
      entries.map((entry) => entry.count),
      what,
    ),
    names: null,
  };
}

/** What separates cells in all lines, or else in most of them where no blank does; undefined: blanks do. */
function separatorOf(lines: readonly Line[]): string | undefined {
  const body = lines.length > 1 ? lines.slice(1) : lines;
  const cells = ({ text }: Line, by: string): string[] => cellsOf(text, by) ?? [];
  const fits = (line: Line, by: string): boolean => cells(line, by).length > 1 && cells(line, by).some(isCount);
  const all = ["\t", ";", ","].find((by) => body.every((line) => fits(line, by)));
  if (all !== undefined || body.every(({ text }) => /(^|\s)[\d,_'.]+(\s|$)/.test(text))) return all;
  return ["\t", ";", ","].find((by) => lines.filter((line) => fits(line, by)).length >= lines.length / 2);
}

/** Lines that are all like `12,000`: thousands, or the class 12 and its count? Zeros that no count begins with, or a class that cannot be, decide. */
function thousands(lines: readonly Line[], what: string): number[] | undefined {
  const body = isCountName(lines[0].text) ? lines.slice(1) : lines;
  if (body.length === 0 || !body.every(({ text }) => /^[1-9]\d{0,2}(,\d{3})*$/.test(text))) return undefined;
  const groups = body.map(({ text }) => text.split(","));
  if (groups.every((parts) => parts.length === 1)) return undefined;
  const certain = groups.some((parts) => parts.length !== 2 || parts[1].startsWith("0"));
  if (certain) return groups.map((parts) => Number(parts.join("")));
  if (groups.every(([first], k) => Number(first) === Number(groups[0][0]) + k)) return undefined;
  const { text, number } = body[0];
  throw new InputError(
    `${what}, line ${number}: expected a count, or a class and its count, got ${JSON.stringify(text)}, which can be either (${text.replaceAll(",", "")}, or class ${groups[0][0]}); write counts without commas`,
  );
}

function rowOf({ text, number }: Line, separator: string, what: string): string[] {
  const cells = cellsOf(text, separator);
  if (!cells) throw inputError(`${what}, line ${number}`, "cells whose quotes end", text);
  while (cells.length > 1 && cells.at(-1) === "") cells.pop();
  return cells;
}

/** Whether lines are `uniq -c`'s: a number whose last digit stands below that of the line above, a blank, and the rest. */
function isUniq(lines: readonly Line[]): boolean {
  const ends = lines.map(({ raw }) => /^( *\d+) \S/.exec(raw)?.[1].length);
  return lines.some(({ raw }) => raw.startsWith(" ")) && ends.every((end) => end !== undefined && end === ends[0]);
}

/** Rows whose cells blanks separate: the count is the last word of a line, or its first. Throws InputError where the name before it ends in a number that names need not have. */
function blankRows(lines: readonly Line[], what: string): Row[] {
  const uniq = isUniq(lines);
  const rows = lines.map((line) => ({ ...line, cells: blankCells(line, uniq) }));
  const pairs = rows.filter(({ cells }) => cells.length === 2 && isCount(cells[1]));
  const starts = pairs.map(({ cells }) => /^(.*\S)\s+\d+$/.exec(cells[0])?.[1]);
  const two = !uniq && pairs.length >= 2 && pairs.length >= lines.length - 1 && !starts.includes(undefined);
  if (two && new Set(starts).size === starts.length)
    throw new InputError(
      `${what}, line ${pairs[0].number}: expected a name and a count, got ${JSON.stringify(pairs[0].text)}, which ends in two numbers; leave one out, or put commas between the columns and a header with \`count\` above them`,
    );
  const colons = pairs.length > 0 && pairs.every(({ cells }) => cells[0].endsWith(":"));
  return colons ? rows.map((row) => ({ ...row, cells: row.cells.map((cell) => cell.replace(/\s*:$/, "")) })) : rows;
}

function blankCells({ text }: Line, uniq: boolean): string[] {
  const last = /^(.*\S)\s+(\S+)$/.exec(text);
  if (!uniq && last && isCount(last[2])) return [unquoted(last[1]), last[2]];
  const first = /^(\S+)\s+(.*)$/.exec(text);
  if (first && isCount(first[1])) return [first[1], unquoted(first[2])];
  return [unquoted(text)];
}

const unquoted = (text: string): string => cellsOf(text, "\t")?.[0] ?? text;

/** The counts of a table without their names. */
export function parseCountsFile(text: string, name: string): number[] {
  return parseCountTable(text, name).counts;
}
