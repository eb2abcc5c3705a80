import type { ClassStyle } from "./class-colors.ts";
import { shapes } from "./page.ts";
import { element, textWidth } from "./svg.ts";

/** The marks of pictures of samples: dots, ellipses, symbols, and labels where there is room. */

/** Where numbers of the data stand in a panel, in pixels. */
export interface Place {
  x(value: number): number;
  y(value: number): number;
  /** Pixels for one: the same on both axes. */
  unit: number;
  /** Of the plotting area: left, top, right, bottom. */
  box: readonly [number, number, number, number];
}

const round = (x: number): number => Math.round(x * 10) / 10;

/** More dots of a color stand on whole pixels, those of one pixel once. */
const mostBetween = 3000;

/** Many dots of one color as one path, which is small, and in which dots upon dots grow no darker. */
export function dots(
  document: Document,
  at: readonly (readonly [number, number])[],
  style: { color: string; size: number; opacity: number; name?: string },
): SVGElement {
  const crowded = at.length > mostBetween;
  const place = crowded ? Math.round : round;
  const all = at.map(([x, y]) => `M${place(x)},${place(y)}h.01`);
  const places = crowded ? new Set(all) : all;
  return element(document, "path", {
    d: [...places].join(""),
    class: style.name ?? "dots",
    fill: "none",
    stroke: style.color,
    "stroke-width": style.size,
    "stroke-linecap": "round",
    "stroke-opacity": style.opacity,
  });
}

/** The points at which (x - m)' C^-1 (x - m) = level^2, C = [[xx, xy], [xy, yy]]; null where it is smaller than a pixel. */
export function ellipse(
  document: Document,
  place: Place,
  m: readonly [number, number],
  C: { xx: number; xy: number; yy: number },
  level: number,
  style: { color: string; width: number; opacity: number },
): SVGElement | null {
  const half = (C.xx - C.yy) / 2;
  const middle = (C.xx + C.yy) / 2;
  const apart = Math.hypot(half, C.xy);
  const rx = level * Math.sqrt(Math.max(0, middle + apart)) * place.unit;
  const ry = level * Math.sqrt(Math.max(0, middle - apart)) * place.unit;
  if (!(rx > 0.5)) return null;
  // Pixels count downwards: turned the other way.
  const angle = -Math.atan2(C.xy, half) / 2;
  const [cx, cy] = [place.x(m[0]), place.y(m[1])];
  const [dx, dy] = [rx * Math.cos(angle), rx * Math.sin(angle)];
  const [a, b] = [`${round(cx - dx)},${round(cy - dy)}`, `${round(cx + dx)},${round(cy + dy)}`];
  const arc = `A${round(rx)},${Math.max(0.1, round(ry))} ${round((angle * 180) / Math.PI)} 0 1 `;
  return element(document, "path", {
    d: `M${a}${arc}${b}${arc}${a}Z`,
    class: "ellipse",
    fill: "none",
    stroke: style.color,
    "stroke-width": style.width,
    "stroke-opacity": style.opacity,
  });
}

/** A symbol with an edge, `size` times as large as in a legend. */
export function mark(document: Document, x: number, y: number, { color, symbol }: ClassStyle, size: number): SVGElement {
  const d = scaled(shapes[symbol] ?? shapes.circle, size);
  const edge = size < 0.6 ? {} : { stroke: "currentColor", "stroke-width": size < 0.8 ? 0.6 : 1 };
  return element(document, "path", { d, class: "mean", transform: `translate(${round(x)},${round(y)})`, fill: color, ...edge });
}

/** Numbers of a path, flags of arcs left as they are. */
const scaled = (d: string, by: number): string =>
  d.replace(/A([\d.]+),([\d.]+) 0 1 1 |-?\d*\.?\d+/g, (text, rx, ry) =>
    rx === undefined ? String(round(Number(text) * by)) : `A${round(rx * by)},${round(ry * by)} 0 1 1 `,
  );

/** Bold letters are wider. */
const bold = 1.15;

/** Tries for a label that is placed: where more find no room, the next ones do not either. */
const tries = 8;

/** Labels beside their points, those first that come first, at most `most`; one that would lie on another, on another's point or outside is left out. */
export function labels(
  document: Document,
  box: Place["box"],
  wanted: readonly { x: number; y: number; text: string }[],
  { size, clearance, most }: { size: number; clearance: number; most: number },
): SVGElement {
  const node = element(document, "g", { class: "labels", "font-size": size, "font-weight": "bold" });
  const taken: [number, number, number, number][] = wanted.map(({ x, y }) => [
    x - clearance,
    y - clearance,
    x + clearance,
    y + clearance,
  ]);
  const [left, top, right, bottom] = box;
  let placed = 0;
  for (const { x, y, text } of wanted.slice(0, tries * most)) {
    if (placed === most) break;
    const [w, h] = [bold * textWidth(text, size), size];
    const gap = clearance + 2;
    const spots: [number, number][] = [
      [x + gap, y - h / 2],
      [x - gap - w, y - h / 2],
      [x - w / 2, y - gap - h],
      [x - w / 2, y + gap],
    ];
    const spot = spots.find(
      ([l, t]) =>
        l >= left &&
        t >= top &&
        l + w <= right &&
        t + h <= bottom &&
        taken.every(([a, b, c, d]) => l >= c || l + w <= a || t >= d || t + h <= b),
    );
    if (!spot) continue;
    const [l, t] = spot;
    taken.push([l, t, l + w, t + h]);
    node.append(element(document, "text", { x: round(l + w / 2), y: round(t + h / 2), dy: "0.35em" }, text));
    placed++;
  }
  return node;
}
