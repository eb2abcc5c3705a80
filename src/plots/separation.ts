import * as Plot from "@observablehq/plot";
import { type Axis, chart, extent, margins } from "./chart.ts";
import type { Event } from "./event.ts";
import { type Block, type LegendItem, legend, page } from "./page.ts";
import { seriesStyle } from "./palette.ts";
import { ruleLegend, ruleMarks, ruleRoom, sortedEvents } from "./rules.ts";
import { documentOf, type PictureOptions } from "./svg.ts";

/**
 * How far apart the minority's mean predictions lie, and how large the predictions are at all, against lambda_Z or another value: predicted
 * curves, measured points, thresholds. The minority merges where the upper curve meets 0, all is lost where the lower does.
 */
export interface SeparationSeries {
  /** For the legend. */
  label: string;
  /** max |z_k - z_l| within the minority and max |Z|, in logits; null leaves a gap. */
  points: readonly { at: number; separation: number | null; largest: number | null }[];
}

/** Predicted curves, measured points, thresholds. */
export interface SeparationData {
  /** Drawn as lines, in the order of `at`. */
  predicted: readonly SeparationSeries[];
  /** Drawn as symbols; the i-th has the color of the i-th prediction. */
  measured: readonly SeparationSeries[];
  /** Drawn as rules. */
  thresholds: readonly Event[];
  /** What `at` is (default λ_Z). */
  xLabel?: string;
}

/** Draws both against `at`. */
export function separationCurves(data: SeparationData, options: PictureOptions = {}): SVGSVGElement {
  const document = documentOf(options);
  const width = options.width ?? 640;
  const all = [...data.predicted, ...data.measured].flatMap((series) => series.points);
  const x: Axis = { label: data.xLabel ?? "λ_Z", domain: extent(all.map((p) => p.at)) };
  const events = sortedEvents(data.thresholds, x.domain);
  const perPixel = (x.domain[1] - x.domain[0]) / (width - margins.left - margins.right);
  const near = (p: number, q: number): boolean => q - p < 20 * perPixel;
  const [rules, room] = [ruleMarks(events, near), ruleRoom(events, near)];
  const panel = (label: string, key: "separation" | "largest"): Block =>
    chart(document, {
      width,
      height: 250 + room - 52,
      x,
      y: {
        label,
        domain: extent(
          all.map((p) => p[key]),
          { zero: true },
        ),
      },
      marginTop: room,
      marks: [
        ...rules,
        ...data.predicted.map((series, i) => curve(series, key, i)),
        ...data.measured.map((series, i) => symbols(series, key, i)),
      ],
    });
  const items: LegendItem[] = [
    ...data.predicted.map(({ label }, i): LegendItem => ({ label, mark: "line", ...seriesStyle(i) })),
    ...data.measured.map(({ label }, i): LegendItem => ({ label, mark: "symbol", ...seriesStyle(i) })),
  ];
  return page(options, width, `Separation of the minority and largest entry of Z against ${x.label}, predicted and measured`, [
    legend(document, width, items),
    panel("separation of the minority, max |z_k − z_l| (logits)", "separation"),
    panel("largest |Z| (logits)", "largest"),
    ...(events.length ? [legend(document, width, ruleLegend(events))] : []),
  ]);
}

function curve(series: SeparationSeries, key: "separation" | "largest", i: number): Plot.Markish {
  const { color, dash } = seriesStyle(i);
  return Plot.line(series.points, { x: "at", y: key, stroke: color, strokeDasharray: dash, strokeWidth: 2 });
}

function symbols(series: SeparationSeries, key: "separation" | "largest", i: number): Plot.Markish {
  const { color, symbol } = seriesStyle(i);
  return Plot.dot(series.points, {
    x: "at",
    y: key,
    fill: color,
    stroke: "currentColor",
    strokeWidth: 0.8,
    r: 5,
    symbol: symbol as Plot.SymbolType,
  });
}
