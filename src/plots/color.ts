import * as Plot from "@observablehq/plot";
import { linearTicks, numberText } from "./chart.ts";

/**
 * One color scale for all matrices of a picture: the same color means the same value in every panel.
 *
 *     linear   diverging, symmetric about 0: blue below, red above (RdBu is safe for color-blind readers)
 *     symlog   the same on sign(v) log(1 + |v| / c), as Figs 5-8 of the paper: small blocks stay visible beside large ones
 *     minmax   (v - min) / (max - min) over all panels together, as Figs 2 and 4: contrast, not magnitude
 */
export type ColorKind = "linear" | "symlog" | "minmax";

export interface ColorScale {
  kind: ColorKind;
  color(value: number): string;
  /** Where the value lies on the legend's bar, 0 to 1. */
  position(value: number): number;
  /** Color at a position of the bar. */
  at(position: number): string;
  ticks: { position: number; label: string }[];
}

/** `constant`: |v| below which symlog is about linear; default a hundredth of the largest |v|. */
export function colorScale(kind: ColorKind, values: Iterable<number | null>, constant?: number): ColorScale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const v of values) {
    if (v === null || !Number.isFinite(v)) continue;
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  if (kind === "minmax") return minmax(low, high);
  const most = Math.max(Math.abs(low), Math.abs(high));
  const M = Number.isFinite(most) && most > 0 ? most : 1;
  const c = kind === "symlog" ? (constant ?? M / 100) : Number.POSITIVE_INFINITY;
  const bend = (v: number): number =>
    kind === "linear" ? v / M : (Math.sign(v) * Math.log1p(Math.abs(v) / c)) / Math.log1p(M / c);
  const at = ramp(Plot.scale({ color: { type: "diverging", scheme: "RdBu", reverse: true, domain: [0, 1], pivot: 0.5 } }));
  const position = (v: number): number => (1 + Math.max(-1, Math.min(1, bend(v)))) / 2;
  const marks = kind === "linear" ? linearTicks(-M, M, 6) : symlogTicks(M, c);
  return {
    kind,
    at,
    position,
    color: (v) => at(position(v)),
    ticks: marks.map((v) => ({ position: position(v), label: numberText(v, 3) })),
  };
}

function minmax(low: number, high: number): ColorScale {
  const at = ramp(Plot.scale({ color: { type: "linear", scheme: "viridis", domain: [0, 1] } }));
  const position = (v: number): number => (high > low ? Math.max(0, Math.min(1, (v - low) / (high - low))) : 0.5);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((p) => ({ position: p, label: numberText(p) }));
  return { kind: "minmax", at, position, color: (v) => at(position(v)), ticks };
}

function symlogTicks(M: number, c: number): number[] {
  const positive: number[] = [];
  for (let e = Math.floor(Math.log10(M)); 10 ** e > c && positive.length < 2; e--) positive.push(Number(`1e${e}`));
  return [...positive.map((v) => -v), 0, ...positive.reverse()];
}

/** Plot gives `rgb(r, g, b)` or hex; a table of 256 steps makes equal colors equal strings and painting fast. */
function ramp(scale: Plot.Scale): (position: number) => string {
  const table = Array.from({ length: 257 }, (_, i) => hex(String(scale.apply(i / 256))));
  return (position) => table[Math.round(position * 256)];
}

function hex(color: string): string {
  if (color.startsWith("#")) return color;
  return `#${(color.match(/\d+/g) ?? []).map((channel) => Number(channel).toString(16).padStart(2, "0")).join("")}`;
}
