import { maximum, minimum } from "../extremes.ts";
import { chart, margins } from "./chart.ts";
import { mostOwnColors } from "./class-colors.ts";
import { besideMeans, type Drawing, ellipseLevel, layers, meanDots, nameOf, percent } from "./feature-drawing.ts";
import type { Block } from "./page.ts";
import { dots, ellipse, labels, mark, type Place } from "./scatter.ts";
import { element } from "./svg.ts";

/** One pair of coordinates, in the same scale on both axes. */
export function scatterPanel(
  drawing: Drawing,
  width: number,
  [a, b]: readonly [number, number],
): { block: Block; outside: number } {
  const { document, data } = drawing;
  // A layout has no axes to leave room for.
  const [left, right, top] = data.along ? [margins.left, margins.right, margins.top] : [9, 9, 6];
  const inner = width - left - right;
  const { x, y, height: tall, unit } = domainsOf(drawing, inner, [a, b]);
  const height = tall + margins.top + margins.bottom;
  const place: Place = {
    unit,
    x: (v) => left + (v - x[0]) * unit,
    y: (v) => top + (y[1] - v) * unit,
    box: [left, top, left + inner, top + tall],
  };
  const marked = marks(drawing, place, [a, b]);
  if (!data.along) {
    const frame = element(document, "rect", {
      x: left,
      y: top,
      width: inner,
      height: tall,
      fill: "none",
      stroke: "currentColor",
      "stroke-opacity": 0.35,
    });
    const node = element(document, "g", { class: "samples" }, frame, ...marked.nodes);
    return { block: { node, height: tall + 18 }, outside: marked.outside };
  }
  const { shares } = data.along;
  const label = (axis: number): string => `direction ${axis + 1} (${percent(shares[axis])})`;
  const block = chart(document, {
    width,
    height,
    x: { label: label(a), domain: x },
    y: { label: label(b), domain: y },
    marks: [() => element(document, "g", { class: "samples" }, ...marked.nodes)],
  });
  return { block, outside: marked.outside };
}

type Domains = { x: [number, number]; y: [number, number]; height: number; unit: number };

/** Around means, ellipses and all but the farthest of the samples; what the panel is too wide or too high for is widened. */
function domainsOf({ data, wide }: Drawing, inner: number, [a, b]: readonly [number, number]): Domains {
  const { along, sample } = data;
  const range = (axis: number): [number, number] => {
    const sorted = Float64Array.from(sample.points, (p) => p[axis]).sort();
    const far = along ? Math.floor(sorted.length / 200) : 0;
    const ends = [sorted[far], sorted[sorted.length - 1 - far]];
    along?.means.forEach((mean, k) => {
      if (!mean) return;
      const reach = wide ? 0 : ellipseLevel * Math.sqrt(along.covariances[k]?.[axis][axis] ?? 0);
      ends.push(mean[axis] - reach, mean[axis] + reach);
    });
    const [low, high] = [minimum(ends), maximum(ends)];
    const air = (high - low) * 0.05;
    return [low - air, high + air];
  };
  const [x, y] = [range(a), range(b)];
  const [Lx, Ly] = [x[1] - x[0], y[1] - y[0]];
  const most = Math.round(0.9 * inner);
  const unit = 1 / Math.max(Lx / inner, Ly / most, Number.MIN_VALUE);
  const height = Math.round(Math.min(most, Math.max(inner * 0.5, Ly * unit)));
  const around = ([low, high]: [number, number], pixels: number): [number, number] => {
    const middle = (low + high) / 2;
    return [middle - pixels / unit / 2, middle + pixels / unit / 2];
  };
  return { x: around(x, inner), y: around(y, height), height, unit };
}

/** Dots, ellipses, symbols of the means, labels: by the number of classes stronger or weaker. */
function marks(drawing: Drawing, place: Place, [a, b]: readonly [number, number]): { nodes: SVGElement[]; outside: number } {
  const { document, data, styles, wide, order, members } = drawing;
  const { along, sample } = data;
  const K = order.length;
  const few = K <= mostOwnColors;
  const [left, top, right, bottom] = place.box;
  let outside = 0;
  const at = (i: number): [number, number] => [place.x(sample.points[i][a]), place.y(sample.points[i][b])];
  const inside = ([x, y]: [number, number]): boolean => x >= left && x <= right && y >= top && y <= bottom;
  const size = along && wide ? besideMeans(drawing) : (sample.points.length > 500 ? 3 : 4.5) + (along ? 0 : 0.5);
  const clouds = layers(drawing).map(({ color, classes }) => {
    const all = classes.flatMap((k) => members[k]).map(at);
    const shown = all.filter(inside);
    outside += all.length - shown.length;
    return dots(document, shown, { color, size, opacity: along ? (few ? 0.55 : 0.4) : 0.65 });
  });
  if (!along) return { nodes: [...clouds, ...middles(drawing, place)], outside };
  const center = (k: number): [number, number] => {
    const mean = along.means[k] as readonly number[];
    return [mean[a], mean[b]];
  };
  const spread = ellipses(drawing, place, [a, b], center);
  const small = right - left < 340 ? 0.8 : 1;
  const middle = order.map((k) => {
    const [x, y] = center(k);
    return { k, x: place.x(x), y: place.y(y) };
  });
  if (wide) {
    const at = new Map(middle.map(({ k, x, y }) => [k, [x, y] as const]));
    const symbols = meanDots(drawing, (k) => at.get(k) as readonly [number, number], small);
    // In the middle a name would stand for one of many; outside it is seen whose it is.
    const out = ({ x, y }: { x: number; y: number }): number => Math.hypot(x - place.x(0), y - place.y(0));
    const outermost = [...middle].sort((p, q) => out(q) - out(p)).map(({ k, x, y }) => ({ x, y, text: nameOf(data, k) }));
    const names = labels(document, place.box, outermost, { size: 11, clearance: 2, most: small < 1 ? 12 : 24 });
    return { nodes: [...clouds, ...symbols, ...spread, names], outside };
  }
  const scale = small * (few ? 1.25 : K <= 40 ? 0.9 : 0.7);
  const symbols = middle.map(({ k, x, y }) => mark(document, x, y, styles[k], scale));
  const named = [...middle].reverse().map(({ k, x, y }) => ({ x, y, text: nameOf(data, k) }));
  const names = labels(document, place.box, named, { size: few ? 12 : 11, clearance: 5 * scale, most: few ? K : 40 });
  return { nodes: [...clouds, ...spread, ...symbols, names], outside };
}

/** How far classes spread: an ellipse each, and of more classes than are seen one for the average class of each color, about 0. */
function ellipses(
  { document, data, styles, wide, order }: Drawing,
  place: Place,
  [a, b]: readonly [number, number],
  center: (k: number) => [number, number],
): SVGElement[] {
  const K = order.length;
  const spreading = order.filter((k) => data.counts[k] > 1);
  const drawn = (classes: readonly number[], m: [number, number], style: { color: string; width: number; opacity: number }) => {
    const mean = (i: number, j: number): number =>
      classes.reduce((sum, k) => sum + (data.along?.covariances[k]?.[i][j] ?? 0) / classes.length, 0);
    const found = ellipse(document, place, m, { xx: mean(a, a), xy: mean(a, b), yy: mean(b, b) }, ellipseLevel, style);
    return found ? [found] : [];
  };
  if (wide) {
    const all = data.groups ? layers({ order: spreading, styles }) : [{ color: "currentColor", classes: spreading }];
    // Of ellipses that lie on one another all are seen.
    return all.flatMap(({ color, classes }, i) =>
      drawn(classes, [0, 0], { color, width: Math.max(1, 3.5 - 1.25 * i), opacity: 1 }),
    );
  }
  const line =
    K <= mostOwnColors ? { width: 1.5, opacity: 0.9 } : K <= 40 ? { width: 1, opacity: 0.6 } : { width: 0.7, opacity: 0.45 };
  return spreading.flatMap((k) => drawn([k], center(k), { color: styles[k].color, ...line }));
}

/** In a layout there are no means; a class is named at the sample that is nearest to the median of its samples. */
function middles({ document, data, order, members }: Drawing, place: Place): SVGElement[] {
  const { points } = data.sample;
  const median = (values: number[]): number => values.sort((p, q) => p - q)[Math.floor(values.length / 2)];
  const named = [...order].reverse().flatMap((k) => {
    if (members[k].length === 0) return [];
    const [x, y] = [0, 1].map((axis) => median(members[k].map((i) => points[i][axis])));
    const far = (i: number): number => Math.hypot(points[i][0] - x, points[i][1] - y);
    const near = members[k].reduce((best, i) => (far(i) < far(best) ? i : best));
    return [{ x: place.x(points[near][0]), y: place.y(points[near][1]), text: nameOf(data, k) }];
  });
  const few = order.length <= mostOwnColors;
  return [labels(document, place.box, named, { size: few ? 13 : 11, clearance: 3, most: few ? order.length : 40 })];
}
