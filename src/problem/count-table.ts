import { InputError, inputError } from "../errors.ts";
import { cellsOf } from "../separated.ts";
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
  const body = text.replace(/^\uFEFF/, "").trim();
  if (saysPreset(body)) return { counts: presetCounts(body, what), names: null };
  if (/^([[{]|(Counter|OrderedDict|defaultdict|dict|array|tensor)\()/.test(body)) return notation(body, what);
  const lines = body
    .split(/\r\n|\n|\r/)
    .map((line, i) => ({ text: line.replace(/^ +| +$/g, ""), number: i + 1 }))
    .filter((line) => line.text.trim() !== "" && !line.text.startsWith("#"));
  if (lines.length === 0) throw inputError(what, "counts such as 5x500,5x100, or a line a class", text);
  if (lines.length === 1 && isList(lines[0].text)) return { counts: parseCounts(lines[0].text, what), names: null };
  return table(withoutTrailer(lines, what), what);
}

/** Whether a text says counts itself, rather than the name of a file that does. */
export function saysCounts(text: string): boolean {
  return isList(text.trim()) || /^\s*[[{]/.test(text) || saysPreset(text);
}

function isList(text: string): boolean {
  return /^[\s\dxX×,;.eE+_'-]*$/.test(text);
}

interface Line {
  text: string;
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
  const rows = lines.map((line) => ({ ...line, cells: rowOf(line, separator, what) }));
  const header = headerOf(rows.map(({ cells }) => cells));
  const { count, name } = header.columns;
  const entries = rows.slice(header.rows).map(({ cells, number, text }) => {
    const where = `${what}, line ${number}`;
    if (cells.length <= Math.max(count, name ?? 0)) throw inputError(where, "`count` or `name,count`", text);
    return { name: name === null ? null : cells[name], count: countOf(cells[count], where) };
  });
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

/** The cells of a line; without a separator in all lines the count is its last word, or its first (`uniq -c`). */
function rowOf({ text, number }: Line, separator: string | undefined, what: string): string[] {
  if (separator !== undefined) {
    const cells = cellsOf(text, separator);
    if (!cells) throw inputError(`${what}, line ${number}`, "cells whose quotes end", text);
    while (cells.length > 1 && cells.at(-1) === "") cells.pop();
    return cells;
  }
  const last = /^(.*\S)\s+(\S+)$/.exec(text);
  if (last && isCount(last[2])) return [unquoted(last[1]), last[2]];
  const first = /^(\S+)\s+(.*)$/.exec(text);
  if (first && isCount(first[1])) return [first[1], unquoted(first[2])];
  return [unquoted(text)];
}

const unquoted = (text: string): string => cellsOf(text, "\t")?.[0] ?? text;
const isCount = (cell: string): boolean => /^\d[\d,_'.]*([eE]\+?\d+)?$/.test(cell);
const isCountName = (cell: string): boolean =>
  /^(counts?|n|samples?|num(ber)?([ _]?of)?[ _]?(samples|images|examples)|frequency|freq|size|images|examples)$/i.test(
    cell.trim(),
  );

/** Which column holds counts and which names, and whether lines above them are titles. */
function headerOf(rows: readonly string[][]): { rows: number; columns: { count: number; name: number | null } } {
  const width = Math.max(...rows.slice(-100).map((cells) => cells.length), rows[0].length);
  const titles = rows[0].length > 1 || width === 1 ? rows[0] : [];
  const counts = titles.findIndex(isCountName);
  // pandas writes the name of the index on a line of its own.
  const above = counts >= 0 || (rows.length > 1 && !rows[0].some(isCount) && rows[1].some(isCount)) ? 1 : 0;
  if (width === 1) return { rows: above, columns: { count: 0, name: null } };
  const body = rows.slice(above);
  const all = (at: number): boolean => body.every((cells) => isCount(cells[at] ?? ""));
  const count = counts >= 0 ? counts : !all(width - 1) && all(0) ? 0 : width - 1;
  const others = Array.from({ length: width }, (_, at) => at).filter((at) => at !== count);
  return { rows: above, columns: { count, name: others.find((at) => !all(at)) ?? others[others.length - 1] } };
}

/** The counts of a table without their names. */
export function parseCountsFile(text: string, name: string): number[] {
  return parseCountTable(text, name).counts;
}
