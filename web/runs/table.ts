import { h } from "../dom.ts";
import { number, withMinus } from "../numbers.ts";
import { latestTable } from "../prediction/latest-table.ts";
import { table } from "../prediction/tables.ts";
import type { LambdaSource } from "./item.ts";
import type { Shown } from "./shown.ts";
import { structureWords } from "./structure.ts";

/** Which figure the classes of each item make, branches in use, directions shared; and what its document says should be known of it. */
export function structureList(items: readonly Shown[]): HTMLElement {
  const said = items.flatMap((item) => {
    const words = item.structure ? structureWords(item.structure, item.counts.length) : [];
    return [
      ...(words.length === 0 ? [] : [h("li", {}, `${item.name}: ${withMinus(words.join("; "))}`)]),
      ...item.notes.map((note) => h("li", {}, note.startsWith(item.name) ? note : `${item.name}: ${note}`)),
    ];
  });
  return h("ul", { class: "note", id: "runs-structure" }, ...said);
}

/** Where the lambdas of a prediction come from, in a cell. */
export const sourceWords: Record<LambdaSource, string> = {
  settings: "its settings",
  stated: "stated",
  effective: "effective: a diagnostic",
  prediction: "its own",
};

/** What has become of the classes of each item that says it: opened where there is one. */
export function classTables(items: readonly Shown[]): HTMLElement[] {
  const some = items.filter(({ latest }) => latest.length > 0);
  return some.flatMap((item, i) => {
    const classes = item.goal?.classes;
    const made = latestTable(`runs-classes-${i}`, item, classes ? { classes } : null);
    return made ? [h("details", { open: some.length === 1 }, h("summary", {}, `The classes of ${item.name}`), made)] : [];
  });
}

/** The columns of a training and of what is compared with: they are left out where no item has any of the kind. */
const mayLack: readonly string[] = ["λ_Z", "at lambdas", "epoch", "error of Z", "objective", "predicted minimum"];
const columns = [
  ...["", "status", "λ_Z", "at lambdas", "epoch", "error of Z", "NC1 (paper)", "NC3", "NC4"],
  ...["objective", "predicted minimum"],
];

/** A row an item: what it ended with. */
export function itemTable(items: readonly Shown[]): HTMLElement {
  const rows = items.map((item) => {
    const last = item.lines.at(-1);
    return [
      item.name,
      item.status ?? item.kind,
      item.lambdaZ === null ? "–" : number(item.lambdaZ),
      item.at === null ? "–" : sourceWords[item.at],
      number(last?.epoch ?? null),
      number(last?.error ?? null),
      number(last?.nc1 ?? null),
      number(last?.nc3 ?? null),
      number(last?.nc4 ?? null),
      number(last?.objective ?? null, 6),
      number(item.goal?.objective ?? null, 6),
    ];
  });
  const text = (cell: string | HTMLElement): string => (typeof cell === "string" ? cell : (cell.textContent ?? ""));
  const kept = columns.map((name, i) => !mayLack.includes(name) || rows.some((row) => text(row[i]) !== "–"));
  const those = <T>(row: readonly T[]): T[] => row.filter((_, i) => kept[i]);
  return table(
    "runs",
    "What was dropped",
    those(columns),
    rows.map(those),
    "–: not defined or not measured here.",
    "clear, and drop fewer at a time",
  );
}
