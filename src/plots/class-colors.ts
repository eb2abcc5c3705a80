import { seriesStyle } from "./palette.ts";

/** How the classes of a picture are told apart. */
export interface ClassStyle {
  color: string;
  /** Of `shapes`. */
  symbol: string;
}

/** Classes of which each may have a color of its own. */
export const mostOwnColors = 12;

/**
 * Twelve hues, evenly around the circle of equal lightness (OKLCH), each with a contrast of 3:1 on white and on a near-black page, in an order that sets neighbours far apart. Not all of them can be told apart by
 * color-blind readers: numbers stand beside the means, and symbols alternate.
 */
const hues = [
  "#c45b56",
  "#04a587",
  "#a861ac",
  "#909b28",
  "#587cd0",
  "#d07936",
  "#0096a6",
  "#d16c96",
  "#44954a",
  "#9980dc",
  "#a57800",
  "#189ed8",
] as const;

/** The style of the i-th of `n` classes (or groups of classes); of more than twelve they repeat. */
export function classStyle(i: number, n: number): ClassStyle {
  const { color, symbol } = seriesStyle(i);
  return n <= 6 ? { color, symbol } : { color: hues[i % hues.length], symbol };
}

/** Of groups of classes, the largest first: the rarest of up to three stands out. */
export const groupStyle = (g: number): ClassStyle => classStyle([0, 2, 1][g] ?? g, 3);
