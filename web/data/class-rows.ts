import { type ClassStatus, classStatuses } from "../../src/prediction/index.ts";
import type { Answer } from "./shown.ts";

/** Which classes the list shows, and in which order: a value. */
export interface ListState {
  column: Column;
  down: boolean;
  /** A part of a name, or a class number. */
  search: string;
  status: ClassStatus | "all";
}

/** What the list can be sorted by. */
export type Column = "class" | "count" | "status" | "pOwn" | "rival" | "margin";
type Row = Answer["classes"][number];

/** The weakest first. */
export const firstList: ListState = { column: "margin", down: false, search: "", status: "all" };

const values: Record<Column, (row: Row) => number | string> = {
  class: (row) => row.class,
  count: (row) => row.count,
  // What is lost most comes first, as with margins.
  status: (row) => -classStatuses.indexOf(row.status),
  pOwn: (row) => row.pOwn,
  rival: (row) => row.rival,
  margin: (row) => row.margin,
};

/** The rows of the list, in its order; equal ones by class. */
export function rowsOf(classes: readonly Row[], { column, down, search, status }: ListState): Row[] {
  const value = values[column];
  const sign = down ? -1 : 1;
  return classes
    .filter((row) => (status === "all" || row.status === status) && matches(row, search.trim().toLowerCase()))
    .sort((p, q) => {
      const [x, y] = [value(p), value(q)];
      return x < y ? -sign : x > y ? sign : p.class - q.class;
    });
}

/** A number is a class's own; anything else a part of its name. */
function matches({ class: k, name }: Row, search: string): boolean {
  if (search === "" || String(k) === search) return true;
  return name?.toLowerCase().includes(search) === true;
}

/** The list in its order with every class in it. */
export const unfiltered = (list: ListState): ListState => ({ ...list, search: firstList.search, status: firstList.status });

/** Whether two answers are about one data set: the same names and samples, class by class. */
export function sameClasses(
  some: readonly Pick<Row, "name" | "count">[],
  others: readonly Pick<Row, "name" | "count">[],
): boolean {
  return (
    some.length === others.length && some.every(({ name, count }, k) => name === others[k].name && count === others[k].count)
  );
}

/** The next state when a head is pressed: its column, or the other way round. */
export const sortedBy = (list: ListState, column: Column): ListState => ({
  ...list,
  column,
  down: list.column === column ? !list.down : column === "count",
});
