/**
 * The few lines every picture shares: building SVG elements in a document that is passed in (the browser's own, or a
 * headless one), and turning the result into text.
 *
 * Pictures use no ids, no style sheets and no references: any number of them can stand in one page, in any order and
 * partly hidden, without one changing another.
 *
 * @module
 */

/** What every picture can be asked for. */
export interface PictureOptions {
  /** Where elements are made; default: the page's own document. */
  document?: Document;
  /** Width in CSS pixels that the picture is laid out for. Text keeps its size: ask for 360 where the screen is narrow. */
  width?: number;
  /** Shown above the picture. */
  title?: string;
  /** Default sans. */
  font?: "sans" | "serif";
}

/** Of SVG. @internal */
export const namespace = "http://www.w3.org/2000/svg";
export const fontFamilies = {
  sans: "system-ui, 'DejaVu Sans', Verdana, sans-serif",
  serif: "'Times New Roman', 'DejaVu Serif', serif",
} as const;
export const fontSize = 13;

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An SVG element with attributes (those that are undefined left out) and children. @internal */
export function element(
  document: Document,
  name: string,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): SVGElement {
  const node = document.createElementNS(namespace, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) node.setAttribute(key, typeof value === "number" ? short(value) : value);
  }
  for (const child of children) node.append(typeof child === "string" ? document.createTextNode(visible(child)) : child);
  return node;
}

/** The picture as standalone, well-formed XML. */
export function svgText(svg: SVGElement): string {
  const view = svg.ownerDocument.defaultView as unknown as { XMLSerializer: typeof XMLSerializer } | null;
  const Serializer = view?.XMLSerializer ?? globalThis.XMLSerializer;
  return new Serializer().serializeToString(svg);
}

export function documentOf(options: PictureOptions): Document {
  const document = options.document ?? globalThis.document;
  if (!document) throw new TypeError("plots: no document; outside a browser pass the option `document`");
  return document;
}

/** A generous estimate of how wide a text will be: fonts differ, and a label too many pixels narrow is clipped. */
export function textWidth(text: string, size: number = fontSize): number {
  return [...text].length * size * 0.6;
}

/** Characters that XML cannot hold at all (most control characters) become visible replacement marks. @internal */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to be replaced
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd");
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}
