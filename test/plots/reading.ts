/*
 * Reads a picture as a person would: positions by the labels of its axes, series by its legend. Nothing of src/plots is used, so a picture that is
 * upside down, shifted, or colored otherwise than its legend says does not read back as its data.
 */

/** Position -> value, by two labels of an axis. */
export interface AxisReading {
  value(pixel: number): number;
  labels: { pixel: number; value: number }[];
}

const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** "0.2", "−3", "10⁻²", "2·10⁻²" as numbers. */
export function numberOf(label: string): number {
  const power = /^(?:([\d.]+)·)?10(⁻?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)$/.exec(label);
  if (!power) return Number(label.replace("−", "-"));
  const exponent = [...power[3]].map((digit) => digits.indexOf(digit)).join("");
  return Number(power[1] ?? 1) * 10 ** (Number(exponent) * (power[2] ? -1 : 1));
}

const shift = (node: Element): [number, number] => {
  const [, x = "0", y = "0"] = /translate\(([-\d.e]+),([-\d.e]+)\)/.exec(node.getAttribute("transform") ?? "") ?? [];
  return [Number(x), Number(y)];
};

/** An axis of a panel drawn with axes; `log` as the label says it is. */
export function axisOf(panel: Element, which: "x" | "y"): AxisReading {
  const texts = [...panel.querySelectorAll(`[data-part="${which}-axis tick label"] text`)];
  const labels = texts.map((text) => ({ pixel: shift(text)[which === "x" ? 0 : 1], value: numberOf(text.textContent ?? "") }));
  const title =
    which === "x"
      ? panel.querySelector('[data-part="x-axis label"]')?.textContent
      : [...panel.children].filter((child) => child.tagName === "text").at(-1)?.textContent;
  return reading(labels, title?.includes("log scale") === true);
}

export function reading(labels: AxisReading["labels"], log: boolean): AxisReading {
  const bend = (v: number): number => (log ? Math.log(v) : v);
  const [first, last] = [labels[0], labels[labels.length - 1]];
  const along = (pixel: number): number =>
    bend(first.value) + ((pixel - first.pixel) * (bend(last.value) - bend(first.value))) / (last.pixel - first.pixel);
  return { labels, value: (pixel) => (log ? Math.exp(along(pixel)) : along(pixel)) };
}

/** What the legend shows beside each of its texts. */
export interface Key {
  label: string;
  line: { color: string; dash: string | null } | null;
  symbol: { color: string; sides: string } | null;
  square: string | null;
}

export function keysOf(picture: Element): Key[] {
  return [...picture.querySelectorAll(".legend > text")].map((text) => {
    const before = text.previousElementSibling;
    const swatch = before?.tagName === "g" ? before : null;
    const line = swatch?.querySelector("line");
    const symbol = swatch?.querySelector("path[fill]:not([fill=none])");
    return {
      label: text.textContent ?? "",
      line: line ? { color: line.getAttribute("stroke") ?? "", dash: line.getAttribute("stroke-dasharray") } : null,
      symbol: symbol ? { color: symbol.getAttribute("fill") ?? "", sides: sidesOf(symbol.getAttribute("d") ?? "") } : null,
      square: swatch?.querySelector("rect")?.getAttribute("fill") ?? null,
    };
  });
}

/** A symbol's outline, told by its kinds of strokes: sizes differ between legend and panel, forms must not. */
const sidesOf = (d: string): string =>
  d
    .replace(/[^A-Za-z]/g, "")
    .toUpperCase()
    .replace(/[HV]/g, "L")
    .replace(/A+/, "A");

/** The panels with axes, from top to bottom. */
export const panelsOf = (picture: Element): Element[] =>
  [...picture.querySelectorAll('[data-part="frame"]')].map((frame) => frame.parentElement as Element);

/** The lines of a panel, each in data coordinates. */
export function linesOf(panel: Element): { color: string; dash: string | null; points: [number, number][] }[] {
  const [x, y] = [axisOf(panel, "x"), axisOf(panel, "y")];
  return [...panel.querySelectorAll('[data-part="line"]')].flatMap((group) =>
    [...group.querySelectorAll("path")].map((path) => ({
      color: path.getAttribute("stroke") ?? group.getAttribute("stroke") ?? "",
      dash: group.getAttribute("stroke-dasharray"),
      points: [...(path.getAttribute("d") ?? "").matchAll(/[ML]([-\d.e]+),([-\d.e]+)/g)].map(([, px, py]): [number, number] => [
        x.value(Number(px)),
        y.value(Number(py)),
      ]),
    })),
  );
}

/** The symbols of a panel, a list for each series. */
export function symbolsOf(panel: Element): { color: string; sides: string; points: [number, number][] }[] {
  const [x, y] = [axisOf(panel, "x"), axisOf(panel, "y")];
  return [...panel.querySelectorAll('[data-part="dot"]')].map((group) => ({
    color: group.getAttribute("fill") ?? "",
    sides: group.querySelector("circle") ? "MAZ" : sidesOf(group.querySelector("path")?.getAttribute("d") ?? ""),
    points: [...group.children].map((mark): [number, number] => {
      const [px, py] =
        mark.tagName === "circle" ? [Number(mark.getAttribute("cx")), Number(mark.getAttribute("cy"))] : shift(mark);
      return [x.value(px), y.value(py)];
    }),
  }));
}

/** Where the vertical rules of a panel stand, in data. */
export function rulesOf(panel: Element): { at: number; color: string }[] {
  const x = axisOf(panel, "x");
  return [...panel.querySelectorAll('[data-part="rule"]')].flatMap((group) =>
    [...group.querySelectorAll("line")].map((line) => ({
      at: x.value(Number(line.getAttribute("x1"))),
      color: line.getAttribute("stroke") ?? group.getAttribute("stroke") ?? "",
    })),
  );
}

/** The fill of the topmost rectangle under a pixel. */
export function colorAt(rects: readonly Element[], px: number, py: number): string | null {
  const of = (rect: Element, name: string): number => Number(rect.getAttribute(name) ?? 0);
  const under = rects.filter(
    (r) => px > of(r, "x") && px < of(r, "x") + of(r, "width") && py > of(r, "y") && py < of(r, "y") + of(r, "height"),
  );
  return under.at(-1)?.getAttribute("fill") ?? null;
}
