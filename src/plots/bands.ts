import * as Plot from "@observablehq/plot";
import { chart } from "./chart.ts";
import { legend, page } from "./page.ts";
import { seriesStyle } from "./palette.ts";
import { documentOf, type PictureOptions } from "./svg.ts";

/** How a whole is divided, from epoch to epoch: numbers of classes by what has become of them. */
export interface BandData {
  /** What `at` is. */
  xLabel: string;
  /** What is counted. */
  yLabel: string;
  /** The parts, from the bottom. */
  names: readonly string[];
  /** Numbers of each part, in the order of `at`. */
  points: readonly { at: number; values: readonly number[] }[];
  /** The same where it is predicted to end: a column at the right edge; null: nothing says. */
  end: readonly number[] | null;
}

/** Draws parts of a whole above each other. */
export function bands(data: BandData, options: PictureOptions = {}): SVGSVGElement {
  const document = documentOf(options);
  const width = options.width ?? 640;
  const first = data.points[0]?.at ?? 0;
  const last = data.points.at(-1)?.at ?? 1;
  const span = last > first ? last - first : 1;
  // One moment alone is as wide as the picture.
  const points = last > first ? data.points : data.points.flatMap((p) => [p, { ...p, at: first + span }]);
  const edge = first + span;
  const right = data.end ? edge + 0.08 * span : edge;
  const whole = Math.max(1, ...[...points.map((p) => p.values), data.end ?? []].map(total));
  const upTo = (values: readonly number[], part: number): number => total(values.slice(0, part + 1));
  const panel = chart(document, {
    width,
    height: 260,
    x: { label: data.xLabel, domain: [first, right] },
    y: { label: data.yLabel, domain: [0, whole] },
    marks: [
      ...data.names.map((_, part) =>
        Plot.areaY(points, {
          x: "at",
          y1: (p: BandData["points"][number]) => upTo(p.values, part) - p.values[part],
          y2: (p: BandData["points"][number]) => upTo(p.values, part),
          fill: seriesStyle(part).color,
          fillOpacity: 0.8,
        }),
      ),
      ...(data.end === null
        ? []
        : data.names.map((_, part) =>
            Plot.rect([data.end as readonly number[]], {
              x1: edge + 0.02 * span,
              x2: right,
              y1: (values: readonly number[]) => upTo(values, part) - values[part],
              y2: (values: readonly number[]) => upTo(values, part),
              fill: seriesStyle(part).color,
            }),
          )),
    ],
  });
  const items = data.names.map((label, part) => ({ label, mark: "square" as const, color: seriesStyle(part).color }));
  return page(options, width, `${data.yLabel} against ${data.xLabel}: ${wordsOf(data)}`, [
    legend(document, width, data.end ? [...items, { label: "right edge: predicted" }] : items),
    panel,
  ]);
}

const total = (values: readonly number[]): number => values.reduce((sum, n) => sum + n, 0);

function wordsOf({ names, points, end }: BandData): string {
  const counted = (values: readonly number[]): string => names.map((name, i) => `${values[i]} ${name}`).join(", ");
  const last = points.at(-1);
  return [...(last ? [`at the last ${counted(last.values)}`] : []), ...(end ? [`predicted ${counted(end)}`] : [])].join("; ");
}
