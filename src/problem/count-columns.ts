import { InputError } from "../errors.ts";
import { maximum } from "../extremes.ts";

/** A row of a table: its cells, and the line that they stand in. */
export interface Row {
  cells: readonly string[];
  text: string;
  number: number;
}

/** Which column holds the counts and which the names of the classes; `rows` lines above them are titles. */
export interface CountColumns {
  rows: number;
  count: number;
  name: number | null;
}

export const isCount = (cell: string): boolean => /^\d[\d,_'.]*([eE]\+?\d+)?$/.test(cell);

export const isCountName = (cell: string): boolean =>
  /^(counts?|n|samples?|instances?|num(ber)?([ _]?of)?[ _]?(samples|images|examples|instances)|frequency|freq|size|images|examples)$/i.test(
    cell.trim(),
  );

/**
 * The columns of a table. A title decides; without one the only column of numbers holds the counts. A column that numbers the classes (0 to K - 1 or 1 to K, in any order)
 * holds none, nor does one with a 0. Of two columns of numbers that are left the second holds the counts, as in `class,count`; of more, none can be told: InputError.
 */
export function countColumns(rows: readonly Row[], what: string): CountColumns {
  const [first] = rows;
  const width = Math.max(maximum(rows.slice(-100).map(({ cells }) => cells.length)), first.cells.length);
  const titles = first.cells.length > 1 || width === 1 ? first.cells : [];
  const titled = titles.flatMap((title, at) => (isCountName(title) ? [at] : []));
  // pandas writes the name of the index on a line of its own.
  const above = titled.length > 0 || (rows.length > 1 && !first.cells.some(isCount) && rows[1].cells.some(isCount)) ? 1 : 0;
  if (width === 1) return { rows: above, count: 0, name: null };
  const body = rows.slice(above);
  const column = (at: number): string[] => body.map(({ cells }) => cells[at] ?? "");
  const numeric = Array.from({ length: width }, (_, at) => at).filter((at) => column(at).every(isCount));
  const count = only(titled) ?? only(numeric.filter((at) => !column(at).some((cell) => Number(cell) === 0))) ?? width - 1;
  const others = Array.from({ length: width }, (_, at) => at).filter((at) => at !== count);
  return { rows: above, count, name: others.find((at) => !numeric.includes(at)) ?? others[others.length - 1] };

  /** The one of these columns that holds the counts; undefined: there is none. */
  function only(candidates: readonly number[]): number | undefined {
    const counting = candidates.filter((at) => !numbersClasses(column(at)));
    const left = counting.length > 0 ? counting : candidates;
    const differ = left.some((at) => column(at).join() !== column(left[0]).join());
    if (differ && (width > 2 || titled.length > 1)) {
      const { text, number } = body[0];
      const shown = left.map((at) => `column ${at + 1}${above ? ` (${JSON.stringify(titles[at] ?? "")})` : ""}`).join(" or ");
      throw new InputError(
        `${what}, line ${number}: expected one column of counts, got ${JSON.stringify(text)}, in which ${shown} can hold them; write a header with \`count\` above the one that is meant`,
      );
    }
    return left.at(-1);
  }
}

/** Whether a column is 0, 1, ..., K - 1 or 1, 2, ..., K in some order. */
function numbersClasses(cells: readonly string[]): boolean {
  const sorted = cells.map(Number).sort((a, b) => a - b);
  return (sorted[0] === 0 || sorted[0] === 1) && sorted.every((n, k) => n === sorted[0] + k);
}

/** Refuses a last or first line that adds up the others, as `wc -l` and spreadsheets write it: it would count as a class. */
export function refuseTotal(entries: readonly { name: string | null; count: number; row: Row }[], what: string): void {
  const sum = entries.reduce((total, { count }) => total + count, 0);
  for (const { name, count, row } of [entries[0], entries[entries.length - 1]])
    if (name !== null && /^((grand )?totals?|sum|all|overall)\W*$/i.test(name) && entries.length > 2 && 2 * count === sum)
      throw new InputError(
        `${what}, line ${row.number}: expected a class and its count, got ${JSON.stringify(row.text)}, the sum of the others; leave that line out`,
      );
}
