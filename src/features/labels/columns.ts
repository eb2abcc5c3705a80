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
  const described = ({ at, title, type, different }: Column): string => {
    const kind = { empty: "empty", whole: "whole numbers", number: "numbers", file: "file names", text: "words" }[type];
    return `column ${at + 1} (${title === null || title === "" ? "" : `${JSON.stringify(title)}, `}${kind}, ${different} different)`;
  };
  const how = (chosen: string): string =>
    `${chosen}, ${rows[0].length} columns separated by ${by}, ${header ? "a header" : "no header"}`;
  const headerless = !header && columns.every(({ type }) => type === "text" || type === "empty");
  const found = (label: Column, name: Column | null): Columns => {
    const part = label.cells.find((cell) => !isMissing(cell) && !isWhole(cell) && cell !== ignore);
    // A column called `y` may hold other numbers than classes.
    if (label.type === "number") throw inputError(`${what}: ${described(label)}`, "classes as whole numbers or as names", part);
    return {
      header,
      how: how(`classes in column ${label.at + 1}${label.title ? ` (${JSON.stringify(label.title)})` : ""}`),
      label: label.at,
      name: name?.at ?? null,
      names: null,
      numbers: label.type === "whole",
      headerless,
    };
  };
  const refuse = (candidates: readonly Column[], why: string): InputError =>
    new InputError(
      `${what}, line ${where.number}: expected one column that can hold classes, got ${JSON.stringify(cut(where.text))}, read as ${rows[0].length} columns separated by ${by}${header ? " under a header" : ""}: ${why}${candidates
        .slice(0, 6)
        .map((c) => ` ${described(c)}`)
        .join(",")}; write a header line with \`label\` above the column of classes, or a file with that column alone${
        header && candidates.length > 0 ? `; in measure, --keys labels=${candidates[0].title} takes a column` : ""
      }`,
    );

  if (column !== undefined) {
    const stated =
      columns.find(({ title }) => title === column) ?? columns.find(({ title }) => title?.toLowerCase() === column.toLowerCase());
    if (!stated) throw inputError(`${what}: labels`, `one of the columns ${rows[0].join(", ")}`, column);
    return found(stated, null);
  }
  const known = columns.filter(({ title, type }) => title !== null && isLabelName(title) && type !== "empty");
  const named = columns.filter(({ title, type }) => title !== null && isClassNameName(title) && type !== "empty");
  if (known.length + named.length > 0) {
    const all = [...known, ...named];
    if (!all.every((other) => sameClasses(all[0], other))) throw refuse(all, "more than one is named like classes:");
    const label = all.find(({ type }) => type === "whole") ?? all[0];
    const texts = [...named, ...known].filter((other) => other !== label && other.type === "text" && sameClasses(label, other));
    return found(label, label.type === "whole" ? (texts[0] ?? null) : null);
  }

  const n = body.length;
  const rest = columns.filter(({ type }) => type !== "empty" && type !== "file");
  const oneHot = rest.filter(({ cells }) => cells.every((cell) => isWhole(cell) && (Number(cell) === 0 || Number(cell) === 1)));
  const others = rest.filter((column) => !oneHot.includes(column) && column.different < n);
  if (oneHot.length > 1 && others.length === 0) {
    if (body.every((row) => oneHot.reduce((sum, { at }) => sum + Number(row[at]), 0) === 1))
      return {
        header,
        how: how(`one-hot rows of ${oneHot.length} classes`),
        label: oneHot.map(({ at }) => at),
        name: null,
        names: header ? oneHot.map(({ title }) => title as string) : null,
        numbers: true,
        headerless,
      };
    if (oneHot.length > 2) throw refuse(oneHot, `one-hot rows have a single 1, these have others (${severalOnes}):`);
  }
  const candidates = rest.filter(
    (c) => c.type !== "number" && (c.different < n || n === 1) && !(c.different === 1 && c.type === "text"),
  );
  if (candidates.length === 0) {
    // Every row another class: only a column of numbers beside names can be meant.
    const whole = rest.filter(({ type }) => type === "whole");
    if (whole.length === 1) return found(whole[0], null);
    const one = rest.filter(({ different, type }) => different === 1 && type === "text");
    if (one.length === 1 && whole.length === 0) return found(one[0], null);
    throw refuse(columns, "none can:");
  }
  if (candidates.length > 1 && !candidates.every((other) => sameClasses(candidates[0], other)))
    throw refuse(candidates, "more than one can:");
  const label = candidates.find(({ type }) => type === "whole") ?? candidates[0];
  const texts = candidates.filter((other) => other !== label && other.type === "text");
  const wholes = candidates.filter(({ type }) => type === "whole");
  if (wholes.length > 1) throw refuse(wholes, "more than one can:");
  return { ...found(label, label.type === "whole" && texts.length === 1 ? texts[0] : null) };
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
