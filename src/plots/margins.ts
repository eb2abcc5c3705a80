import { linearTicks, numberText } from "./chart.ts";
import { note, page } from "./page.ts";
import { seriesStyle } from "./palette.ts";
import { documentOf, element, type PictureOptions, textWidth } from "./svg.ts";

/**
 * Margins p_own - p_other of clusters (or classes), one bar each, with their counts. A margin of 0 is a cluster whose
 * classes cannot be told apart; null one that has no other class to be confused with.
 */
export interface MarginData {
  /** One a class or cluster: its name, its samples, p_own - p_other (null: undefined). */
  bars: readonly { label: string; count: number; margin: number | null }[];
  /** What p is (default "probability"). */
  of?: string;
}

const most = 60;

/** Draws margins as bars. */
export function marginBars(data: MarginData, options: PictureOptions = {}): SVGSVGElement {
  const document = documentOf(options);
  const width = options.width ?? 640;
  const bars = data.bars.slice(0, most).map((bar) => ({ ...bar, name: `${shorten(bar.label)}  (n = ${bar.count})` }));
  const names = Math.max(60, ...bars.map((bar) => textWidth(bar.name, 12))) + 12;
  // On a narrow screen a name stands above its bar, not beside it.
  const above = names > width * 0.45;
  const left = above ? 8 : names;
  const row = above ? 42 : 24;
  const low = Math.min(0, ...bars.map((bar) => bar.margin ?? 0));
  const inner = width - left - 74;
  const x = (value: number): number => left + ((value - low) / (1 - low)) * inner;
  const bottom = bars.length * row + 4;
  const node = element(document, "g", { "font-size": 12 });
  for (const tick of linearTicks(low, 1, 5)) {
    node.append(
      element(document, "line", { x1: x(tick), x2: x(tick), y1: 0, y2: bottom, stroke: "currentColor", "stroke-opacity": 0.15 }),
    );
    node.append(element(document, "text", { x: x(tick), y: bottom + 16 }, numberText(tick)));
  }
  bars.forEach(({ name, margin }, i) => {
    const y = (i + 1) * row - 10;
    const place = above ? { x: left + 5, y: y - 19, "text-anchor": "start" } : { x: left - 8, y, "text-anchor": "end" };
    node.append(element(document, "text", { ...place, dy: "0.32em" }, name));
    node.append(...barOf(document, margin, x, y));
  });
  node.append(element(document, "line", { x1: x(0), x2: x(0), y1: 0, y2: bottom, stroke: "currentColor" }));
  node.append(
    element(document, "text", { x: left + inner / 2, y: bottom + 36 }, `p_own − p_other (${data.of ?? "probability"})`),
  );
  const more = data.bars.length - bars.length;
  return page(options, width, `p_own − p_other of ${bars.length} groups of equal count`, [
    { node, height: bottom + 46 },
    ...(more > 0 ? [note(document, `and ${more} more, not drawn`, { "font-size": 12 })] : []),
  ]);
}

function barOf(document: Document, margin: number | null, x: (value: number) => number, y: number): SVGElement[] {
  const at = { x: x(Math.max(0, margin ?? 0)) + 6, y, dy: "0.32em", "text-anchor": "start" };
  if (margin === null) return [element(document, "text", at, "– one class")];
  const box = { x: Math.min(x(0), x(margin)), y: y - 8, width: Math.abs(x(margin) - x(0)), height: 16 };
  const label = Math.abs(margin) < 1e-9 ? "0, merged" : numberText(margin, 3);
  return [element(document, "rect", { ...box, fill: seriesStyle(0).color, class: "bar" }), element(document, "text", at, label)];
}

function shorten(label: string): string {
  return label.length > 24 ? `${label.slice(0, 23)}…` : label;
}
