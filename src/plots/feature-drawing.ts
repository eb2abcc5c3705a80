import { type ClassStyle, classStyle, groupStyle } from "./class-colors.ts";
import { dots } from "./scatter.ts";

/** Samples of features, class by class: as they lie along the leading directions of the class means, or laid out in the plane. */
export interface FeaturesData {
  /** Samples of each class, K. */
  counts: readonly number[];
  /** In the order of the classes; numbers by default. */
  classNames?: readonly string[] | null;
  /** Classes that share a color, the largest first; null: each has one of its own. */
  groups: readonly { label: string; classes: readonly number[] }[] | null;
  /** The samples that are drawn: their classes and coordinates. */
  sample: { classes: readonly number[]; points: readonly (readonly number[])[] };
  /** Along directions: each one's share of the variance between the class means, and means and covariances of the classes; null: a layout, whose axes mean nothing. */
  along: {
    shares: readonly number[];
    means: readonly (readonly number[] | null)[];
    covariances: readonly (readonly (readonly number[])[] | null)[];
  } | null;
  /** Stands below the picture. */
  notes: readonly string[];
}

/** Ellipses are drawn at so many standard deviations. */
export const ellipseLevel = 2;

/** Of more classes ellipses and symbols cover one another. */
const mostEllipses = 150;

/** Whether there are more classes with samples than are seen one by one: means are dots then, and spread is that of an average class. */
export const tooManyToTell = (counts: readonly number[]): boolean => counts.filter((n) => n > 0).length > mostEllipses;

/** What the panels of a picture share. */
export interface Drawing {
  document: Document;
  data: FeaturesData;
  styles: readonly ClassStyle[];
  /** Those of the groups; null: there are none. */
  groupStyles: readonly ClassStyle[] | null;
  /** See `tooManyToTell`. */
  wide: boolean;
  /** Classes in the order in which they are drawn: the rarest last, on top. */
  order: readonly number[];
  /** Indices of the drawn samples of each class. */
  members: readonly (readonly number[])[];
}

export function drawingOf(document: Document, data: FeaturesData): Drawing {
  const K = data.counts.length;
  const groupOf = new Map(data.groups?.flatMap(({ classes }, g) => classes.map((k) => [k, g] as const)));
  const wide = tooManyToTell(data.counts);
  const shaped = (style: ClassStyle): ClassStyle => (wide ? { ...style, symbol: "circle" } : style);
  const groupStyles = data.groups?.map((_, g) => shaped(groupStyle(g))) ?? null;
  const styles = data.counts.map((_, k) => groupStyles?.[groupOf.get(k) ?? 0] ?? shaped(classStyle(k, K)));
  const members: number[][] = data.counts.map(() => []);
  data.sample.classes.forEach((k, i) => {
    members[k].push(i);
  });
  const order = data.counts.flatMap((n, k) => (n > 0 ? [k] : [])).sort((a, b) => data.counts[b] - data.counts[a] || a - b);
  return { document, data, styles, groupStyles, wide, order, members };
}

/** Names longer than this would hide what they stand on. */
const longestName = 18;

export const nameOf = ({ classNames }: FeaturesData, k: number): string => {
  const name = classNames?.[k] ?? String(k);
  return name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name;
};

export const percent = (share: number): string => `${Number((100 * share).toPrecision(share >= 0.1 ? 2 : 1))} %`;

/** Classes of one color behind one another, in the order in which they are drawn. */
export function layers({ order, styles }: Pick<Drawing, "order" | "styles">): { color: string; classes: number[] }[] {
  const found = new Map<string, number[]>();
  for (const k of order) {
    const classes = found.get(styles[k].color);
    if (classes) classes.push(k);
    else found.set(styles[k].color, [k]);
  }
  return [...found].map(([color, classes]) => ({ color, classes }));
}

const meanSize = (K: number): number => Math.max(1.3, Math.min(4.5, 3.4 * (1000 / K) ** 0.35));

/** Of samples beside means that are dots: smaller than the smallest of them. */
export const besideMeans = ({ order }: Pick<Drawing, "order">): number => Math.round(50 * meanSize(order.length)) / 100;

/** Means of classes that are too many for symbols: dots, one path a color. The rarest lie on top and are smaller, so that they do not hide what lies below. `small`: 1, less in a small panel. */
export function meanDots(drawing: Drawing, at: (k: number) => readonly [number, number], small: number): SVGElement[] {
  const size = small * meanSize(drawing.order.length);
  const all = layers(drawing);
  return all.map(({ color, classes }, i) =>
    dots(drawing.document, classes.map(at), {
      color,
      size: Math.round(100 * size * (1 - (0.35 * i) / Math.max(2, all.length - 1))) / 100,
      opacity: 0.9,
      name: "means",
    }),
  );
}
