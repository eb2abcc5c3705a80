import * as Plot from "@observablehq/plot";
import { maximum, minimum } from "../extremes.ts";
import type { Block } from "./page.ts";
import { element, textWidth } from "./svg.ts";

/**
 * One panel with axes, drawn by Observable Plot and taken over as a block of a picture.
 *
 * Plot's own style sheet and root element are left behind: a style sheet in a page of many pictures acts on all of them,
 * and `height: auto` on a nested SVG stretches it.
 */
export interface Axis {
  /** With its unit: "epoch", "λ_Z", "NC1 (log scale)". */
  label: string;
  type?: "linear" | "log";
  domain: readonly [number, number];
  /** Whether it counts something: epochs, ranks. Then ticks are whole numbers, where there are two. */
  whole?: boolean;
}

export interface Panel {
  width: number;
  height: number;
  x: Axis;
  y: Axis;
  marks: Plot.Markish[];
  marginTop?: number;
  marginLeft?: number;
}

/** Distances from the block's edges to the plotting area; fixed, so that panels line up and a pointer can be located. */
export const margins = { top: 34, right: 18, bottom: 44, left: 62 };

export function chart(document: Document, panel: Panel): Block {
  const marginLeft = panel.marginLeft ?? margins.left;
  const marginTop = panel.marginTop ?? margins.top;
  const inner = panel.width - marginLeft - margins.right;
  const xTicks = ticks(panel.x, inner / (panel.x.type === "log" ? 54 : 75));
  const yTicks = ticks(panel.y, panel.y.type === "log" ? 8 : 6);
  const svg = Plot.plot({
    document,
    width: panel.width,
    height: panel.height,
    marginTop,
    marginRight: margins.right,
    marginBottom: margins.bottom,
    marginLeft,
    x: { type: panel.x.type ?? "linear", domain: [...panel.x.domain], label: null },
    y: { type: panel.y.type ?? "linear", domain: [...panel.y.domain], label: null },
    marks: [
      Plot.gridX(xTicks, { strokeOpacity: 0.12 }),
      Plot.gridY(yTicks, { strokeOpacity: 0.12 }),
      Plot.axisX(xTicks, {
        label: panel.x.label,
        labelAnchor: "center",
        labelArrow: "none",
        labelOffset: 36,
        fontSize: 12,
        text: tickText(panel.x, xTicks),
      }),
      Plot.axisY(yTicks, { label: null, fontSize: 12, text: tickText(panel.y, yTicks) }),
      Plot.frame({ strokeOpacity: 0.35 }),
      ...panel.marks,
    ],
  });
  return adopt(document, svg as SVGSVGElement, panel);
}

function adopt(document: Document, svg: SVGSVGElement, panel: Panel): Block {
  for (const style of [...svg.querySelectorAll("style")]) style.remove();
  // Plot names its marks by aria-label, which elements without a role may not have: what a reader is told is the picture's own label (page.ts).
  for (const part of [...svg.querySelectorAll("[aria-label]")]) {
    part.setAttribute("data-part", part.getAttribute("aria-label") ?? "");
    part.removeAttribute("aria-label");
  }
  for (const label of svg.querySelectorAll<SVGElement>('[data-part="x-axis tick label"] text')) keepInside(label, panel.width);
  const title = element(document, "text", { x: 4, y: 14, "text-anchor": "start", "font-size": 12 }, panel.y.label);
  const node = element(document, "g", { "font-size": 12 }, ...svg.childNodes, title);
  return { node, height: panel.height };
}

/** A label at the end of an axis is moved inwards where it would be cut off. */
function keepInside(label: SVGElement, width: number): void {
  const [, x = "0"] = /translate\(([-\d.]+)/.exec(label.getAttribute("transform") ?? "") ?? [];
  const over = Number(x) + textWidth(label.textContent ?? "", 12) / 2 - (width - 2);
  if (over > 0) label.setAttribute("x", String(-over));
}

/** Round numbers across the domain, about `count`: 1, 2 or 5 times powers of ten; on a log axis as dense as there is room, and never fewer than two. */
export function ticks(axis: Axis, count: number): number[] {
  const all = allTicks(axis, count);
  const whole = all.filter(Number.isInteger);
  return axis.whole && whole.length > 1 ? whole : all;
}

function allTicks(axis: Axis, count: number): number[] {
  const [low, high] = axis.domain;
  if (axis.type !== "log") return linearTicks(low, high, count);
  const most = Math.max(3, count);
  const finest = decadeTicks(low, high, [1, 2, 3, 5, 7], 1);
  // Within less than a factor of five: a line of one or two numbers reads as no scale at all.
  if (finest.length < 3) return evenTicks(low, high, most);
  for (const values of [finest, ...[[1, 2, 5], [1, 3], [1]].map((factors) => decadeTicks(low, high, factors, 1))])
    if (values.length <= most) return values;
  return decadeTicks(low, high, [1], Math.ceil(Math.log10(high / low) / most));
}

/** At least three, and no more than `most` where steps of 1, 2 and 5 allow it. */
function evenTicks(low: number, high: number, most: number): number[] {
  let found = linearTicks(low, high, 2);
  for (let count = 3; found.length < most; count++) {
    const next = linearTicks(low, high, count);
    if (found.length >= 3 && next.length > most) break;
    found = next;
  }
  return found;
}

function decadeTicks(low: number, high: number, factors: readonly number[], step: number): number[] {
  const values: number[] = [];
  const first = Math.floor(Math.log10(low) / step) * step;
  for (let e = first; e <= Math.ceil(Math.log10(high)); e += step) for (const f of factors) values.push(Number(`${f}e${e}`));
  return values.filter((v) => v >= low * (1 - 1e-9) && v <= high * (1 + 1e-9));
}

export function linearTicks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / Math.max(1, count);
  if (!(raw > 0) || !Number.isFinite(raw)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((f) => f * power >= raw * 0.7) ?? 10);
  const values: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++)
    values.push(Number((i * step).toPrecision(12)) || 0);
  return values;
}

/**
 * Given as `text`, not `tickFormat`: on a log axis Plot would leave out labels of ticks it finds too many. One axis has one notation: powers of ten where all its ticks are such and it is long, times a power of ten
 * where zeros would need more room than a tick has.
 */
export function tickText(axis: Pick<Axis, "type" | "domain">, shown: readonly number[]): (value: number) => string {
  const long = axis.domain[1] / axis.domain[0] > 300 && shown.every(isPower);
  const powers = axis.type === "log" && (long || shown.some((value) => value < 1e-4 || value >= 1e6));
  return (value) => (powers ? powerText(value) : numberText(value, 6));
}

const isPower = (value: number): boolean => value === Number(`1e${Math.round(Math.log10(value))}`);

/** 0.001 as 10⁻³; what is no power of ten as one times a digit or more, 2·10⁻³, and from 1 to 100 as an ordinary number. */
export function powerText(value: number, digits: number = 3): string {
  if (value >= 1 && value < 100) return numberText(value, digits);
  if (!isPower(value)) {
    const exponent = Math.floor(Math.log10(value));
    return `${numberText(value / Number(`1e${exponent}`), digits)}·${powerText(Number(`1e${exponent}`))}`;
  }
  const exponent = Math.round(Math.log10(value));
  const raised = [...String(Math.abs(exponent))].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
  return `10${exponent < 0 ? "⁻" : ""}${raised}`;
}

/** Up to `digits` significant digits, trailing zeros dropped, a true minus sign. */
export function numberText(value: number, digits: number = 4): string {
  return String(Number(value.toPrecision(digits)) || 0).replace("-", "−");
}

/** The smallest domain around finite values with a little air; around nothing, 0 to 1. */
export function extent(values: readonly (number | null)[], options: { zero?: boolean; log?: boolean } = {}): [number, number] {
  const shown = values.filter((v): v is number => v !== null && Number.isFinite(v) && (!options.log || v > 0));
  let low = Math.min(options.zero ? 0 : Number.POSITIVE_INFINITY, minimum(shown));
  let high = Math.max(options.zero ? 0 : Number.NEGATIVE_INFINITY, maximum(shown));
  if (!Number.isFinite(low) || !Number.isFinite(high)) return options.log ? [0.1, 1] : [0, 1];
  // Closer than ticks of six digits can tell apart is equal: a log axis shows factors.
  if (options.log)
    return high <= low * (1 + 1e-4) ? [low / 3, high * 3] : [low / (high / low) ** 0.04, high * (high / low) ** 0.04];
  // Equal but for rounding is equal: ticks between neighbouring doubles would never end.
  if (high - low <= 1e-12 * Math.max(Math.abs(low), Math.abs(high)))
    [low, high] = low === 0 ? [0, 1] : [low - Math.abs(low) / 2, high + Math.abs(high) / 2];
  const air = (high - low) * 0.05;
  return [options.zero && low === 0 ? 0 : low - air, options.zero && high === 0 ? 0 : high + air];
}
