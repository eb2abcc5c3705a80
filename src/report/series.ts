import { type CurveData, curves } from "../plots/index.ts";
import type { Table } from "../terminal/index.ts";
import type { ReportFigure, Section } from "./html.ts";

/** Measurements of several files, as `nclab measure` writes them: a table, and curves over the files. */
export interface SeriesView {
  name: string;
  text: readonly string[];
  /** A row a file. */
  table: Table;
  /** A line a measure, each file at the number in its name. */
  measures: CurveData["runs"];
  /** The same of shares, on an axis of its own; empty where there are none. */
  shares: CurveData["runs"];
}

export function seriesSection(
  { name, text, table, measures, shares }: SeriesView,
  document: Document,
  picture: (draw: (width: number) => SVGSVGElement, caption: string) => ReportFigure,
): Section {
  const drawn = (yLabel: string, yScale: CurveData["yScale"], runs: CurveData["runs"]): ReportFigure[] =>
    runs.length === 0 || table.rows.length < 2
      ? []
      : [
          picture(
            (width) => curves({ yLabel, yScale, runs }, { document, width }),
            `${yLabel} over the files of ${name}, each at the number in its name.`,
          ),
        ];
  return {
    heading: name,
    text,
    tables: [table],
    figures: [...drawn("measure", "log", measures), ...drawn("share of samples", "linear", shares)],
  };
}
