import type { PhaseCurves, PhaseData } from "../../src/plots/index.ts";
import type { PhaseBorders } from "../../src/theory/index.ts";
import type { Jobs } from "../solver/messages.ts";
import type { State } from "../state.ts";
import { groupsOf, ratioName, withSamples } from "./groups.ts";
import { isBounded } from "./parameters.ts";

/** A place in the diagram: lambda_Z (under bounded norms E_W E_H), and the samples of the larger group's classes over those of the smaller. */
export interface Point {
  x: number;
  ratio: number;
}

export function pointOf(dials: State): Point {
  const { larger, smaller } = groupsOf(dials);
  return { x: isBounded(dials) ? dials.EW * dials.EH : dials.lambdaZ, ratio: larger.n / smaller.n };
}

/** What the dials become where the point is moved. */
export function movedTo({ x, ratio }: Point, dials: State): Partial<State> {
  const { larger, smaller } = groupsOf(dials);
  // At equal counts the larger is A: a diagram of B's would turn into A's under the hand that drags in it.
  const least = larger.name === "A" ? smaller.n : smaller.n + 1;
  const samples = withSamples(larger.name, Math.max(least, Math.round(ratio * smaller.n)));
  return isBounded(dials)
    ? { ...samples, EH: Number((x / dials.EW).toPrecision(4)) }
    : { ...samples, lambdaZ: Number(x.toPrecision(4)) };
}

/** Ends of the axes. */
export interface Axes {
  x: [number, number];
  ratio: [number, number];
}

/** What a diagram is made of: the borders of both kinds of features along lambda_Z, or that of bounded norms along E_W E_H. */
export type Borders =
  | ({ kind: "lambda" } & Jobs["phases"]["answer"])
  | { kind: "bounds"; ratios: readonly number[]; products: readonly number[] };

/** The axes around all borders of ratios 1 to 100, and around the point. They do not move with a point that is inside. */
export function axesFor(dials: State): Axes {
  const { x, ratio } = pointOf(dials);
  const top = Math.max(100, 10 ** Math.ceil(Math.log10(ratio * 1.0001)));
  if (isBounded(dials))
    return {
      x: [Math.min(0.1, 10 ** Math.floor(Math.log10(x))), Math.max(100, 10 ** Math.ceil(Math.log10(x)))],
      ratio: [1, top],
    };
  const { larger, smaller } = groupsOf(dials);
  const root = Math.sqrt(smaller.n);
  const low = 0.5 / (root * (larger.k * top + smaller.k));
  // sqrt(r)/(k_A r + k_B) is largest where both terms are equal.
  const widest = Math.min(top, Math.max(1, smaller.k / larger.k));
  const high = (2 * Math.sqrt(widest)) / (root * (larger.k * widest + smaller.k));
  return { x: [roundDown(Math.min(low, x)), -roundDown(-Math.max(high, x))], ratio: [1, top] };
}

/** One digit, towards minus infinity. */
function roundDown(x: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.abs(x)));
  return Number((Math.floor(x / unit + 1e-9) * unit).toPrecision(1));
}

/** The ratios at which the border of bounded norms is solved for: near enough for straight lines between them. */
export const ratiosTo = (top: number): number[] => Array.from({ length: 65 }, (_, i) => top ** (i / 64));

/** The diagram without its point: along lambda_Z the regions of the features that are chosen, and the borders of both. `of`: the dials that the borders are for. */
export function phaseDataOf(borders: Borders, { x, ratio }: Axes, nonnegative: boolean, of: State): PhaseData {
  const common = { yLabel: ratioName(groupsOf(of)), x, y: ratio, phases: [] };
  if (borders.kind === "bounds") {
    const { ratios, products } = borders;
    // Logarithms: at ratio 1 the border is at 0, far to the left of every axis.
    const rows = ratios.map((y, i) => ({ y, x: [Math.max(products[i], 1e-9 * x[0])] }));
    return { ...common, xLabel: "E_W E_H", curves: { label: "bounded norms", phases: ["b", "a"], rows } };
  }
  const free = curvesOf(borders.free, "free features");
  const relu = curvesOf(borders.nonnegative, "nonnegative features");
  return {
    ...common,
    xLabel: "λ_Z",
    curves: nonnegative ? relu : free,
    beside: nonnegative ? free : relu,
    meetings: borders.meetings.map((m) => ({ x: m.lambdaZ, y: m.ratio })),
  };
}

const curvesOf = ({ phases, rows }: PhaseBorders, label: string): PhaseCurves => ({
  label,
  phases,
  rows: rows.map((row) => ({ y: row.ratio, x: row.lambdaZ })),
});
