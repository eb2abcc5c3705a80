import { times, transposeTimes } from "../math/index.ts";
import type { Points } from "./points.ts";

/** Points `first` to `first + count - 1`. */
export interface PointRange {
  readonly first: number;
  readonly count: number;
}

/** H (count x r) = X B, B m x r. */
export function ontoFactors(
  H: Float64Array,
  { x, m, apart }: Points,
  B: Float64Array,
  r: number,
  { first, count }: PointRange,
): void {
  if (!apart) {
    times(H, x.subarray(first * m, (first + count) * m), B, count, m, r);
    return;
  }
  for (let i = 0; i < count; i++) for (let l = 0; l < r; l++) H[i * r + l] = x[first + i] * B[(first + i) * r + l];
}

/** to (m x r) += X' V, V count x r. */
export function ontoCoordinates(
  to: Float64Array,
  { x, m, apart }: Points,
  V: Float64Array,
  r: number,
  { first, count }: PointRange,
): void {
  if (!apart) {
    transposeTimes(to, x.subarray(first * m, (first + count) * m), V, count, m, r, true);
    return;
  }
  for (let i = 0; i < count; i++) for (let l = 0; l < r; l++) to[(first + i) * r + l] += x[first + i] * V[i * r + l];
}

/** The same with the squares of the coordinates. */
export function ontoSquares(to: Float64Array, p: Points, V: Float64Array, r: number, { first, count }: PointRange): void {
  const width = p.apart ? 1 : p.m;
  const x = p.x.subarray(first * width, (first + count) * width).map((value) => value * value);
  if (!p.apart) transposeTimes(to, x, V, count, p.m, r, true);
  else for (let i = 0; i < count; i++) for (let l = 0; l < r; l++) to[(first + i) * r + l] += x[i] * V[i * r + l];
}
