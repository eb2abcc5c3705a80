import * as Plot from "@observablehq/plot";
import { chart, extent } from "./chart.ts";
import { legend, page } from "./page.ts";
import { seriesStyle } from "./palette.ts";
import { documentOf, type PictureOptions } from "./svg.ts";

/** Benchmarks: time against size, both on log scales, one line a series; a slope is an exponent. */
export interface ScalingData {
  /** What grows, with its unit: "classes K". */
  xLabel: string;
  /** What it costs, with its unit; default "time (s)". */
  yLabel?: string;
  /** One line each; null leaves a gap. */
  series: readonly { label: string; points: readonly { size: number; seconds: number | null }[] }[];
}

/** Draws cost against size on logarithmic axes. */
export function scaling(data: ScalingData, options: PictureOptions = {}): SVGSVGElement {
  const document = documentOf(options);
  const width = options.width ?? 640;
  const yLabel = data.yLabel ?? "time (s)";
  const shown = data.series.map((s) => ({
    ...s,
    points: s.points.filter((p) => p.size > 0 && p.seconds !== null && p.seconds > 0),
  }));
  const points = shown.flatMap((s) => s.points);
  const panel = chart(document, {
    width,
    height: 340,
    x: {
      label: `${data.xLabel}, log scale`,
      type: "log",
      domain: extent(
        points.map((p) => p.size),
        { log: true },
      ),
    },
    y: {
      label: `${yLabel}, log scale`,
      type: "log",
      domain: extent(
        points.map((p) => p.seconds),
        { log: true },
      ),
    },
    marks: shown.flatMap((s, i) => {
      const { color, dash, symbol } = seriesStyle(i);
      return [
        Plot.line(s.points, { x: "size", y: "seconds", stroke: color, strokeDasharray: dash, strokeWidth: 2 }),
        Plot.dot(s.points, { x: "size", y: "seconds", fill: color, r: 4.5, symbol: symbol as Plot.SymbolType }),
      ];
    }),
  });
  return page(options, width, `${yLabel} against ${data.xLabel} for ${shown.map((s) => s.label).join(", ")}`, [
    legend(
      document,
      width,
      shown.map(({ label }, i) => ({ label, mark: "line and symbol" as const, ...seriesStyle(i) })),
    ),
    panel,
  ]);
}
