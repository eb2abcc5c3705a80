import { legend, page } from "./page.ts";
import { seriesStyle } from "./palette.ts";
import { documentOf, element, type PictureOptions, textWidth } from "./svg.ts";

/** How some wholes are divided: a bar each, of equal length, with the numbers of its parts. */
export interface ShareData {
  /** The parts, from the left. */
  names: readonly string[];
  /** A bar each: its name and the number of each part. */
  bars: readonly { label: string; values: readonly number[] }[];
  /** What is counted: "classes". */
  of: string;
}

const row = 46;

/** Draws parts of wholes beside each other. */
export function shareBars(data: ShareData, options: PictureOptions = {}): SVGSVGElement {
  const document = documentOf(options);
  const width = options.width ?? 640;
  const left = 4;
  const inner = width - left - 8;
  const node = element(document, "g", { "font-size": 12 });
  data.bars.forEach(({ label, values }, b) => {
    const whole = values.reduce((sum, n) => sum + n, 0);
    const y = b * row + 18;
    node.append(element(document, "text", { x: left, y: y - 8, dy: "0.32em", "text-anchor": "start" }, `${label}: ${whole}`));
    let x = left;
    values.forEach((n, part) => {
      if (n === 0) return;
      const size = (inner * n) / whole;
      const { color } = seriesStyle(part);
      node.append(
        element(
          document,
          "rect",
          { x, y, width: size, height: 20, fill: color, class: "share" },
          element(document, "title", {}, `${label}: ${n} ${data.names[part]}`),
        ),
      );
      const text = String(n);
      // White on the palette's colors has too little contrast for a text of this size; a plate of the page's own color has enough.
      const plate = textWidth(text, 12) + 8;
      if (size > plate + 6)
        node.append(
          element(document, "rect", { x: x + (size - plate) / 2, y: y + 2, width: plate, height: 16, rx: 3, fill: "#ffffff" }),
          element(document, "text", { x: x + size / 2, y: y + 10, dy: "0.34em", fill: "#1b1f24" }, text),
        );
      x += size;
    });
    const frame = { x: left, y, width: inner, height: 20, fill: "none", stroke: "currentColor", "stroke-opacity": 0.5 };
    node.append(element(document, "rect", frame));
  });
  const occurring = data.names.flatMap((label, part) =>
    data.bars.some(({ values }) => values[part] > 0) ? [{ label, mark: "square" as const, color: seriesStyle(part).color }] : [],
  );
  const words = data.bars.map(
    ({ label, values }) =>
      `${label}: ${values.flatMap((n, i) => (n > 0 ? [`${n} ${data.names[i]}`] : [])).join(", ") || `no ${data.of}`}`,
  );
  return page(options, width, words.join("; "), [
    legend(document, width, occurring),
    { node, height: data.bars.length * row + 4 },
  ]);
}
