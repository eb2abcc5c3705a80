import { InputError, inputError } from "../../errors.ts";
import { isClassNameName, isFile, isLabelName, isMissing, isNumber, isPath, isWhole } from "./cells.ts";
import { severalOnes } from "./labels.ts";

/**
 * Which column of a table holds the classes. A header that names it decides; without one a column must be the only one that can hold them: no
 * file names, not a different value in every row (as row numbers are). Where two can, nobody can know: that is an error which shows the table's first row.
 */
export interface Columns {
  /** Whether the first row is a header. */
  header: boolean;
  /** How it was read, in words. */
  how: string;
  /** The column of classes; for one-hot rows all columns of a class. */
  label: number | number[];
  /** The column with the name of the class beside its number. */
  name: number | null;
  /** Names of the classes where a header of one-hot columns gives them. */
  names: string[] | null;
  /** Whether the classes are written as numbers. */
  numbers: boolean;
  /** Whether the first row could be a header that was not recognized: all its columns are words. */
  headerless: boolean;
}

interface Column {
  at: number;
  title: string | null;
  type: "empty" | "whole" | "number" | "file" | "text";
  cells: string[];
  different: number;
}

/** What is known of a file's labels before it is looked at: the title of their column, and the label of samples that belong to no class. */
export interface Known {
  column?: string;
  ignore?: string;
}

/** `what`: for messages; `where`: the first row's line as it stands, and its number. */
export function chooseColumn(
  rows: readonly string[][],
  separator: string,
  what: string,
  where: { text: string; number: number },
  { column, ignore }: Known,
): Columns {
  const header = column !== undefined || hasHeader(rows, ignore);
  const body = header ? rows.slice(1) : rows;
  const columns = rows[0].map((first, at): Column => {
    const cells = body.map((row) => row[at]);
    return { at, title: header ? first : null, type: typeOf(cells, ignore), cells, different: new Set(cells).size };
  });
  const by = separator === "\t" ? "tabs" : separator === " " ? "blanks" : JSON.stringify(separator);
  const table: Table = { what, where, by, header, body, columns, ignore };
  return column !== undefined
    ? found(table, stated(table, column), null)
    : (byTitle(table) ?? oneHotRows(table) ?? onlyCandidate(table));
}

/** A table, its columns told apart. */
interface Table {
  what: string;
  where: { text: string; number: number };
  /** What separates its columns, in words. */
  by: string;
  header: boolean;
  /** The rows below the header. */
  body: readonly string[][];
  columns: readonly Column[];
  ignore: string | undefined;
}

/** The column that the user names. */
function stated({ what, columns }: Table, column: string): Column {
  const at =
    columns.find(({ title }) => title === column) ?? columns.find(({ title }) => title?.toLowerCase() === column.toLowerCase());
  if (!at) throw inputError(`${what}: labels`, `one of the columns ${columns.map(({ title }) => title).join(", ")}`, column);
  return at;
}

/** By a header that names the column of classes, or that of their names, or both; undefined where it names none. */
function byTitle(table: Table): Columns | undefined {
  const titled = (is: (title: string) => boolean): Column[] =>
    table.columns.filter(({ title, type }) => title !== null && is(title) && type !== "empty");
  const [known, named] = [titled(isLabelName), titled(isClassNameName)];
  const all = [...known, ...named];
  if (all.length === 0) return undefined;
  if (!all.every((other) => sameClasses(all[0], other))) throw refusal(table, all, "more than one is named like classes:");
  const label = all.find(({ type }) => type === "whole") ?? all[0];
  const texts = [...named, ...known].filter((other) => other !== label && other.type === "text" && sameClasses(label, other));
  return found(table, label, label.type === "whole" ? (texts[0] ?? null) : null);
}

const canBe = ({ columns }: Table): Column[] => columns.filter(({ type }) => type !== "empty" && type !== "file");

/** A column a class, with a single 1 in each row; undefined where other columns can hold classes, or these may be something else. */
function oneHotRows(table: Table): Columns | undefined {
  const { header, body } = table;
  const rest = canBe(table);
  const oneHot = rest.filter(({ cells }) => cells.every((cell) => isWhole(cell) && (Number(cell) === 0 || Number(cell) === 1)));
  const others = rest.filter((column) => !oneHot.includes(column) && column.different < body.length);
  if (oneHot.length < 2 || others.length > 0) return undefined;
  if (body.every((row) => oneHot.reduce((sum, { at }) => sum + Number(row[at]), 0) === 1))
    return {
      header,
      how: how(table, `one-hot rows of ${oneHot.length} classes`),
      label: oneHot.map(({ at }) => at),
      name: null,
      names: header ? oneHot.map(({ title }) => title as string) : null,
      numbers: true,
      headerless: isHeaderless(table),
    };
  if (oneHot.length > 2) throw refusal(table, oneHot, `one-hot rows have a single 1, these have others (${severalOnes}):`);
  return undefined;
}

/** The only column that can hold classes, and the one of their names beside it. Throws InputError where there is none, or another. */
function onlyCandidate(table: Table): Columns {
  const rest = canBe(table);
  const n = table.body.length;
  const candidates = rest.filter(
    (c) => c.type !== "number" && (c.different < n || n === 1) && !(c.different === 1 && c.type === "text"),
  );
  if (candidates.length === 0) {
    // Every row another class: only a column of numbers beside names can be meant.
    const whole = rest.filter(({ type }) => type === "whole");
    if (whole.length === 1) return found(table, whole[0], null);
    const one = rest.filter(({ different, type }) => different === 1 && type === "text");
    if (one.length === 1 && whole.length === 0) return found(table, one[0], null);
    throw refusal(table, table.columns, "none can:");
  }
  if (candidates.length > 1 && !candidates.every((other) => sameClasses(candidates[0], other)))
    throw refusal(table, candidates, "more than one can:");
  const label = candidates.find(({ type }) => type === "whole") ?? candidates[0];
  const texts = candidates.filter((other) => other !== label && other.type === "text");
  const wholes = candidates.filter(({ type }) => type === "whole");
  if (wholes.length > 1) throw refusal(table, wholes, "more than one can:");
  return found(table, label, label.type === "whole" && texts.length === 1 ? texts[0] : null);
}

/** What was chosen. Throws InputError where it holds other numbers than classes, as a column called `y` may. */
function found(table: Table, label: Column, name: Column | null): Columns {
  const { what, header, ignore } = table;
  const part = label.cells.find((cell) => !isMissing(cell) && !isWhole(cell) && cell !== ignore);
  if (label.type === "number") throw inputError(`${what}: ${described(label)}`, "classes as whole numbers or as names", part);
  return {
    header,
    how: how(table, `classes in column ${label.at + 1}${label.title ? ` (${JSON.stringify(label.title)})` : ""}`),
    label: label.at,
    name: name?.at ?? null,
    names: null,
    numbers: label.type === "whole",
    headerless: isHeaderless(table),
  };
}

const isHeaderless = ({ header, columns }: Table): boolean =>
  !header && columns.every(({ type }) => type === "text" || type === "empty");

const how = ({ columns, by, header }: Table, chosen: string): string =>
  `${chosen}, ${columns.length} columns separated by ${by}, ${header ? "a header" : "no header"}`;

function described({ at, title, type, different }: Column): string {
  const kind = { empty: "empty", whole: "whole numbers", number: "numbers", file: "file names", text: "words" }[type];
  return `column ${at + 1} (${title === null || title === "" ? "" : `${JSON.stringify(title)}, `}${kind}, ${different} different)`;
}

function refusal({ what, where, columns, by, header }: Table, candidates: readonly Column[], why: string): InputError {
  const some = candidates.slice(0, 6).map((column) => ` ${described(column)}`);
  const key = header && candidates.length > 0 ? `; in measure, --keys labels=${candidates[0].title} takes a column` : "";
  return new InputError(
    `${what}, line ${where.number}: expected one column that can hold classes, got ${JSON.stringify(cut(where.text))}, read as ${columns.length} columns separated by ${by}${header ? " under a header" : ""}: ${why}${some.join(",")}; write a header line with \`label\` above the column of classes, or a file with that column alone${key}`,
  );
}

/** A first row is a header where it names the column of classes, or has a word above numbers or above file names. */
export function hasHeader(rows: readonly string[][], ignore?: string): boolean {
  if (rows.length < 2) return false;
  return rows[0].some((title, at) => {
    if (isMissing(title) || isNumber(title)) return false;
    const cells = rows.slice(1).map((row) => row[at]);
    const type = typeOf(cells, ignore);
    if (isLabelName(title) || isClassNameName(title)) return !cells.includes(title) && !(title.length === 1 && type === "text");
    return type === "whole" || type === "number" || (type === "file" && !isFile(title) && !isPath(title));
  });
}

/** What the cells of a column are, but for those that are empty or to be ignored. */
export function typeOf(cells: readonly string[], ignore?: string): Column["type"] {
  const there = cells.filter((cell) => !isMissing(cell) && cell !== ignore);
  if (there.length === 0) return "empty";
  if (there.every(isWhole)) return "whole";
  if (there.every(isNumber)) return "number";
  if (there.every((cell) => isFile(cell) || isPath(cell))) return "file";
  return "text";
}

/** Whether two columns say the same classes in other words. */
function sameClasses(a: Column, b: Column): boolean {
  if (a === b) return true;
  if (a.different !== b.different) return false;
  const to = new Map<string, string>();
  return a.cells.every((cell, i) => {
    const other = to.get(cell);
    if (other === undefined) to.set(cell, b.cells[i]);
    return other === undefined || other === b.cells[i];
  });
}

export function cut(text: string): string {
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}
