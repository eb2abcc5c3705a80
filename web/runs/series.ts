import { curves } from "../../src/plots/index.ts";
import type { SeriesView } from "../../src/words/index.ts";
import { select } from "../controls/fields.ts";
import { h } from "../dom.ts";
import { figure } from "../figures/figure.ts";
import { number } from "../numbers.ts";
import { table } from "../prediction/tables.ts";
import type { Item } from "./item.ts";

/** Measurements of several files, and those of them whose features can be drawn. */
export interface Series extends SeriesView {
  members: readonly Item[];
}

/** Measures in words, as tab Runs' other tables have them, for the table and the pictures. */
const heads: Readonly<Record<string, string>> = {
  "nc1.paper": "NC1 (paper)",
  cdnv: "CDNV",
  "nc2.equinormMeans": "NC2, equal lengths",
  "nc2.equiangularMeans": "NC2, equal angles",
  nc3: "NC3",
  nc4: "NC4",
  accuracyOverall: "accuracy",
};

/** Measurements of several files, in one document: a table, and curves over the files, as `nclab report` has them. `index` tells several documents apart. */
export function seriesBlock(
  { name, text, table: of, axis, measures, shares }: Series,
  index: number,
  features: HTMLElement | null,
): HTMLElement {
  const rows = of.rows.map((row) => row.map((cell) => (typeof cell === "number" || cell === null ? number(cell) : cell)));
  const pictures =
    of.rows.length < 2
      ? []
      : [
          ["measures", "Measures", "measure", "log", measures] as const,
          ["shares", "Shares of samples", "share of samples", "linear", shares] as const,
        ].flatMap(([id, title, yLabel, yScale, runs]) => {
          if (runs.length === 0) return [];
          const drawn = figure(
            `series-${index}-${id}`,
            `${title} over the files`,
            axis === "file" ? `Files of ${name}, in their order.` : `Files of ${name}, each at the number in its name.`,
          );
          const named = runs.map((run) => ({ ...run, label: heads[run.label] ?? run.label }));
          drawn.draw((width) => curves({ xLabel: axis, yLabel, yScale, runs: named }, { width }));
          return [drawn.node];
        });
  return h(
    "section",
    { class: "series" },
    ...text.map((words) => h("p", { class: "note" }, words)),
    table(
      `series-${index}`,
      of.caption,
      of.columns.map((name) => heads[name] ?? name),
      rows,
      "–: not defined or not measured here.",
      "the document has them all",
    ),
    pictures.length > 0 && h("div", { class: "figures" }, ...pictures),
    features,
  );
}

/** Of which file the features are drawn: the last where nothing else was chosen. */
export function memberChoice(
  { name, members }: Series,
  index: number,
  chosen: string | undefined,
  choose: (file: string) => void,
): { member: Item; node: HTMLElement } | null {
  const member = members.find((one) => one.name === chosen) ?? members.at(-1);
  if (!member) return null;
  const id = `series-${index}-member`;
  const files = select(
    id,
    members.map((one) => one.name),
    {},
    member.name,
    choose,
  );
  return { member, node: h("div", { class: "field member" }, h("label", { for: id }, `Features drawn of ${name}`), files) };
}
