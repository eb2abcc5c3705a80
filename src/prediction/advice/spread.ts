import type { Problem } from "../../problem/index.ts";

/**
 * Weights of rough counts, for the true ones: between two rough counts the logarithm of the raise goes in a straight line over that of the count. (A step at the edge of two
 * bins would leave the rarest classes of each with too little, just above where they vanish.)
 */
export function spread(now: Problem, rough: readonly number[], raw: readonly number[]): number[] {
  const floor = (k: number): number => now.weights?.[k] ?? 1;
  const groups = new Map<string, Map<number, number>>();
  const groupOf = (k: number): string => `${floor(k)}|${now.offsets?.[k]}|${now.factors?.[k]}`;
  raw.forEach((r, k) => {
    const points = groups.get(groupOf(k)) ?? new Map<number, number>();
    groups.set(groupOf(k), points.set(Math.log(rough[k]), Math.log(r / floor(k))));
  });
  const lines = new Map([...groups].map(([group, points]) => [group, [...points].sort((a, b) => a[0] - b[0])]));
  return now.counts.map((n, k) => floor(k) * Math.exp(interpolated(lines.get(groupOf(k)) as [number, number][], Math.log(n))));
}

/** y at x on a line through points of ascending x, level beyond the ends. */
function interpolated(points: readonly (readonly [number, number])[], x: number): number {
  const after = points.findIndex(([at]) => at >= x);
  if (after < 0) return points[points.length - 1][1];
  if (after === 0) return points[0][1];
  const [[x0, y0], [x1, y1]] = [points[after - 1], points[after]];
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}
