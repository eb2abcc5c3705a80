import { type Attributes, documentOf, element, fontFamilies, fontSize, type PictureOptions, textWidth, visible } from "./svg.ts";

/**
 * Composes a picture from blocks stacked from top to bottom: title, legend, panels, notes.
 *
 * The background stays transparent and lines and text use `currentColor`, so one file serves light and dark pages.
 */
export interface Block {
  node: SVGElement;
  height: number;
}

export interface LegendItem {
  label: string;
  /** CSS color; none for a plain text entry. */
  color?: string;
  mark?: "line" | "symbol" | "line and symbol" | "square" | "cross" | "hatch";
  dash?: string;
  symbol?: string;
  /** Of a square: default 1. */
  opacity?: number;
}

/** `summary` is what a screen reader says in place of the picture. */
export function page(options: PictureOptions, width: number, summary: string, blocks: readonly Block[]): SVGSVGElement {
  const document = documentOf(options);
  const stacked = options.title
    ? [note(document, options.title, { "font-weight": "bold", "font-size": fontSize + 1 }, width), ...blocks]
    : blocks;
  const height = stacked.reduce((sum, block) => sum + block.height, 0);
  const svg = element(document, "svg", {
    width,
    height,
    viewBox: `0 0 ${width} ${Math.ceil(height)}`,
    role: "img",
    "aria-label": visible(options.title ? `${options.title}. ${summary}` : summary),
    fill: "currentColor",
    "font-family": fontFamilies[options.font ?? "sans"],
    "font-size": fontSize,
    "text-anchor": "middle",
    style: "max-width:100%;height:auto",
  }) as SVGSVGElement;
  let top = 0;
  for (const block of stacked) {
    svg.append(element(document, "g", { transform: `translate(0,${Math.round(top)})` }, block.node));
    top += block.height;
  }
  for (const text of [...svg.querySelectorAll("text, tspan")]) subscripts(document, text);
  return svg;
}

/** A line of text at the left edge; long ones are wrapped to `width`. */
export function note(
  document: Document,
  text: string,
  attributes: Attributes = {},
  width: number = Number.POSITIVE_INFINITY,
): Block {
  const size = Number(attributes["font-size"] ?? fontSize);
  const lines = wrap(text, width - 8, size);
  const node = element(document, "g", { "text-anchor": "start", ...attributes });
  lines.forEach((line, i) => {
    node.append(element(document, "text", { x: 4, y: size + 2 + i * (size + 5) }, line));
  });
  return { node, height: lines.length * (size + 5) + 5 };
}

export function legend(document: Document, width: number, items: readonly LegendItem[]): Block {
  const node = element(document, "g", { "text-anchor": "start", "font-size": 12, class: "legend" });
  let x = 4;
  let y = 12;
  for (const item of items) {
    const key = item.color || item.mark ? 28 : 0;
    const lines = wrap(item.label, width - 4 - key, 12);
    const size = key + Math.max(...lines.map((text) => textWidth(text, 12))) + 18;
    if (x > 4 && x + size - 18 > width) {
      x = 4;
      y += 19;
    }
    if (key) node.append(swatch(document, item, x, y));
    lines.forEach((text, i) => {
      node.append(element(document, "text", { x: x + key, y: y + i * 15, dy: "0.32em" }, text));
    });
    x += size;
    // What is longer than a line stands alone.
    if (lines.length > 1) {
      y += (lines.length - 1) * 15;
      x = width;
    }
  }
  return { node, height: y + 14 };
}

/** The symbols of `seriesStyle` about the origin, in the sizes that Plot draws them at. */
export const shapes: Record<string, string> = {
  circle: "M4.5,0A4.5,4.5 0 1 1 -4.5,0A4.5,4.5 0 1 1 4.5,0Z",
  square: "M-4,-4h8v8h-8Z",
  triangle: "M0,-5.5L5.2,3.5H-5.2Z",
  diamond: "M0,-6L4,0L0,6L-4,0Z",
  star: "M0,-6L1.4,-1.9L5.7,-1.9L2.2,0.7L3.5,4.9L0,2.3L-3.5,4.9L-2.2,0.7L-5.7,-1.9L-1.4,-1.9Z",
  cross: "M-1.7,-5.1h3.4v3.4h3.4v3.4h-3.4v3.4h-3.4v-3.4h-3.4v-3.4h3.4Z",
};

function swatch(document: Document, item: LegendItem, x: number, y: number): SVGElement {
  const { mark = "square", color = "currentColor", dash } = item;
  const node = element(document, "g", { transform: `translate(${x},${y})` });
  const add = (name: string, attributes: Attributes): void => node.append(element(document, name, attributes));
  if (mark.startsWith("line")) add("line", { x2: 22, stroke: color, "stroke-width": 2.5, "stroke-dasharray": dash });
  if (mark.endsWith("symbol")) add("path", { d: shapes[item.symbol ?? "circle"], transform: "translate(11,0)", fill: color });
  if (mark === "cross") add("path", { d: "M6,-5l10,10m0,-10l-10,10", stroke: color, "stroke-width": 2.5, fill: "none" });
  if (mark === "square" || mark === "hatch")
    add("rect", {
      ...{ x: 3, y: -7, width: 16, height: 14, fill: color, "fill-opacity": item.opacity },
      ...{ stroke: "currentColor", "stroke-opacity": 0.4 },
    });
  if (mark === "hatch") add("path", { d: "M3,7l16,-14", stroke: "#444444" });
  return node;
}

/** The symbols of this project that carry an index. @internal */
export const symbol: RegExp = /(?<![\p{L}\p{N}_])([λnNkzpswmE])_([A-Za-z]|crit|max)(?![\p{L}\p{N}_])/u;

/**
 * Sets the index of the symbols of this project lower and smaller: "λ_Z" as it is printed in a paper. Only these symbols,
 * so that a class called "my_class" keeps its name.
 */
function subscripts(document: Document, text: Element): void {
  for (const child of [...text.childNodes]) {
    if (child.nodeType !== 3) continue;
    const parts = (child.textContent ?? "").split(symbol);
    if (parts.length === 1) continue;
    const nodes: Node[] = [];
    let lowered = false;
    const push = (piece: string): void => {
      if (!piece) return;
      // dy moves the pen for good, so the piece after an index has to move it back.
      nodes.push(lowered ? element(document, "tspan", { dy: "-0.22em" }, piece) : document.createTextNode(piece));
      lowered = false;
    };
    for (let i = 0; i < parts.length; i += 3) {
      push(parts[i]);
      if (i + 2 >= parts.length) break;
      push(parts[i + 1]);
      nodes.push(element(document, "tspan", { dy: "0.3em", "font-size": "75%" }, parts[i + 2]));
      lowered = true;
    }
    child.replaceWith(...nodes);
  }
}

export function wrap(text: string, width: number, size: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    const longer = last ? `${last} ${word}` : word;
    if (last && textWidth(longer, size) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
