import { type ClassStyle, classStyle, groupStyle } from "./class-colors.ts";

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

/** Of more classes their ellipses cover one another. */
export const mostEllipses = 150;

/** What the panels of a picture share. */
export interface Drawing {
  document: Document;
  data: FeaturesData;
  styles: readonly ClassStyle[];
  /** Classes in the order in which they are drawn: the rarest last, on top. */
  order: readonly number[];
  /** Indices of the drawn samples of each class. */
  members: readonly (readonly number[])[];
}

export function drawingOf(document: Document, data: FeaturesData): Drawing {
  const K = data.counts.length;
  const groupOf = new Map(data.groups?.flatMap(({ classes }, g) => classes.map((k) => [k, g] as const)));
  const styles = data.counts.map((_, k) => (data.groups ? groupStyle(groupOf.get(k) ?? 0) : classStyle(k, K)));
  const members: number[][] = data.counts.map(() => []);
  data.sample.classes.forEach((k, i) => {
    members[k].push(i);
  });
  const order = data.counts.flatMap((n, k) => (n > 0 ? [k] : [])).sort((a, b) => data.counts[b] - data.counts[a] || a - b);
  return { document, data, styles, order, members };
}

/** Names longer than this would hide what they stand on. */
const longestName = 18;

export const nameOf = ({ classNames }: FeaturesData, k: number): string => {
  const name = classNames?.[k] ?? String(k);
  return name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name;
};

export const percent = (share: number): string => `${Number((100 * share).toPrecision(share >= 0.1 ? 2 : 1))} %`;
