import { curves } from "../../src/plots/index.ts";
import type { SeriesView } from "../../src/words/index.ts";
import { h } from "../dom.ts";
import { figure } from "../figures/figure.ts";
import { number } from "../numbers.ts";
import { table } from "../prediction/tables.ts";

/** Measurements of several files, in one document: a table, and curves over the files, as `nclab report` has them. `index` tells several documents apart. */
export function seriesBlock({ name, text, table: of, axis, measures, shares }: SeriesView, index: number): HTMLElement {
  const rows = of.rows.map((row) => row.map((cell) => (typeof cell === "number" || cell === null ? number(cell) : cell)));
  const pictures =
    of.rows.length < 2
      ? []
      : [["measures", "measure", "log", measures] as const, ["shares", "share of samples", "linear", shares] as const].flatMap(
          ([id, yLabel, yScale, runs]) => {
            if (runs.length === 0) return [];
            const drawn = figure(
              `series-${index}-${id}`,
              `${yLabel} over the files`,
              axis === "file" ? `Files of ${name}, in their order.` : `Files of ${name}, each at the number in its name.`,
            );
            drawn.draw((width) => curves({ xLabel: axis, yLabel, yScale, runs }, { width }));
            return [drawn.node];
          },
        );
  return h(
    "section",
    { class: "series" },
    ...text.map((words) => h("p", { class: "note" }, words)),
    table(`series-${index}`, of.caption, of.columns, rows, "–: not defined or not measured here."),
    pictures.length > 0 && h("div", { class: "figures" }, ...pictures),
  );
}
