import type { Cells } from "../cells.ts";
import { curves, heatMaps, type SeparationData, separationCurves, svgText } from "../plots/index.ts";
import type { Cell, Table } from "../terminal/index.ts";
import type { SeriesView } from "../words/index.ts";
import { htmlReport, type ReportFigure, type Section } from "./html.ts";
import { seriesSection } from "./series.ts";

/** The report of `nclab report`: runs and sweeps, predicted beside measured. */
export interface RunView {
  /** What tells it from the others: `lambda-z 0.002, seed 1`. */
  label: string;
  /** Its number in the table: `#3`; short enough to stand above a heat map. */
  number: string;
  /** Null: the theory says nothing of such a training. */
  predicted: Cells | null;
  /** Of the last evaluation; null: none yet. */
  measured: Cells | null;
  /** What has become of its classes; null where the run does not say. */
  classes: Table | null;
  /** Classes of equal count. */
  clusters: readonly (readonly number[])[];
  history: readonly { epoch: number; nc1: number | null; error: number | null; objective: number | null }[];
}

export interface SweepView {
  name: string;
  text: string;
  table: Table;
  runs: readonly RunView[];
  /** Where lambda_Z is what varies. */
  separation: SeparationData | null;
}

export interface RunsReport {
  title: string;
  sweeps: readonly SweepView[];
  /** Measurements of several files. */
  series: readonly SeriesView[];
  settings: Readonly<Record<string, string | number | boolean | null>>;
  versions: Readonly<Record<string, string>>;
}

/** Heat maps in a row; more than that and the squares are too small to see. */
const mostInRow = 6;
/** Pictures are for looking at: of more runs the tables have the numbers. */
const mostDrawn = 36;
const mostCurves = 12;
/** A table a run. */
const mostTables = 6;

export function runsReport({ title, sweeps, series, settings, versions }: RunsReport, document: Document): string {
  const picture = (draw: (width: number) => SVGSVGElement, caption: string): ReportFigure => ({
    svg: svgText(draw(760)),
    narrow: svgText(draw(340)),
    caption,
  });
  return htmlReport({
    title,
    lead: [
      ...(sweeps.length
        ? [
            "Mean predictions Z = W H' of trained networks beside those that the theory proves optimal for their class counts and regularization.",
          ]
        : []),
      ...(series.length ? ["Measures of neural collapse of trained networks, file by file."] : []),
    ],
    sections: [
      ...sweeps.flatMap((sweep) => sectionsOf(sweep, document, picture)),
      ...series.map((view) => seriesSection(view, document, picture)),
      { heading: "How to cite", text: citation },
    ],
    settings,
    versions,
  });
}

function sectionsOf(
  { name, text, table, runs, separation: along }: SweepView,
  document: Document,
  picture: (draw: (width: number) => SVGSVGElement, caption: string) => ReportFigure,
): Section[] {
  const drawn = runs.slice(0, mostDrawn);
  const rows: RunView[][] = [];
  for (let i = 0; i < drawn.length; i += mostInRow) rows.push(drawn.slice(i, i + mostInRow));
  const figures = rows.map((row) =>
    picture(
      (width) =>
        heatMaps(
          {
            rows: ["predicted Z*", "measured Z"],
            groups: row.map((run) => ({ title: run.number, matrices: [run.predicted, run.measured], clusters: run.clusters })),
          },
          { document, width },
        ),
      "Numbered as in the table. Rows are logits, columns are classes; lines stand between classes of different counts.",
    ),
  );
  const more = runs.length > drawn.length ? `Of ${runs.length} runs the first ${drawn.length} are drawn.` : "";
  const curve = (
    yLabel: string,
    yScale: "log" | "linear",
    value: (h: RunView["history"][number]) => number | null,
  ): ReportFigure =>
    picture(
      (width) =>
        curves(
          {
            yLabel,
            yScale,
            runs: runs.slice(0, mostCurves).map((run) => ({
              label: run.label,
              points: run.history.map((h) => ({ epoch: h.epoch, value: value(h) })),
            })),
          },
          { document, width },
        ),
      `${yLabel}, by epoch${runs.length > mostCurves ? `, of the first ${mostCurves} runs` : ""}.`,
    );
  const tabled = runs.flatMap((run) => (run.classes ? [run.classes] : []));
  return [
    { heading: name, text, tables: [table] },
    ...(tabled.length
      ? [
          {
            heading: `${name}: what becomes of each class`,
            text: `Own: its samples are classified right at their mean. Outvoted: a rival has the larger logit, and its mean prediction is still its own. Faded, merged: it cannot be told from another class.${tabled.length > mostTables ? ` The first ${mostTables} of ${tabled.length} runs.` : ""}`,
            tables: tabled.slice(0, mostTables),
          },
        ]
      : []),
    ...(runs.length ? [{ heading: `${name}: the last layer as a picture`, text: more || undefined, figures }] : []),
    ...(along
      ? [
          {
            heading: `${name}: where classes are lost`,
            figures: [
              picture(
                (width) => separationCurves(along, { document, width }),
                "The largest distance between mean predictions of the smallest classes, and the largest logit: predicted (lines) and measured (symbols).",
              ),
            ],
          },
        ]
      : []),
    ...(runs.some((run) => run.history.length > 1)
      ? [
          {
            heading: `${name}: the way there`,
            figures: [curve("NC1 (paper weighting)", "log", (h) => h.nc1), curve("relative error of Z", "log", (h) => h.error)],
          },
        ]
      : []),
  ];
}

const citation: readonly string[] = [
  "The theory: W. Hong and S. Ling, Neural Collapse for Unconstrained Feature Model under Cross-entropy Loss with Imbalanced Data (2023).",
  "The software: nclab, with the version below; CITATION.cff has the entry.",
];

/** A table whose cells may be missing. */
export const cellOf = (value: Cell | undefined): Cell => (value === undefined || value === "" ? null : value);
