import type { Cells, Clusters } from "../cells.ts";
import type { Measurement } from "../measure/index.ts";
import { format } from "../number-text.ts";
import { heatMaps, type PictureOptions, svgText } from "../plots/index.ts";
import { factors, type Prediction } from "../prediction/index.ts";
import type { Problem } from "../problem/index.ts";
import type { Table } from "../terminal/index.ts";
import { branchesText, figureText, sharedText } from "../words/index.ts";
import { htmlReport, type ReportFigure, type Section } from "./html.ts";

/** The report of `nclab measure`: every number, and the class means' Gram matrix beside the predicted one and the simplex ETF's. */
export interface MeasurementReport {
  title: string;
  measurement: Measurement;
  /** M M' of the class means about their mean; see `gramOfMeans`. Null: too many classes for K x K numbers. */
  gram: Cells | null;
  /** What the measurement was compared with, if anything. */
  prediction: { problem: Problem; prediction: Prediction } | null;
  clusters: Clusters;
  /** Where labels have names. */
  classNames: readonly string[] | null;
  tables: readonly Table[];
  /** Pictures of the features, and what stands below them. */
  features: readonly { draw: (options: PictureOptions) => SVGSVGElement; caption: string }[];
  settings: Readonly<Record<string, string | number | boolean | null>>;
  versions: Readonly<Record<string, string>>;
}

/** Of more classes Z is most of the page; the pictures show its averages. */
const mostWritten = 200;
/** Classes that are told one by one. */
export const mostClasses = 1000;

export function measurementReport(report: MeasurementReport, document: Document): string {
  const { measurement: m, prediction, clusters } = report;
  const picture = (draw: (width: number) => SVGSVGElement, caption: string): ReportFigure => ({
    svg: svgText(draw(760)),
    narrow: svgText(draw(340)),
    caption,
  });
  const grams = report.gram && gramsOf(report.gram, report);
  const logits = m.Z && {
    rows: ["Z"],
    clusters,
    groups: [
      { title: "measured", matrices: [m.Z] },
      ...(prediction ? [{ title: "predicted", matrices: [prediction.prediction.Z] }] : []),
    ],
  };
  return htmlReport({
    title: report.title,
    lead: `${m.N} samples of ${m.K} classes, ${m.d} features each.`,
    sections: [
      {
        heading: "Geometry of the class means",
        text: [
          `${grams ? gramText : "The Gram matrix of so many class means is not drawn."}${m.geometry ? ` Here: ${figureText(m.geometry, m.K, report.classNames)}.` : ""}`,
          ...(m.shared?.count ? [`${sharedText(m.shared, m.K, report.classNames)}.`] : []),
          ...(m.branches ? [`${branchesText(m.branches)}.`] : []),
        ],
        figures: grams
          ? [
              picture(
                (width) => heatMaps({ rows: ["Gram"], cells: "gram", clusters, groups: grams }, { document, width }),
                "Gram matrices of the class means, one color scale. Classes of equal count stand together, the largest count first.",
              ),
            ]
          : [],
      },
      ...(report.features.length > 0
        ? [
            {
              heading: "The features",
              figures: report.features.map(({ draw, caption }) => picture((width) => draw({ document, width }), caption)),
            },
          ]
        : []),
      ...(logits
        ? [
            {
              heading: "Mean predictions",
              text: "Z = W M': the logits at the class means, without the bias.",
              figures: [picture((width) => heatMaps(logits, { document, width }), "Rows are logits, columns are classes.")],
            },
          ]
        : []),
      { heading: "Measures", tables: report.tables },
      ...(m.notes.length > 0 ? [{ heading: "Notes", text: m.notes }] : []),
      allNumbers(m),
    ],
    settings: { ...report.settings, ...comparedAt(m) },
    versions: report.versions,
  });
}

/** All but what of very many classes would be most of the page: that is said. */
function allNumbers(m: Measurement): Section {
  const Z = m.Z !== null && m.K > mostWritten;
  const classes = m.K > mostClasses;
  const left = [...(Z ? [`Z (${m.K} x ${m.K} numbers)`] : []), ...(classes ? ["the report on every class (classes)"] : [])];
  return {
    heading: "All numbers",
    ...(left.length > 0 ? { text: `Left out here: ${left.join(" and ")}. nclab measure --json has all.` } : {}),
    data: { ...m, view: undefined, ...(Z ? { Z: undefined } : {}), ...(classes ? { classes: undefined } : {}) },
  };
}

const gramText =
  "The Gram matrix of the class means about the mean of the means, divided by its Frobenius norm. At neural collapse of balanced classes it is that of a simplex ETF; on imbalanced classes it is the predicted one.";

/** The measured one, and what it is compared with. */
function gramsOf(
  gram: Cells,
  { measurement: { K, geometry }, prediction }: MeasurementReport,
): { title: string; matrices: (Cells | null)[] }[] {
  const predicted = prediction && gramOfPrediction(prediction.problem, prediction.prediction);
  return [
    { title: "measured", matrices: [normalized(gram)] },
    ...(predicted ? [{ title: "predicted", matrices: [normalized(predicted)] }] : []),
    { title: "simplex ETF", matrices: [normalized(etf(K))] },
    ...(geometry?.name === "cross-polytope"
      ? [{ title: "cross-polytope", matrices: [normalized(crossPolytope(K, geometry.pairs))] }]
      : []),
  ];
}

function comparedAt({ comparedAt: at }: Measurement): Record<string, string> {
  if (!at) return {};
  return { "compared with": `the prediction at ${at.from} λ_Z = ${format(at.lambdaZ, 6)}, λ_b = ${format(at.lambdaB, 6)}` };
}

/** The Gram matrix of rows about their mean; rows that are null (classes without samples) have none. */
export function gramOfMeans(rows: readonly (ArrayLike<number> | null)[]): Cells {
  const there = rows.filter((row) => row !== null);
  const d = there[0]?.length ?? 0;
  const mean = Array.from({ length: d }, (_, j) => there.reduce((sum, row) => sum + row[j] / there.length, 0));
  const centred = rows.map((row) => row && mean.map((m, j) => row[j] - m));
  return centred.map((a) => centred.map((b) => (a && b ? a.reduce((sum, x, j) => sum + x * b[j], 0) : null)));
}

function gramOfPrediction(problem: Problem, prediction: Prediction): Cells {
  const { H, d } = factors(problem, prediction.Z);
  return gramOfMeans(prediction.Z.map((_, k) => H.subarray(k * d, k * d + d)));
}

/** Classes in pairs of opposite directions, at right angles to all others; a class without one stands by itself. */
export function crossPolytope(K: number, pairs: readonly (readonly [number, number])[]): Cells {
  const opposite = new Map(pairs.flatMap(([k, l]) => [[k, l] as const, [l, k] as const]));
  return Array.from({ length: K }, (_, k) => Array.from({ length: K }, (_, l) => (k === l ? 1 : opposite.get(k) === l ? -1 : 0)));
}

export const etf = (K: number): Cells =>
  Array.from({ length: K }, (_, k) => Array.from({ length: K }, (_, l) => (k === l ? 1 : 0) - 1 / K));

export function normalized(gram: Cells): Cells {
  const size = Math.hypot(...gram.map((row) => Math.hypot(...row.map((x) => x ?? 0))));
  return size === 0 ? gram : gram.map((row) => row.map((x) => x && x / size));
}
