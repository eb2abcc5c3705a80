import { linearTicks, numberText } from "./chart.ts";
import { note, page } from "./page.ts";
import { seriesStyle } from "./palette.ts";
import { documentOf, element, type PictureOptions, textWidth } from "./svg.ts";

/**
 * Margins p_own - p_other of clusters (or classes), one bar each, with their counts. A margin of 0 is a cluster whose
 * classes cannot be told apart; null one that has no other class to be confused with.
 */
export interface MarginData {
  bars: readonly { label: string; count: number; margin: number | null }[];
}

const most = 60;
const row = 24;

export function marginBars(data: MarginData, options: PictureOptions = {}): SVGSVGElement {
  const document = documentOf(options);
  const width = options.width ?? 640;
  const bars = data.bars.slice(0, most).map((bar) => ({ ...bar, name: `${shorten(bar.label)}  (n = ${bar.count})` }));
  const left = Math.min(width * 0.55, Math.max(60, ...bars.map((bar) => textWidth(bar.name, 12))) + 12);
  const inner = width - left - 64;
  const low = Math.min(0, ...bars.map((bar) => bar.margin ?? 0));
  const x = (value: number): number => left + ((value - low) / (1 - low)) * inner;
  const node = element(document, "g", { "font-size": 12 });
  const bottom = bars.length * row + 4;
  for (const tick of linearTicks(low, 1, inner > 250 ? 5 : 2)) {
    node.append(
      element(document, "line", { x1: x(tick), x2: x(tick), y1: 0, y2: bottom, stroke: "currentColor", "stroke-opacity": 0.15 }),
    );
    node.append(element(document, "text", { x: x(tick), y: bottom + 16 }, numberText(tick)));
  }
  bars.forEach(({ name, margin }, i) => {
    const y = i * row + row / 2 + 2;
    node.append(element(document, "text", { x: left - 8, y, dy: "0.32em", "text-anchor": "end" }, name));
    const from = Math.min(x(0), x(margin ?? 0));
    const bar = {
      x: from,
      y: y - 8,
      width: Math.abs(x(margin ?? 0) - x(0)),
      height: 16,
      fill: seriesStyle(0).color,
      class: "bar",
    };
    if (margin !== null) node.append(element(document, "rect", bar));
    const text = margin === null ? "– one class" : margin <= 0 ? "0, merged" : numberText(margin, 3);
    const at = { x: x(Math.max(0, margin ?? 0)) + 6, y, dy: "0.32em", "text-anchor": "start" };
    node.append(element(document, "text", at, text));
  });
  node.append(element(document, "line", { x1: x(0), x2: x(0), y1: 0, y2: bottom, stroke: "currentColor" }));
  node.append(element(document, "text", { x: left + inner / 2, y: bottom + 36 }, "margin p_own − p_other (probability)"));
  const more = data.bars.length - bars.length;
  return page(options, width, `Margins of ${bars.length} clusters with their counts`, [
    { node, height: bottom + 46 },
    ...(more > 0 ? [note(document, `and ${more} more, not drawn`, { "font-size": 12 })] : []),
  ]);
}

function shorten(label: string): string {
  return label.length > 24 ? `${label.slice(0, 23)}…` : label;
}
