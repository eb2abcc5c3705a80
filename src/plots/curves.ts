import * as Plot from "@observablehq/plot";
import { chart, extent } from "./chart.ts";
import { legend, page } from "./page.ts";
import { seriesStyle } from "./palette.ts";
import { documentOf, type PictureOptions } from "./svg.ts";

/** Something measured during training (NC1, an error, a loss) against the epoch, one line a run. */
export interface CurveData {
  /** What the epochs are where they are none: steps, files. */
  xLabel?: string;
  /** What is measured, with its unit: "NC1 (paper weighting)". */
  yLabel: string;
  /** Scale of the y axis. */
  yScale: "log" | "linear";
  /** One line a run; null leaves a gap. `level`: where it is predicted to end, a thin line across. */
  runs: readonly {
    label: string;
    points: readonly { epoch: number; value: number | null }[];
    level?: number | null;
  }[];
}

/** Draws measures against epochs. */
export function curves(data: CurveData, options: PictureOptions = {}): SVGSVGElement {
  const document = documentOf(options);
  const width = options.width ?? 640;
  const log = data.yScale === "log";
  // NaN is a gap in the line, and so is what a log axis cannot show.
  const value = (p: { value: number | null }): number => p.value ?? Number.NaN;
  const points = data.runs.flatMap((run) => run.points);
  const levels = data.runs.flatMap(({ level = null }) => level ?? []);
  const panel = chart(document, {
    width,
    height: 320,
    x: {
      label: data.xLabel ?? "epoch",
      whole: points.every((p) => Number.isInteger(p.epoch)),
      domain: [Math.min(0, ...points.map((p) => p.epoch)), Math.max(1, ...points.map((p) => p.epoch))],
    },
    y: {
      label: `${data.yLabel}${log ? ", log scale" : ""}`,
      type: data.yScale,
      domain: extent([...points.map(value), ...levels], { log, zero: !log }),
    },
    marks: data.runs.flatMap((run, i) => {
      const { color, dash } = seriesStyle(i);
      const shown = run.level !== undefined && run.level !== null && !(log && run.level <= 0);
      return [
        ...(shown ? [Plot.ruleY([run.level], { stroke: color, strokeDasharray: dash, strokeOpacity: 0.6 })] : []),
        // A line of one point would be nothing.
        ...(run.points.length === 1 ? [Plot.dot(run.points, { x: "epoch", y: value, fill: color, r: 3.5 })] : []),
        Plot.line(run.points, { x: "epoch", y: value, stroke: color, strokeDasharray: dash, strokeWidth: 2 }),
      ];
    }),
  });
  const items = [
    ...data.runs.map(({ label }, i) => ({ label, mark: "line" as const, ...seriesStyle(i) })),
    ...(levels.length > 0 ? [{ label: "thin, across: predicted" }] : []),
  ];
  return page(
    options,
    width,
    `${data.yLabel} against ${data.xLabel ?? "epochs"} for ${data.runs.map((run) => run.label).join(", ")}`,
    [legend(document, width, items), panel],
  );
}
