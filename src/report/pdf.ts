import { fontFile } from "./fonts.ts";

/**
 * A picture as a PDF of one page: vectors, and text as text in a font that is embedded, for papers. Knows the few elements that the pictures of this project are made of, and refuses any other: nothing is left out
 * without a word. Black on nothing; the same picture gives the same bytes.
 */
export interface PdfOptions {
  /** Default sans. */
  font?: "sans" | "serif";
}

/** CSS pixels are 1/96 inch, points 1/72. */
const pointsPerPixel = 72 / 96;

/** What an element hands on to those in it, as far as the pictures use it. */
interface Style {
  fill: string;
  stroke: string;
  strokeWidth: number;
  fillOpacity: number;
  strokeOpacity: number;
  dash: string;
  round: boolean;
  fontSize: number;
  bold: boolean;
  anchor: string;
}

const initial: Style = {
  fill: "black",
  stroke: "none",
  strokeWidth: 1,
  fillOpacity: 1,
  strokeOpacity: 1,
  dash: "none",
  round: false,
  fontSize: 16,
  bold: false,
  anchor: "start",
};

type Pdf = PDFKit.PDFDocument;

/** `svg`: as the picture functions give it. Throws TypeError on an element or a transform that pictures do not have. */
export async function pdfOf(svg: SVGSVGElement, options: PdfOptions = {}): Promise<Uint8Array> {
  const [, , width, height] = (svg.getAttribute("viewBox") ?? "").split(" ").map(Number);
  if (!(width > 0 && height > 0)) throw new TypeError("pdfOf: expected an <svg> element with a viewBox");
  // Loaded when the first picture is drawn.
  const { default: PDFDocument } = await import("pdfkit");
  const pdf = new PDFDocument({
    size: [width * pointsPerPixel, height * pointsPerPixel],
    margin: 0,
    info: { Title: svg.getAttribute("aria-label") ?? "", CreationDate: new Date(0) },
  });
  const parts: Uint8Array[] = [];
  pdf.on("data", (part: Uint8Array) => parts.push(part));
  const ended = new Promise<void>((resolve, reject) => {
    pdf.on("end", resolve);
    pdf.on("error", reject);
  });
  for (const bold of [false, true]) pdf.registerFont(fontKey(bold), fontFile(options.font ?? "sans", bold));
  pdf.scale(pointsPerPixel);
  drawAll(pdf, svg, styleOf(svg, initial));
  pdf.end();
  await ended;
  return Buffer.concat(parts);
}

const fontKey = (bold: boolean): string => (bold ? "bold" : "regular");

function drawAll(pdf: Pdf, parent: Element, style: Style): void {
  for (const child of parent.children) draw(pdf, child, style);
}

function draw(pdf: Pdf, element: Element, inherited: Style): void {
  const name = element.tagName.toLowerCase();
  // What a pointer or a screen reader is told.
  if (name === "title") return;
  const style = styleOf(element, inherited);
  pdf.save();
  transform(pdf, element.getAttribute("transform"));
  const at = (attribute: string): number => lengthOf(element.getAttribute(attribute), style.fontSize);
  if (name === "g" || name === "svg") drawAll(pdf, element, style);
  else if (name === "text") text(pdf, element, style);
  else if (name === "rect") paint(pdf, style, () => pdf.rect(at("x"), at("y"), at("width"), at("height")));
  else if (name === "circle") paint(pdf, style, () => pdf.circle(at("cx"), at("cy"), at("r")));
  else if (name === "path") paint(pdf, style, () => pdf.path(element.getAttribute("d") ?? ""));
  else if (name === "line")
    paint(pdf, { ...style, fill: "none" }, () => pdf.moveTo(at("x1"), at("y1")).lineTo(at("x2"), at("y2")));
  else throw new TypeError(`pdfOf: expected an element that pictures have, got <${name}>`);
  pdf.restore();
}

function styleOf(element: Element, inherited: Style): Style {
  const get = (name: string): string | null => element.getAttribute(name);
  const number = (name: string, otherwise: number): number => (get(name) === null ? otherwise : Number(get(name)));
  // An element's own opacity holds for fill and stroke alike: nothing in the pictures overlaps within one element.
  const opacity = number("opacity", 1);
  const size = get("font-size");
  return {
    fill: get("fill") ?? inherited.fill,
    stroke: get("stroke") ?? inherited.stroke,
    strokeWidth: number("stroke-width", inherited.strokeWidth),
    fillOpacity: number("fill-opacity", inherited.fillOpacity) * opacity,
    strokeOpacity: number("stroke-opacity", inherited.strokeOpacity) * opacity,
    dash: get("stroke-dasharray") ?? inherited.dash,
    round: (get("stroke-linecap") ?? (inherited.round ? "round" : "")) === "round",
    fontSize:
      size === null ? inherited.fontSize : size.endsWith("%") ? (inherited.fontSize * parseFloat(size)) / 100 : Number(size),
    bold: (get("font-weight") ?? (inherited.bold ? "bold" : "")) === "bold",
    anchor: get("text-anchor") ?? inherited.anchor,
  };
}

/** Pixels; `0.32em` is of the font. */
function lengthOf(value: string | null, fontSize: number): number {
  if (value === null) return 0;
  return value.endsWith("em") ? parseFloat(value) * fontSize : Number(value);
}

function transform(pdf: Pdf, value: string | null): void {
  for (const [, name, list] of (value ?? "").matchAll(/(\w+)\(([^)]*)\)/g)) {
    const numbers = list.split(/[ ,]+/).map(Number);
    if (name === "translate") pdf.translate(numbers[0], numbers[1] ?? 0);
    else if (name === "rotate" && numbers.length === 1) pdf.rotate(numbers[0]);
    else throw new TypeError(`pdfOf: expected translate or rotate about the origin, got ${name}(${list})`);
  }
}

const ink = (color: string): string => (color === "currentColor" ? "black" : color);

function paint(pdf: Pdf, style: Style, outline: () => void): void {
  const fills = style.fill !== "none";
  const strokes = style.stroke !== "none" && style.strokeWidth > 0;
  if (!fills && !strokes) return;
  outline();
  if (fills) pdf.fillColor(ink(style.fill)).fillOpacity(style.fillOpacity);
  if (strokes) {
    pdf.strokeColor(ink(style.stroke)).strokeOpacity(style.strokeOpacity).lineWidth(style.strokeWidth);
    pdf.lineCap(style.round ? "round" : "butt").lineJoin(style.round ? "round" : "miter");
    // The types know one number only; the library takes a list.
    if (style.dash !== "none") pdf.dash(style.dash.split(/[ ,]+/).map(Number) as unknown as number, {});
  }
  if (fills && strokes) pdf.fillAndStroke();
  else if (fills) pdf.fill();
  else pdf.stroke();
}

/** A piece of text in one size. */
interface Run {
  text: string;
  style: Style;
  /** Down from the line, in pixels. */
  down: number;
}

/** Text with its indices set lower: runs one after the other, the whole placed by its anchor; a run with an x of its own begins a new line. */
function text(pdf: Pdf, element: Element, style: Style): void {
  const x = lengthOf(element.getAttribute("x"), style.fontSize);
  const y = lengthOf(element.getAttribute("y"), style.fontSize) + lengthOf(element.getAttribute("dy"), style.fontSize);
  const lines: { x: number; runs: Run[] }[] = [{ x, runs: [] }];
  let down = 0;
  for (const node of element.childNodes) {
    const isSpan = node.nodeType === 1 && (node as Element).tagName.toLowerCase() === "tspan";
    const own = isSpan ? styleOf(node as Element, style) : style;
    if (isSpan) {
      const span = node as Element;
      down += lengthOf(span.getAttribute("dy"), own.fontSize);
      if (span.hasAttribute("x")) lines.push({ x: lengthOf(span.getAttribute("x"), own.fontSize), runs: [] });
    }
    const piece = node.textContent ?? "";
    if (node.nodeType === 3 || isSpan) lines[lines.length - 1].runs.push({ text: piece, style: own, down });
  }
  for (const line of lines) drawLine(pdf, line, y, style.anchor);
}

function drawLine(pdf: Pdf, { x, runs }: { x: number; runs: readonly Run[] }, y: number, anchor: string): void {
  const widths = runs.map((run) => setFont(pdf, run.style).widthOfString(run.text));
  const whole = widths.reduce((sum, w) => sum + w, 0);
  let pen = x - (anchor === "middle" ? whole / 2 : anchor === "end" ? whole : 0);
  runs.forEach((run, i) => {
    if (run.text !== "" && run.style.fill !== "none") {
      setFont(pdf, run.style).fillColor(ink(run.style.fill)).fillOpacity(run.style.fillOpacity);
      pdf.text(run.text, pen, y + run.down, { lineBreak: false, baseline: "alphabetic" });
    }
    pen += widths[i];
  });
}

function setFont(pdf: Pdf, style: Style): Pdf {
  return pdf.font(fontKey(style.bold)).fontSize(style.fontSize);
}
