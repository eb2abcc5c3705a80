import type { Cells, Clusters } from "../cells.ts";
import { format } from "../number-text.ts";
import { type Event, heatMaps, type SeparationData, separationCurves, svgText } from "../plots/index.ts";
import { percent, type Table } from "../terminal/index.ts";
import { largestOf, meanOf, separationOf } from "../words/index.ts";
import * as words from "./demo-words.ts";
import { htmlReport, type ReportFigure } from "./html.ts";

/** The report of `nclab demo`: what was predicted, what a trained network showed, and how to read it. */
export interface DemoPoint {
  lambdaZ: number;
  predicted: { Z: Cells; b: readonly number[]; merged: Clusters };
  measured: {
    Z: Cells;
    b: readonly number[];
    nc1: number | null;
    /** One value a class. */
    trainAccuracy: readonly (number | null)[];
    testAccuracy: readonly (number | null)[];
  };
  /** Relative to the prediction: |Z - Z*|_F / |Z*|_F and the same of b; null where the prediction is 0. */
  errors: { Z: number | null; b: number | null };
}

/** A run with ReLU features: h >= 0. */
export interface ReluPoint {
  lambdaZ: number;
  /** Largest |Z|: predicted for free features, for nonnegative features, and measured. */
  free: number;
  nonnegative: number;
  measured: number | null;
  /** Classes whose prediction is 0 (dead): in the theory of nonnegative features, and in the network. */
  vanishedPredicted: readonly number[];
  vanishedMeasured: readonly number[];
}

export interface DemoData {
  dataset: string;
  network: string;
  epochs: number;
  counts: readonly number[];
  /** Classes of the majority and of the minority. */
  majority: readonly number[];
  minority: readonly number[];
  points: readonly DemoPoint[];
  relu: readonly ReluPoint[];
  /** Predicted curves on a fine grid of lambdaZ, free features first. */
  curves: SeparationData["predicted"];
  thresholds: readonly Event[];
  settings: Readonly<Record<string, string | number | boolean | null>>;
  versions: Readonly<Record<string, string>>;
}

export function demoReport(data: DemoData, document: Document): string {
  const picture = (draw: (width: number) => SVGSVGElement, caption: string): ReportFigure => ({
    svg: svgText(draw(760)),
    narrow: svgText(draw(340)),
    caption,
  });
  const matrices = {
    rows: ["predicted Z*", "measured Z"],
    clusters: [data.majority, data.minority],
    groups: data.points.map((p) => ({ title: `λ_Z = ${format(p.lambdaZ)}`, matrices: [p.predicted.Z, p.measured.Z] })),
  };
  const shown = { predicted: data.curves, measured: measuredSeries(data), thresholds: data.thresholds };
  return htmlReport({
    title: `Neural collapse on imbalanced data: predicted and trained (${data.dataset})`,
    lead: words.lead(data),
    sections: [
      { heading: "Predicted and measured", text: words.results(data), tables: [demoTable(data)] },
      {
        heading: "The last layer as a picture",
        text: words.heatMaps,
        figures: [picture((width) => heatMaps(matrices, { document, width }), words.heatMapCaption)],
      },
      {
        heading: "Where classes are lost",
        text: words.separation,
        figures: [picture((width) => separationCurves(shown, { document, width }), words.separationCaption)],
      },
      ...(data.relu.length
        ? [{ heading: "Networks that end in a ReLU", text: words.relu(data), tables: [reluTable(data)] }]
        : []),
      { heading: "What the words mean", text: words.glossary },
      {
        heading: "All numbers",
        text: words.numbers,
        data: { points: data.points, relu: data.relu, thresholds: data.thresholds },
      },
    ],
    settings: data.settings,
    versions: data.versions,
  });
}

export function demoTable(data: DemoData): Table {
  return {
    caption: `${data.network} on ${data.dataset}, ${data.epochs} epochs`,
    columns: [
      "λ_Z",
      "predicted structure",
      "separation predicted",
      "separation measured",
      "error of Z",
      "error of b",
      "NC1",
      "train acc. majority",
      "train acc. minority",
      "test acc. majority",
      "test acc. minority",
    ],
    rows: data.points.map(({ lambdaZ, predicted, measured, errors }) => [
      lambdaZ,
      structure(predicted.Z, predicted.merged, data.minority),
      format(separationOf(predicted.Z, data.minority), 3),
      format(separationOf(measured.Z, data.minority), 3),
      percent(errors.Z),
      percent(errors.b),
      format(measured.nc1, 2),
      percent(meanOf(measured.trainAccuracy, data.majority)),
      percent(meanOf(measured.trainAccuracy, data.minority)),
      percent(meanOf(measured.testAccuracy, data.majority)),
      percent(meanOf(measured.testAccuracy, data.minority)),
    ]),
    notes: [words.tableNote],
  };
}

function structure(Z: Cells, merged: Clusters, minority: readonly number[]): string {
  if (largestOf(Z) === 0) return "complete collapse";
  return merged.some((cluster) => minority.every((k) => cluster.includes(k))) ? "minority merged" : "all separated";
}

export function reluTable(data: DemoData): Table {
  const classes = (list: readonly number[]): string => (list.length ? list.join(", ") : "none");
  return {
    caption: "Largest |Z| with ReLU features: two predictions and the network",
    columns: ["λ_Z", "free features", "nonnegative features", "measured", "dead classes predicted", "dead classes measured"],
    rows: data.relu.map((p) => [
      p.lambdaZ,
      format(p.free, 3),
      format(p.nonnegative, 3),
      format(p.measured, 3),
      classes(p.vanishedPredicted),
      classes(p.vanishedMeasured),
    ]),
  };
}

export function measuredSeries(data: DemoData): SeparationData["measured"] {
  const linear = data.points.map(({ lambdaZ, measured }) => ({
    at: lambdaZ,
    separation: separationOf(measured.Z, data.minority),
    largest: largestOf(measured.Z),
  }));
  const relu = data.relu.map(({ lambdaZ, measured }) => ({ at: lambdaZ, separation: null, largest: measured }));
  return [
    { label: "measured, linear features", points: linear },
    ...(relu.length ? [{ label: "measured, ReLU features", points: relu }] : []),
  ];
}
