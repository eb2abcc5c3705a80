import * as Plot from "@observablehq/plot";
import { chart, margins } from "./chart.ts";
import { legend, page } from "./page.ts";
import { type Letter, letterPlaces, regionPoints } from "./phase-bands.ts";
import { curveLetters, curveLines, curveRegions } from "./phase-curves.ts";
import { documentOf, element, type PictureOptions } from "./svg.ts";

/**
 * Phase diagram of two clusters: which structure the optimum has over two parameters, both on log axes. Four colors that
 * color-blind readers can tell apart, and a letter in each region.
 */
export type PhaseLetter = "a" | "b" | "c" | "d";

/** The phases along y at one value of x: from, to ascending, without gaps. */
export interface PhaseStrip {
  /** Where it stands. */
  x: number;
  /** From the least y to the greatest. */
  bands: readonly { phase: PhaseLetter; from: number; to: number }[];
}

/**
 * A phase diagram by its exact borders: curves that x is a function of y on, regions between them, and a place for each letter that no border runs through.
 */
export interface PhaseCurves {
  /** What the lines are, for the legend. */
  label: string;
  /** The structures from the least x on, one more than there are borders. */
  phases: readonly PhaseLetter[];
  /** y ascending, from the first value of the axis to the last; the x of every border, ascending. */
  rows: readonly { y: number; x: readonly number[] }[];
}

/** Phases on a grid. */
export interface PhaseData {
  /** What x is. */
  xLabel: string;
  /** What y is. */
  yLabel: string;
  /** Ascending, positive: the centres of the columns and rows of `phases`; of curves and strips, from end to end of the axis. */
  x: readonly number[];
  /** Ascending, positive. */
  y: readonly number[];
  /** `phases[i][j]` at `y[i]`, `x[j]`; null: not computed. Not looked at where there are strips. */
  phases: readonly (readonly (PhaseLetter | null)[])[];
  /**
   * The exact borders, where they are known: strips along x, ascending, from the first value of x to the last, in runs of strips with the same phases; their bands along y, from the first value to the last. Without
   * them the cells are drawn, and borders are stairs.
   */
  strips?: readonly (readonly PhaseStrip[])[];
  /** The exact borders as curves, instead of strips: the regions between them are colored. */
  curves?: PhaseCurves;
  /** Borders of another kind of features, drawn dashed over them. */
  beside?: PhaseCurves;
  /** Where borders meet: dots. */
  meetings?: readonly { x: number; y: number }[];
  /** The current point. */
  point?: { x: number; y: number };
}

const meaning: Record<PhaseLetter, { color: string; text: string }> = {
  a: { color: "#56b4e9", text: "a: every class its own prediction" },
  b: { color: "#f0e442", text: "b: the minority is one vector" },
  c: { color: "#d9733a", text: "c: the minority is zero" },
  d: { color: "#b4b4b4", text: "d: complete collapse, Z = 0" },
};

const height = 380;
const besideDash = "5,4";

function occurs({ curves, strips, phases }: PhaseData, phase: PhaseLetter): boolean {
  if (curves) return curves.phases.includes(phase);
  return strips
    ? strips.some(([{ bands }]) => bands.some((band) => band.phase === phase))
    : phases.some((row) => row.includes(phase));
}

/** Draws the phase diagram on logarithmic axes. */
export function phaseDiagram(data: PhaseData, options: PictureOptions = {}): SVGSVGElement {
  const document = documentOf(options);
  const width = options.width ?? 640;
  const { curves, beside, meetings = [] } = data;
  const shown = (Object.keys(meaning) as PhaseLetter[]).filter((phase) => occurs(data, phase));
  const inner = { width: width - margins.left - margins.right, height: height - margins.top - margins.bottom };
  const [x, y] = [domain(data, "x"), domain(data, "y")];
  const letters = curves
    ? curveLetters(curves, beside, { x, y }, inner)
    : data.strips
      ? letterPlaces(data, shown, inner)
      : cellLetters(data, shown);
  const panel = chart(document, {
    width,
    height,
    x: { label: `${data.xLabel}, log scale`, type: "log", domain: x },
    y: { label: `${data.yLabel}, log scale`, type: "log", domain: y },
    marks: [
      ...(curves
        ? [...curveRegions(curves, x, (phase) => meaning[phase].color), ...curveLines(curves, x)]
        : data.strips
          ? regions(data.strips)
          : [cells(data)]),
      ...(beside ? curveLines(beside, x, besideDash) : []),
      ...(meetings.length > 0 ? [Plot.dot(meetings, { x: "x", y: "y", r: 3, fill: "#111111" })] : []),
      Plot.link(
        letters.filter((l) => l.tip),
        { x1: "x", y1: "y", x2: (l: Letter) => l.tip?.x, y2: (l: Letter) => l.tip?.y, stroke: "#111111", strokeWidth: 1.2 },
      ),
      // A letter beside its region stands on the end of its line.
      Plot.dot(
        letters.filter((l) => l.tip),
        { x: "x", y: "y", r: 10, fill: "#ffffff", fillOpacity: 0.85, stroke: "#111111", strokeWidth: 0.8 },
      ),
      Plot.text(letters, {
        x: "x",
        y: "y",
        text: "phase",
        fill: "#111111",
        fontSize: (l: Letter) => (l.tip ? 14 : 17),
        fontWeight: "bold",
      }),
    ],
  });
  if (data.point) panel.node.append(marker(document, data, data.point, width));
  return page(options, width, `Phase diagram over ${data.xLabel} and ${data.yLabel}`, [
    panel,
    legend(document, width, [
      ...shown.map((phase) => ({ label: meaning[phase].text, color: meaning[phase].color })),
      ...(curves && beside
        ? [
            { label: `borders, ${curves.label}`, mark: "line" as const },
            { label: `borders, ${beside.label}`, mark: "line" as const, dash: besideDash },
          ]
        : []),
      ...(data.point ? [{ label: "current point", mark: "cross" as const }] : []),
    ]),
  ]);
}

/** The parameters under a point of the panel, in pixels of the picture's own coordinates; null outside. For dragging. */
export function phasePointAt(data: PhaseData, width: number, px: number, py: number): { x: number; y: number } | null {
  const u = (px - margins.left) / (width - margins.left - margins.right);
  const v = (height - margins.bottom - py) / (height - margins.top - margins.bottom);
  if (!(u >= 0 && u <= 1 && v >= 0 && v <= 1)) return null;
  const along = ([low, high]: [number, number], t: number): number => low * (high / low) ** t;
  return { x: along(domain(data, "x"), u), y: along(domain(data, "y"), v) };
}

function marker(document: Document, data: PhaseData, point: { x: number; y: number }, width: number): SVGElement {
  const share = ([low, high]: [number, number], value: number): number =>
    Math.max(0, Math.min(1, Math.log(value / low) / Math.log(high / low)));
  const cx = margins.left + share(domain(data, "x"), point.x) * (width - margins.left - margins.right);
  const cy = height - margins.bottom - share(domain(data, "y"), point.y) * (height - margins.top - margins.bottom);
  const cross = { d: `M${cx - 6},${cy - 6}l12,12m0,-12l-12,12`, fill: "none" };
  return element(
    document,
    "g",
    { class: "marker", "data-x": String(cx), "data-y": String(cy) },
    element(document, "path", { ...cross, stroke: "#ffffff", "stroke-width": 6 }),
    element(document, "path", { ...cross, stroke: "#111111", "stroke-width": 2.5 }),
  );
}

/** The outer edges of the first and the last cell; of strips and curves, which have no width, the first and the last value. */
function domain(data: PhaseData, axis: "x" | "y"): [number, number] {
  const values = data[axis];
  if (data.curves ?? data.strips) return [values[0], values[values.length - 1]];
  const edges = edgesOf(values);
  return [edges[0], edges[edges.length - 1]];
}

function edgesOf(values: readonly number[]): number[] {
  const n = values.length;
  if (n < 2) return [values[0] / 1.5, values[0] * 1.5];
  const inner = values.slice(1).map((v, i) => Math.sqrt(v * values[i]));
  return [values[0] ** 2 / inner[0], ...inner, values[n - 1] ** 2 / inner[n - 2]];
}

function cells(data: PhaseData): Plot.Markish {
  return Plot.rect(cellRuns(data), {
    x1: "x1",
    x2: "x2",
    y1: "y1",
    y2: "y2",
    fill: (r: Run) => meaning[r.phase].color,
    shapeRendering: "crispEdges",
  });
}

/** Areas, each with a hair's line of its own color around it: neighbours would let the page shine through between them. */
function regions(strips: readonly (readonly PhaseStrip[])[]): Plot.Markish[] {
  const points = regionPoints(strips);
  return (Object.keys(meaning) as PhaseLetter[]).map((phase) =>
    Plot.areaY(
      points.filter((p) => p.phase === phase),
      { x: "x", y1: "from", y2: "to", z: "region", fill: meaning[phase].color, stroke: meaning[phase].color, strokeWidth: 0.6 },
    ),
  );
}

interface Run {
  phase: PhaseLetter;
  x1: number;
  x2: number;
  y1: number;
  y2: number;
}

/** Neighbours of one phase in a row are one rectangle: thousands of cells stay a picture that can be redrawn at once. */
function cellRuns({ x, y, phases }: PhaseData): Run[] {
  const xs = edgesOf(x);
  const ys = edgesOf(y);
  const runs: Run[] = [];
  phases.forEach((row, i) => {
    for (let j = 0; j < row.length; ) {
      const phase = row[j];
      let end = j + 1;
      while (end < row.length && row[end] === phase) end++;
      if (phase) runs.push({ phase, x1: xs[j], x2: xs[end], y1: ys[i], y2: ys[i + 1] });
      j = end;
    }
  });
  return runs;
}

/** A letter in the middle of the longest run of each phase's middle row: always inside its region. */
function cellLetters({ x, y, phases }: PhaseData, shown: readonly PhaseLetter[]): Letter[] {
  return shown.flatMap((phase) => {
    const rows = phases.flatMap((row, i) => (row.includes(phase) ? [i] : []));
    if (rows.length === 0) return [];
    const i = rows[Math.floor(rows.length / 2)];
    let best = { from: 0, length: 0 };
    for (let j = 0, from = 0; j < x.length; j++) {
      if (phases[i][j] !== phase) from = j + 1;
      else if (j + 1 - from > best.length) best = { from, length: j + 1 - from };
    }
    return [{ x: x[best.from + Math.floor(best.length / 2)], y: y[i], phase, tip: null }];
  });
}
