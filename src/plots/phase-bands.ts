import type { PhaseData, PhaseLetter, PhaseStrip } from "./phase.ts";

/**
 * The regions of a phase diagram from its strips: smooth where neighbouring strips run through the same phases, and a place for each letter.
 */
export interface RegionPoint {
  /** Which region it bounds. */
  region: string;
  phase: PhaseLetter;
  x: number;
  from: number;
  to: number;
}

/** Points of areas, one area a `region`, in the order in which they are drawn. */
export function regionPoints(runs: readonly (readonly PhaseStrip[])[]): RegionPoint[] {
  const strips = runs.flat();
  const overlap = (strips[strips.length - 1].x / strips[0].x) ** (1 / 600);
  return runs.flatMap((run, r) =>
    run[0].bands.flatMap(({ phase }, b) => {
      const region = `${r} ${b}`;
      const at = (x: number, { bands }: PhaseStrip): RegionPoint => ({ region, phase, x, from: bands[b].from, to: bands[b].to });
      const last = run[run.length - 1];
      // Runs stand close, and overlap by about a pixel: between edges that only meet the page would shine through.
      const left = r > 0 ? [at(run[0].x / overlap, run[0])] : [];
      const right = r + 1 < runs.length ? [at(last.x * overlap, last)] : [];
      return [...left, ...run.map((strip) => at(strip.x, strip)), ...right];
    }),
  );
}

/** Where a phase's letter stands; where its region is too narrow for one, beside it, with a line to `tip`. */
export interface Letter {
  phase: PhaseLetter;
  x: number;
  y: number;
  tip: { x: number; y: number } | null;
}

/** Pixels that a letter of 17 needs around it. */
const room = 20;
/** How far from its region a letter stands that does not fit. */
const away = 30;

/** `inner`: width and height of the plotting area, in pixels. */
export function letterPlaces(
  { x, y, strips: runs = [] }: PhaseData,
  phases: readonly PhaseLetter[],
  inner: { width: number; height: number },
): Letter[] {
  const strips = runs.flat();
  const toX = scale(x, inner.width);
  const toY = scale(y, inner.height);
  const taken: { px: number; py: number }[] = [];
  return phases.flatMap((phase) => {
    let best = { size: -1, px: 0, py: 0 };
    strips.forEach((strip, i) => {
      for (const band of strip.bands) {
        if (band.phase !== phase) continue;
        const middle = Math.sqrt(band.from * band.to);
        const holds = (at: PhaseStrip): boolean =>
          at.bands.some((other) => other.phase === phase && middle >= other.from && middle <= other.to);
        let [left, right] = [i, i];
        while (left > 0 && holds(strips[left - 1])) left--;
        while (right + 1 < strips.length && holds(strips[right + 1])) right++;
        const [from, to] = [toX.pixel(strips[left].x), toX.pixel(strips[right].x)];
        const px = toX.pixel(strip.x);
        const size = Math.min(toY.pixel(band.to) - toY.pixel(band.from), 2 * Math.min(px - from, to - px));
        if (size > best.size) best = { size, px, py: toY.pixel(middle) };
      }
    });
    if (best.size < 0) return [];
    const at = best.size >= room ? best : outside(best, inner, taken);
    taken.push(at);
    const place = { phase, x: toX.value(at.px), y: toY.value(at.py) };
    return [{ ...place, tip: at === best ? null : { x: toX.value(best.px), y: toY.value(best.py) } }];
  });
}

/** Of eight directions the one that stays inside and furthest from other letters. */
function outside(
  { px, py }: { px: number; py: number },
  inner: { width: number; height: number },
  taken: readonly { px: number; py: number }[],
): { px: number; py: number } {
  const places = Array.from({ length: 8 }, (_, i) => {
    const angle = (Math.PI / 4) * (i + 0.5);
    return { px: px + away * Math.cos(angle), py: py + away * Math.sin(angle) };
  }).filter((p) => p.px > 12 && p.px < inner.width - 12 && p.py > 12 && p.py < inner.height - 12);
  const far = (p: { px: number; py: number }): number => Math.min(1e9, ...taken.map((t) => Math.hypot(t.px - p.px, t.py - p.py)));
  return places.reduce((best, p) => (far(p) > far(best) ? p : best), places[0] ?? { px, py });
}

/** A logarithmic axis from its first value to its last. */
function scale(values: readonly number[], pixels: number): { pixel(value: number): number; value(pixel: number): number } {
  const low = values[0];
  const perPixel = Math.log(values[values.length - 1] / low) / pixels;
  return { pixel: (value) => Math.log(value / low) / perPixel, value: (pixel) => low * Math.exp(pixel * perPixel) };
}
