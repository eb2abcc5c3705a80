import * as Plot from "@observablehq/plot";
import type { PhaseCurves, PhaseLetter } from "./phase.ts";
import type { Letter } from "./phase-bands.ts";

type Domain = readonly [number, number];

/** Areas, each with a hair's line of its own color around it: neighbours would let the page shine through between them. */
export function curveRegions({ phases, rows }: PhaseCurves, x: Domain, color: (phase: PhaseLetter) => string): Plot.Markish[] {
  const edge = (row: PhaseCurves["rows"][number], i: number): number => (i < 0 ? x[0] : (row.x[i] ?? x[1]));
  return phases.map((phase, i) =>
    Plot.areaX(rows, {
      y: "y",
      x1: (row) => within(edge(row, i - 1), x),
      x2: (row) => within(edge(row, i), x),
      fill: color(phase),
      stroke: color(phase),
      strokeWidth: 0.6,
    }),
  );
}

/** The borders as lines; those of another kind of problem dashed. */
export function curveLines({ phases, rows }: PhaseCurves, x: Domain, dash?: string): Plot.Markish[] {
  return phases.slice(1).map((_, i) =>
    Plot.line(
      inside(
        rows.map((row) => ({ x: row.x[i], y: row.y })),
        x,
      ),
      { x: "x", y: "y", stroke: "#111111", strokeWidth: 1.4, strokeDasharray: dash },
    ),
  );
}

interface At {
  x: number;
  y: number;
}

/** The part of a line between the ends of the axis, with the points at which it comes in and goes out. */
function inside(points: readonly At[], x: Domain): At[] {
  return points.flatMap((p, k) => {
    const edges =
      k === 0
        ? []
        : x.filter((edge) => (points[k - 1].x - edge) * (p.x - edge) < 0).map((edge) => ({ edge, before: points[k - 1] }));
    const crossings = edges
      .map(({ edge, before }) => {
        const share = Math.log(edge / before.x) / Math.log(p.x / before.x);
        return { share, x: edge, y: before.y * (p.y / before.y) ** share };
      })
      .sort((a, b) => a.share - b.share);
    return [...crossings, ...(p.x >= x[0] && p.x <= x[1] ? [p] : [])];
  });
}

const within = (value: number, [low, high]: Domain): number => Math.min(high, Math.max(low, value));

/** Pixels that a letter needs from its middle to the nearest border, and one in a disk beside its region. */
const room = 12;
const diskRoom = 12;
/** Between the middles of two letters. */
const apart = 26;

interface Pixel {
  px: number;
  py: number;
}

/**
 * The middle of each region, as far as can be from its borders; where that is too near, a place beside it with a line to the region. `beside`: lines that letters should not stand on either. `inner`: of
 * the plotting area, in pixels.
 */
export function curveLetters(
  curves: PhaseCurves,
  beside: PhaseCurves | undefined,
  domain: { x: Domain; y: Domain },
  inner: { width: number; height: number },
): Letter[] {
  const toX = scale(domain.x, inner.width);
  const toY = scale(domain.y, inner.height);
  const own = pixelsOf(curves, toX, toY);
  const other = beside ? pixelsOf(beside, toX, toY).flat() : [];
  const walls = own.flat();
  const frame = ({ px, py }: Pixel): number => Math.min(px, inner.width - px, py, inner.height - py);
  const clear = (at: Pixel): number => Math.min(frame(at), distance(at, walls));
  const taken: Pixel[] = [];
  return curves.phases.map((phase, i) => {
    let best = { px: 0, py: 0, clear: -1, all: -1 };
    (own[0] ?? []).forEach(({ py }, k) => {
      const left = i === 0 ? 0 : own[i - 1][k].px;
      const right = own[i]?.[k].px ?? inner.width;
      for (const share of [0.5, 0.3, 0.7]) {
        const at = { px: left + share * (right - left), py };
        const ownClear = clear(at);
        const all = Math.min(ownClear, distance(at, other));
        // First that it fits between its own borders, then that no other line runs through it.
        const better = Math.min(ownClear, room) - Math.min(best.clear, room) || all - best.all;
        if (better > 0) best = { ...at, clear: ownClear, all };
      }
    });
    const place = best.clear >= room ? best : asideOf(best, taken, (at) => Math.min(frame(at) - 1, distance(at, walls)));
    taken.push(place);
    const value = ({ px, py }: Pixel): { x: number; y: number } => ({ x: toX.value(px), y: toY.value(py) });
    return { phase, ...value(place), tip: place === best ? null : value(best) };
  });
}

/** The nearest place around a region's middle where a letter in a disk fits, or the one that fits best. */
function asideOf(at: Pixel, taken: readonly Pixel[], clear: (at: Pixel) => number): Pixel {
  let best = { px: at.px, py: at.py, fits: Number.NEGATIVE_INFINITY };
  for (const away of [26, 32, 40, 50])
    for (let i = 0; i < 16; i++) {
      const angle = (Math.PI / 8) * (i + 0.5);
      const place = { px: at.px + away * Math.cos(angle), py: at.py + away * Math.sin(angle) };
      const fits = Math.min(clear(place) - diskRoom, distance(place, taken) - apart, 0);
      if (fits > best.fits) best = { ...place, fits };
    }
  return best;
}

const distance = ({ px, py }: Pixel, points: readonly Pixel[]): number =>
  points.reduce((least, p) => Math.min(least, Math.hypot(p.px - px, p.py - py)), 1e9);

/** Every border as points four pixels apart in height. */
function pixelsOf({ phases, rows }: PhaseCurves, toX: Scale, toY: Scale): Pixel[][] {
  const [bottom, top] = [toY.pixel(rows[0].y), toY.pixel(rows[rows.length - 1].y)];
  const count = Math.max(2, Math.ceil((top - bottom) / 4));
  const heights = Array.from({ length: count }, (_, i) => bottom + ((i + 0.5) * (top - bottom)) / count);
  let k = 0;
  const places = heights.map((py) => {
    while (k + 2 < rows.length && toY.pixel(rows[k + 1].y) < py) k++;
    const [p, q] = [toY.pixel(rows[k].y), toY.pixel(rows[k + 1].y)];
    return { py, k, share: q > p ? (py - p) / (q - p) : 0 };
  });
  return phases.slice(1).map((_, i) =>
    places.map(({ py, k: row, share }) => ({
      px: (1 - share) * toX.pixel(rows[row].x[i]) + share * toX.pixel(rows[row + 1].x[i]),
      py,
    })),
  );
}

interface Scale {
  pixel(value: number): number;
  value(pixel: number): number;
}

/** A logarithmic axis. */
function scale([low, high]: Domain, pixels: number): Scale {
  const perPixel = Math.log(high / low) / pixels;
  return { pixel: (value) => Math.log(value / low) / perPixel, value: (pixel) => low * Math.exp(pixel * perPixel) };
}
