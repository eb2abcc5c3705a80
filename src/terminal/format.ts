import { format } from "../number-text.ts";

/** A share as a percentage: 0.813 is "81.3 %". */
export function percent(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? "–" : `${(100 * value).toFixed(1)} %`;
}

/** The line that a table with a "–" in it carries below. */
const missingNote = "–: not defined or not measured here.";

export type Cell = string | number | null;

export interface Table {
  caption: string;
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
  notes?: readonly string[];
}

const looksNumeric = /^(–|[-+]?(inf|\d[\d.]*(e[-+]?\d+)?)( %)?)$/;

/** The table with every cell as text, and the note on missing values where one is missing. */
export function rows(table: Table): { text: string[][]; numeric: boolean[]; notes: string[] } {
  table.rows.forEach((row, i) => {
    if (row.length !== table.columns.length)
      throw new RangeError(
        `table ${JSON.stringify(table.caption)}, row ${i}: expected ${table.columns.length} cells, got ${row.length}`,
      );
  });
  const text = table.rows.map((row) => row.map((cell) => (typeof cell === "string" ? cell : format(cell))));
  const numeric = table.columns.map((_, j) => text.every((row) => looksNumeric.test(row[j])));
  const missing = text.some((row) => row.includes("–"));
  return { text, numeric, notes: [...(table.notes ?? []), ...(missing ? [missingNote] : [])] };
}
