import * as Plot from "@observablehq/plot";
import { chart, extent, margins } from "./chart.ts";
import type { Event } from "./event.ts";
import { type Block, type LegendItem, legend, note, page } from "./page.ts";
import { seriesStyle } from "./palette.ts";
import { ruleLegend, ruleMarks, ruleRoom, sortedEvents } from "./rules.ts";
import { documentOf, type PictureOptions } from "./svg.ts";

/** Curves along a path of problems (singular values, margins, lengths of predictions), with the events at which the structure changes. */
export interface PathData {
  /** What varies: "λ_Z". */
  xLabel: string;
  /** Its scale. */
  xScale: "log" | "linear";
  /** Its values, ascending. */
  x: readonly number[];
  /** What the curves show. */
  yLabel: string;
  /** One each, in the order of the classes' counts or of the singular values; `values[i]` at `x[i]`. */
  curves: readonly { label: string; values: readonly number[] }[];
  /** Drawn as rules. */
  events: readonly Event[];
}

/** So many curves have styles and legend entries of their own; of more than `drawn` some are left out. */
const styled = 6;
const drawn = 24;

/** Draws curves along a path. */
export function pathCurves(data: PathData, options: PictureOptions = {}): SVGSVGElement {
  const document = documentOf(options);
  const width = options.width ?? 640;
  const log = data.xScale === "log";
  const domain = extent(data.x, { log });
  const events = sortedEvents(data.events, domain);
  const bend = (v: number): number => (log ? Math.log(v) : v);
  const perPixel = (bend(domain[1]) - bend(domain[0])) / (width - margins.left - margins.right);
  const shown = chosen(data.curves.length).map((index) => data.curves[index]);
  const few = shown.length <= styled;
  const styleOf = (i: number): { color: string; dash?: string } =>
    few ? seriesStyle(i) : { color: between(seriesStyle(0).color, seriesStyle(1).color, i / (shown.length - 1)) };
  const near = (p: number, q: number): boolean => bend(q) - bend(p) < 20 * perPixel;
  const room = ruleRoom(events, near);
  const panel = chart(document, {
    width,
    height: 330 + room - 52,
    x: { label: log ? `${data.xLabel}, log scale` : data.xLabel, type: data.xScale, domain },
    y: {
      label: data.yLabel,
      domain: extent(
        shown.flatMap((curve) => curve.values),
        { zero: true },
      ),
    },
    marginTop: room,
    marks: [
      ...ruleMarks(events, near),
      ...shown.map(({ values }, i) => {
        const { color, dash } = styleOf(i);
        return Plot.line(
          data.x.map((at, k) => ({ at, value: values[k] })),
          { x: "at", y: "value", stroke: color, strokeDasharray: dash, strokeWidth: few ? 2 : 1.2 },
        );
      }),
    ],
  });
  const keys: LegendItem[] = shown.flatMap(({ label }, i) =>
    few || i === 0 || i === shown.length - 1 ? [{ label, mark: "line" as const, ...styleOf(i) }] : [],
  );
  const left = data.curves.length - shown.length;
  const said: Block[] =
    left > 0
      ? [
          note(
            document,
            `${shown.length} of ${data.curves.length} curves, evenly chosen, the first and the last among them`,
            {},
            width,
          ),
        ]
      : few
        ? []
        : [note(document, `${shown.length} curves, in this order of colors`, {}, width)];
  return page(options, width, `${data.yLabel} against ${data.xLabel}`, [
    legend(document, width, keys),
    ...said,
    panel,
    legend(document, width, ruleLegend(events)),
  ]);
}

/** Which of n curves are drawn: all, or evenly chosen ones. */
function chosen(n: number): number[] {
  const count = Math.min(n, drawn);
  return Array.from({ length: count }, (_, i) => (count < n ? Math.round((i * (n - 1)) / (count - 1)) : i));
}

/** A color on the straight line between two, given as #rrggbb. */
function between(from: string, to: string, share: number): string {
  const channel = (color: string, i: number): number => Number.parseInt(color.slice(1 + 2 * i, 3 + 2 * i), 16);
  const mixed = [0, 1, 2].map((i) => Math.round(channel(from, i) * (1 - share) + channel(to, i) * share));
  return `#${mixed.map((x) => x.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * Neighbouring singular values that are equal at every point (a cluster's, k_j - 1 times) as one curve. `values[i]`: K of them, descending.
 *
 * @internal
 */
export function bundle(values: readonly (readonly number[])[]): { from: number; multiplicity: number }[] {
  const bundles: { from: number; multiplicity: number }[] = [];
  const size = Math.max(...values.map((row) => row[0] ?? 0), 1e-300);
  for (let k = 0; k < (values[0]?.length ?? 0); k++) {
    const last = bundles[bundles.length - 1];
    if (last && values.every((row) => Math.abs(row[last.from] - row[k]) <= 1e-7 * size)) last.multiplicity++;
    else bundles.push({ from: k, multiplicity: 1 });
  }
  return bundles;
}
