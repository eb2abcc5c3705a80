import * as Plot from "@observablehq/plot";
import { chart, extent, margins } from "./chart.ts";
import type { Event } from "./event.ts";
import { legend, page } from "./page.ts";
import { seriesStyle } from "./palette.ts";
import { bundle } from "./path.ts";
import { ruleLegend, ruleMarks, ruleRoom, sortedEvents } from "./rules.ts";
import { documentOf, type PictureOptions } from "./svg.ts";

/** Singular values of Z D^(1/2) against lambda_Z, with the events at which the structure changes. */
export interface SingularValueData {
  /** Ascending. */
  lambdaZ: readonly number[];
  /** `values[i]`: the K singular values at `lambdaZ[i]`, descending. */
  values: readonly (readonly number[])[];
  /** Drawn as rules. */
  events: readonly Event[];
  /** The lambdaZ that is looked at now. */
  current?: number;
  /** Scale of the x axis (default linear). */
  xScale?: "log" | "linear";
}

/** Draws the singular values of Z D^(1/2) along lambda_Z. */
export function singularValueCurves(data: SingularValueData, options: PictureOptions = {}): SVGSVGElement {
  const document = documentOf(options);
  const width = options.width ?? 640;
  const log = data.xScale === "log";
  const domain = extent(data.lambdaZ, { log });
  const events = sortedEvents(data.events, domain);
  const bend = (v: number): number => (log ? Math.log(v) : v);
  const perPixel = (bend(domain[1]) - bend(domain[0])) / (width - margins.left - margins.right);
  const bundles = bundle(data.values);
  const points = bundles.flatMap(({ from, multiplicity }, i) =>
    data.lambdaZ.map((lambdaZ, at) => ({ lambdaZ, value: data.values[at][from], series: i, multiplicity })),
  );
  const { color } = seriesStyle(0);
  const near = (p: number, q: number): boolean => bend(q) - bend(p) < 20 * perPixel;
  const room = ruleRoom(events, near);
  const panel = chart(document, {
    width,
    height: 330 + room - 52,
    x: { label: log ? "λ_Z, log scale" : "λ_Z", type: log ? "log" : "linear", domain },
    y: { label: "singular values of Z √D (×n: n equal ones)", domain: extent(data.values.flat(), { zero: true }) },
    marginTop: room,
    marks: [
      ...ruleMarks(events, near),
      Plot.line(points, { x: "lambdaZ", y: "value", z: "series", stroke: color, strokeWidth: 2 }),
      Plot.text(labels(points, data.lambdaZ[0]), {
        x: "lambdaZ",
        y: "value",
        text: "text",
        dx: 4,
        dy: -7,
        textAnchor: "start",
        fontSize: 12,
      }),
      ...(data.current === undefined ? [] : [Plot.ruleX([data.current], { stroke: seriesStyle(1).color, strokeWidth: 2 })]),
    ],
  });
  const now = { label: "current λ_Z", mark: "line" as const, color: seriesStyle(1).color };
  return page(options, width, "Singular values of the prediction against lambda_Z", [
    panel,
    legend(document, width, [...ruleLegend(events), ...(data.current === undefined ? [] : [now])]),
  ]);
}

type Point = { lambdaZ: number; value: number; multiplicity: number };

function labels(points: readonly Point[], first: number): { lambdaZ: number; value: number; text: string }[] {
  return points
    .filter((p) => p.lambdaZ === first && p.multiplicity > 1)
    .map((p) => ({ lambdaZ: p.lambdaZ, value: p.value, text: `×${p.multiplicity}` }));
}
