import * as Plot from "@observablehq/plot";
import { maximum } from "../extremes.ts";
import { chart, extent, margins } from "./chart.ts";
import { type LegendItem, legend, page } from "./page.ts";
import { seriesStyle } from "./palette.ts";
import { documentOf, type PictureOptions } from "./svg.ts";

/**
 * Numbers of every class against its rank, for any number of classes: panels one above the other over one axis, the class of most samples at the left.
 * A class is a stroke as wide as its place; neighbours of one value are one stroke, so that a thousand classes of fifty counts are fifty strokes.
 */
export interface RankData {
  /** What stands on the axis (default "class rank by number of samples"). */
  xLabel?: string;
  /** Default linear. On a log axis the head of a long tail has most of the room. */
  xScale?: "linear" | "log";
  /** From the top. */
  panels: readonly RankPanel[];
  /** What the colors mean: one for each `key` that occurs. */
  keys: readonly string[];
  /** Ranges of ranks, counted from 1, both ends within: shaded, and named in the legend. */
  shades?: readonly { label: string; from: number; to: number }[];
}

/** One panel. */
export interface RankPanel {
  /** What is shown, with its unit. */
  yLabel: string;
  /** Default linear. */
  yScale?: "linear" | "log";
  /** What the values cannot leave: [0, 1] of a probability. */
  bounds?: readonly [number, number];
  /** Values that stand as lines across, and within the panel. */
  rules?: readonly number[];
  /** Each with a value a class, by rank (null: none), and what its color says: one key for all, or a key a class. */
  lines: readonly { values: readonly (number | null)[]; key: number | readonly number[] }[];
}

/** Neighbours of one value and key. */
interface Stroke {
  from: number;
  to: number;
  value: number;
  key: number;
}

/** How dark the shades are, one after the other. */
const darkness = [0.03, 0.09, 0.17];
const panelHeight = 190;
/** The least width of a stroke in pixels, so that one class among thousands is seen. */
const leastWidth = 2;

/** Draws numbers of classes against their rank. */
export function classRanks(data: RankData, options: PictureOptions = {}): SVGSVGElement {
  const document = documentOf(options);
  const width = options.width ?? 640;
  const log = data.xScale === "log";
  const K = maximum(data.panels.flatMap(({ lines }) => lines.map(({ values }) => values.length)));
  const domain: [number, number] = [log ? 0.9 : 0.5, K + 0.5];
  const inner = width - margins.left - margins.right;
  const ends = endsOf(log, domain, leastWidth / inner);
  const shades = data.shades ?? [];
  const label = data.xLabel ?? "class rank by number of samples";
  const panels = data.panels.map((panel, at) => {
    const strokes = panel.lines.flatMap(strokesOf);
    const values = [...strokes.map(({ value }) => value), ...(panel.rules ?? [])];
    const [low, high] = extent(values, { log: panel.yScale === "log" });
    const [floor, ceiling] = panel.bounds ?? [low, high];
    const yDomain: [number, number] = [Math.max(low, floor), Math.min(high, ceiling)];
    const shown = strokes.filter(({ value }) => panel.yScale !== "log" || value > 0);
    const last = at === data.panels.length - 1;
    return chart(document, {
      width,
      height: panelHeight,
      x: { label: last ? `${label}${log ? ", log scale" : ""}` : "", type: log ? "log" : "linear", domain, whole: true },
      y: { label: `${panel.yLabel}${panel.yScale === "log" ? ", log scale" : ""}`, type: panel.yScale, domain: yDomain },
      marks: [
        Plot.rect(shades, {
          x1: (s: { from: number }) => Math.max(domain[0], s.from - 0.5),
          x2: (s: { to: number }) => s.to + 0.5,
          y1: yDomain[0],
          y2: yDomain[1],
          fill: "currentColor",
          fillOpacity: (s: (typeof shades)[number]) => dark(shades.indexOf(s)),
        }),
        ...(panel.rules?.length ? [Plot.ruleY(panel.rules, { strokeOpacity: 0.5, strokeDasharray: "4,3" })] : []),
        ...keysIn(shown).map((key) =>
          Plot.ruleY(
            shown.filter((s) => s.key === key),
            {
              y: "value",
              x1: (s: Stroke) => ends(s)[0],
              x2: (s: Stroke) => ends(s)[1],
              stroke: seriesStyle(key).color,
              strokeWidth: 3,
            },
          ),
        ),
      ],
    });
  });
  const used = keysIn(data.panels.flatMap(({ lines }) => lines.flatMap(strokesOf)));
  const items: LegendItem[] = [
    ...used.map((key) => ({ label: data.keys[key], mark: "line" as const, color: seriesStyle(key).color })),
    ...shades.map((shade, i) => ({ label: shade.label, mark: "square" as const, opacity: dark(i) })),
  ];
  const summary = `${data.panels.map(({ yLabel }) => yLabel).join(" and ")} of ${K} classes, the one of most samples first: ${used.map((key) => data.keys[key]).join(", ")}`;
  return page(options, width, summary, [legend(document, width, items), ...panels]);
}

const dark = (i: number): number => darkness[i % darkness.length];

/** From where to where a stroke is drawn: half a rank to either side, and over no less than a share of the axis. */
function endsOf(log: boolean, [low, high]: readonly [number, number], least: number): (s: Stroke) => [number, number] {
  const [there, back] = log ? [Math.log, Math.exp] : [(x: number) => x, (x: number) => x];
  const half = (least * (there(high) - there(low))) / 2;
  return ({ from, to }) => {
    const [left, right] = [there(Math.max(low, from - 0.5)), there(to + 0.5)];
    const middle = (left + right) / 2;
    return [Math.max(low, back(Math.min(left, middle - half))), back(Math.max(right, middle + half))];
  };
}

const keysIn = (strokes: readonly Stroke[]): number[] => [...new Set(strokes.map(({ key }) => key))].sort((x, y) => x - y);

function strokesOf({ values, key }: RankPanel["lines"][number]): Stroke[] {
  const found: Stroke[] = [];
  const keyOf = (i: number): number => (typeof key === "number" ? key : key[i]);
  values.forEach((value, i) => {
    const before = found.at(-1);
    if (value === null || !Number.isFinite(value)) return;
    if (before && before.to === i && before.value === value && before.key === keyOf(i)) before.to = i + 1;
    else found.push({ from: i + 1, to: i + 1, value, key: keyOf(i) });
  });
  return found;
}
