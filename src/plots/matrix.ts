import type { Arranged } from "../cells.ts";
import type { ColorKind, ColorScale } from "./color.ts";
import type { Block } from "./page.ts";
import { element, textWidth } from "./svg.ts";

/**
 * One matrix as a square of colored cells, and the bar that explains the colors. Drawn without a plotting library: cells
 * need no axes, and the explorer redraws them at every move of a slider.
 */
export function matrixPanel(
  document: Document,
  { Z, classes, borders, bin }: Arranged,
  scale: ColorScale,
  at: { x: number; y: number; side: number; name: string },
): SVGElement {
  const K = Z.length;
  const cell = at.side / K;
  const cells = element(document, "g", { class: "cells", "shape-rendering": "crispEdges" });
  // Few cells say their value when pointed at; many are joined into runs of one color, which keeps 100 classes fast.
  const single = K <= 20 && bin === 1;
  Z.forEach((row, i) => {
    for (let j = 0; j < K; ) {
      const color = fill(row[j], scale);
      let end = j + 1;
      while (!single && end < K && fill(row[end], scale) === color) end++;
      const box = { x: j * cell, y: i * cell, width: (end - j) * cell, height: cell, fill: color };
      const value = row[j];
      const tip = single
        ? [element(document, "title", {}, `logit ${classes[i]}, class ${classes[j]}: ${value ?? "no value"}`)]
        : [];
      cells.append(element(document, "rect", box, ...tip));
      if (value === null) cells.append(hatch(document, box));
      j = end;
    }
  });
  const node = element(document, "g", { class: "matrix", transform: `translate(${at.x},${at.y})`, "data-name": at.name }, cells);
  node.append(...separators(document, borders, K, at.side));
  node.append(
    element(document, "rect", { width: at.side, height: at.side, fill: "none", stroke: "currentColor", "stroke-opacity": 0.5 }),
  );
  return node;
}

/** A cluster's share that the white line beside it may cover, and the width in pixels from which it is drawn at all. */
const separatorShare = 1 / 8;
const narrowest = 6;

/**
 * Lines at the borders of clusters, 2 pixels wide and less between narrow clusters, none beside one that lines would cover: in a long tail every class may be a cluster.
 * A dark edge lies below the white line: in a block of zeros, which is almost white itself, the line must not vanish.
 */
function separators(document: Document, borders: readonly number[], K: number, side: number): SVGElement[] {
  const ends = [0, ...borders, K].map((b) => (b / K) * side);
  const byWidth = new Map<number, string>();
  for (let i = 1; i < ends.length - 1; i++) {
    const beside = Math.min(ends[i] - ends[i - 1], ends[i + 1] - ends[i]);
    if (beside < narrowest) continue;
    const width = round(Math.min(2, beside * separatorShare));
    const at = round(ends[i]);
    byWidth.set(width, `${byWidth.get(width) ?? ""}M${at},0V${side}M0,${at}H${side}`);
  }
  const lines = [...byWidth];
  return [
    ...lines.map(([width, d]) => element(document, "path", { d, stroke: "#555555", "stroke-width": 1.5 * width, fill: "none" })),
    ...lines.map(([width, d]) =>
      element(document, "path", { d, class: "borders", stroke: "#ffffff", "stroke-width": width, fill: "none" }),
    ),
  ];
}

function fill(value: number | null, scale: ColorScale): string {
  return value === null || Number.isNaN(value) ? "#999999" : scale.color(value);
}

/** Diagonal lines as paths, not a pattern: a pattern needs an id, and vanishes when its first owner is hidden. */
function hatch(document: Document, box: { x: number; y: number; width: number; height: number }): SVGElement {
  let d = "";
  const h = box.height;
  for (let x = box.x; x < box.x + box.width - 1e-9; x += h) {
    const w = Math.min(h, box.x + box.width - x);
    d += `M${round(x)},${round(box.y + h)}l${round(w)},${round(-w)}M${round(x)},${round(box.y + h / 2)}l${round(w / 2)},${round(-w / 2)}`;
  }
  return element(document, "path", { d, class: "hatch", stroke: "#444444", "stroke-width": 1, fill: "none" });
}

function round(x: number): number {
  return Math.round(x * 100) / 100;
}

/** What the colors of a scale stand for, in words. */
export const colorMeaning: Record<ColorKind, string> = {
  linear: "one scale for all matrices",
  symlog: "symmetric log scale, one for all matrices",
  minmax: "standardized over all matrices: 0 smallest, 1 largest entry",
};

export function colorLegend(document: Document, width: number, scale: ColorScale): Block {
  const bar = Math.min(300, width - 60);
  const left = 24;
  const steps = 60;
  const node = element(document, "g", { class: "color-legend", "font-size": 12 });
  const strip = element(document, "g", { "shape-rendering": "crispEdges" });
  for (let i = 0; i < steps; i++) {
    const x = left + (i * bar) / steps;
    strip.append(element(document, "rect", { x, y: 4, width: bar / steps + 0.5, height: 12, fill: scale.at((i + 0.5) / steps) }));
  }
  const frame = { x: left, y: 4, width: bar, height: 12, fill: "none", stroke: "currentColor", "stroke-opacity": 0.5 };
  node.append(strip, element(document, "rect", frame));
  let free = Number.NEGATIVE_INFINITY;
  for (const tick of scale.ticks) {
    const x = left + tick.position * bar;
    const half = textWidth(tick.label, 12) / 2;
    node.append(element(document, "line", { x1: x, x2: x, y1: 16, y2: 21, stroke: "currentColor" }));
    if (x - half < free) continue;
    node.append(element(document, "text", { x, y: 34 }, tick.label));
    free = x + half + 4;
  }
  return { node, height: 44 };
}
