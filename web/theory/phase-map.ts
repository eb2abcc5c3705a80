import { type PhaseData, phasePointAt } from "../../src/plots/index.ts";
import type { Point } from "./phase-data.ts";

/** Pixels of the phase diagram and parameters, both ways: logarithms are linear in pixels, so two looks at `phasePointAt` fix them. */
export interface PhaseMap {
  toPoint(px: number, py: number): Point;
  toPixels(point: Point): { px: number; py: number };
}

export function phaseMap(data: PhaseData, width: number): PhaseMap | null {
  const [px, py] = [width / 2, 150];
  const a = phasePointAt(data, width, px, py);
  const b = phasePointAt(data, width, px + 8, py + 8);
  if (!a || !b) return null;
  const perX = Math.log(b.x / a.x) / 8;
  const perY = Math.log(b.y / a.y) / 8;
  const clamp = (v: number, values: readonly number[]): number => Math.min(values[values.length - 1], Math.max(values[0], v));
  return {
    toPoint: (x, y) => ({
      x: clamp(a.x * Math.exp((x - px) * perX), data.x),
      ratio: clamp(a.y * Math.exp((y - py) * perY), data.y),
    }),
    toPixels: ({ x, ratio }) => ({
      px: px + Math.log(clamp(x, data.x) / a.x) / perX,
      py: py + Math.log(clamp(ratio, data.y) / a.y) / perY,
    }),
  };
}

/** What an arrow key does to the point; null: another key. */
export function movedByKey({ x, ratio }: Point, key: string, large: boolean): Point | null {
  const step = large ? 1.25 : 1.02;
  const moves: Record<string, [number, number]> = {
    ArrowLeft: [1 / step, 1],
    ArrowRight: [step, 1],
    ArrowUp: [1, step],
    ArrowDown: [1, 1 / step],
  };
  const factor = moves[key];
  return factor ? { x: x * factor[0], ratio: Math.max(1, ratio * factor[1]) } : null;
}
