/**
 * Colors that color-blind readers can tell apart (after Okabe and Ito), each with a contrast of 3:1 or more on a white and
 * on a near-black page. A series also has its own dash and symbol, so that color is never the only key.
 */
const series = [
  { color: "#2b7bba", dash: undefined, symbol: "circle" },
  { color: "#d55e00", dash: "7,4", symbol: "square" },
  { color: "#0a9a72", dash: "2,3", symbol: "triangle" },
  { color: "#b8579a", dash: "9,3,2,3", symbol: "diamond" },
  { color: "#997700", dash: "4,2", symbol: "star" },
  { color: "#808080", dash: "1,2", symbol: "cross" },
] as const;

/** How the i-th series of a picture is drawn. 36 of them before one comes again: in each round the dashes and symbols move on by one. @internal */
export function seriesStyle(index: number): { color: string; dash: string | undefined; symbol: string } {
  const { color } = series[index % series.length];
  const { dash, symbol } = series[(index + Math.floor(index / series.length)) % series.length];
  return { color, dash, symbol };
}
