import { type CurveData, curves } from "../plots/index.ts";
import type { SeriesView } from "../words/index.ts";
import type { ReportFigure, Section } from "./html.ts";

/** The section of a series of measurements. */
export function seriesSection(
  { name, text, table, axis, measures, shares }: SeriesView,
  document: Document,
  picture: (draw: (width: number) => SVGSVGElement, caption: string) => ReportFigure,
): Section {
  const drawn = (yLabel: string, yScale: CurveData["yScale"], runs: CurveData["runs"]): ReportFigure[] =>
    runs.length === 0 || table.rows.length < 2
      ? []
      : [
          picture(
            (width) => curves({ xLabel: axis, yLabel, yScale, runs }, { document, width }),
            `${yLabel} over the files of ${name}, each at ${axis === "file" ? "its place in the list" : `${axis === "number in the name" ? "the number" : `the ${axis}`} in its name`}${yScale === "log" ? "; a measure of 0 is not shown" : ""}.`,
          ),
        ];
  return {
    heading: name,
    text,
    tables: [table],
    figures: [...drawn("measure", "log", measures), ...drawn("share of samples", "linear", shares)],
  };
}
