import { maximum, minimum } from "../extremes.ts";
import { linearTicks, numberText } from "./chart.ts";
import { besideMeans, type Drawing, ellipseLevel, layers, meanDots, nameOf, percent } from "./feature-drawing.ts";
import type { Block } from "./page.ts";
import { dots, mark } from "./scatter.ts";
import { element, textWidth } from "./svg.ts";

/** Where the class means lie on one line (two classes, or one feature): a row a class, the largest first, with its samples, its mean and its spread along the line. */
export function stripPanel(drawing: Drawing, width: number): Block {
  const { document, data, styles, wide, order, members } = drawing;
  const along = data.along as NonNullable<typeof data.along>;
  const row = Math.min(46, 420 / order.length);
  const named = row >= 13;
  const left = named ? Math.min(130, Math.max(24, ...order.map((k) => textWidth(nameOf(data, k), 12))) + 14) : 12;
  const right = 18;
  const reach = (k: number): number => ellipseLevel * Math.sqrt(along.covariances[k]?.[0][0] ?? 0);
  const center = (k: number): number => (along.means[k] as readonly number[])[0];
  const ends = [...data.sample.points.map((p) => p[0]), ...order.flatMap((k) => [center(k) - reach(k), center(k) + reach(k)])];
  const [low, high] = [minimum(ends), maximum(ends)];
  const x = (value: number): number => left + 6 + ((value - low) / (high - low || 1)) * (width - left - right - 12);
  const bottom = 6 + order.length * row;
  const node = element(document, "g", { "font-size": 12 });
  for (const tick of linearTicks(low, high, Math.max(2, (width - left) / 90))) {
    node.append(
      element(document, "line", { x1: x(tick), x2: x(tick), y1: 6, y2: bottom, stroke: "currentColor", "stroke-opacity": 0.15 }),
    );
    node.append(element(document, "text", { x: x(tick), y: bottom + 16 }, numberText(tick, 6)));
  }
  node.append(
    element(document, "rect", {
      x: left,
      y: 6,
      width: width - left - right,
      height: bottom - 6,
      fill: "none",
      stroke: "currentColor",
      "stroke-opacity": 0.35,
    }),
  );
  const height = new Map(order.map((k, i) => [k, 6 + (i + 0.5) * row]));
  const y = (k: number): number => height.get(k) as number;
  // Samples lie beside one another, evenly spread over the height of the row: by the golden ratio, one after the other.
  const at = (k: number): [number, number][] =>
    members[k].map((s, j) => [x(data.sample.points[s][0]), y(k) + (((j * 0.6180339887498949) % 1) - 0.5) * 0.7 * row]);
  for (const { color, classes } of layers(drawing))
    node.append(
      dots(document, classes.flatMap(at), { color, size: wide ? besideMeans(drawing) : row > 12 ? 3 : 2, opacity: 0.45 }),
    );
  if (wide) node.append(...meanDots(drawing, (k) => [x(center(k)), y(k)], 1));
  for (const k of wide ? [] : order) {
    const [from, to] = [x(center(k) - reach(k)), x(center(k) + reach(k))];
    node.append(
      element(document, "line", {
        x1: from,
        x2: to,
        y1: y(k),
        y2: y(k),
        stroke: "currentColor",
        "stroke-width": row > 5 ? 1.5 : 0.75,
        class: "spread",
      }),
    );
    node.append(mark(document, x(center(k)), y(k), styles[k], row > 16 ? 1.25 : row > 5 ? 0.7 : 0.45));
    if (named)
      node.append(element(document, "text", { x: left - 6, y: y(k), dy: "0.35em", "text-anchor": "end" }, nameOf(data, k)));
  }
  node.append(
    element(document, "text", { x: (left + width - right) / 2, y: bottom + 36 }, `direction 1 (${percent(along.shares[0])})`),
  );
  return { node, height: bottom + 46 };
}
