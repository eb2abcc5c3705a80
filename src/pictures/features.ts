import { maximum, minimum } from "../extremes.ts";
import { type FeatureView, shotGroups } from "../measure/index.ts";
import { type FeaturesData, featureScatter, mostOwnColors, type PictureOptions, tooManyToTell } from "../plots/index.ts";

/** What the pictures of features need of the document of a measurement. */
export interface FeaturesShown {
  /** Samples of each class. */
  counts: readonly number[];
  /** Where labels have names. */
  classNames?: readonly string[] | null;
  /** As `measure` gives it where a view was asked for. */
  view: FeatureView;
  /** Only these classes are drawn (default: all). */
  picked?: readonly number[] | null;
}

/** Samples, class means and their spread along the leading directions of the class means. */
export function featureMeans(given: FeaturesShown, options: PictureOptions = {}): SVGSVGElement {
  const shown = pickedOf(given);
  const { shares, means, covariances } = shown.view;
  const wide = tooManyToTell(shown.counts);
  const sample = wide ? oneOfEach(shown.view.sample) : shown.view.sample;
  const [large, small] = wide ? ["Dots", "Small pale dots"] : ["Symbols", "Dots"];
  const notes =
    shares.length === 0
      ? []
      : [`${axesText(shares.length)} ${large}: class means. ${spreadText(shown)} ${small}: ${drawn(shown, sample.classes)}.`];
  return featureScatter({ ...shared(shown), sample, along: { shares, means, covariances }, notes }, options);
}

/** Of very many classes the means are the picture; more samples would hide them. */
function oneOfEach({ classes, points }: FeatureView["sample"]): FeaturesData["sample"] {
  const first = new Map<number, number>();
  classes.forEach((k, i) => {
    if (!first.has(k)) first.set(k, i);
  });
  return { classes: [...first.keys()], points: Array.from(first.values(), (i) => points[i]) };
}

const axesText = (directions: number): string =>
  directions === 1
    ? "The line on which the class means lie."
    : "Directions: the leading ones of the class means, with their shares of the variance between the means.";

function spreadText({ counts, view }: FeaturesShown): string {
  const wide = tooManyToTell(counts);
  if (view.shares.length === 1)
    return wide
      ? "Height: the classes, those of most samples on top."
      : "Bars: 2 standard deviations within a class, over all its samples.";
  if (wide)
    return `Ellipses about 0: 2 standard deviations within an average class${groupsOf(counts) ? " of each color" : ""}, over all samples.`;
  return `Ellipses: 2 standard deviations within a class, over all its samples${collapsed(view) ? " (of some classes they are too small to be seen)" : ""}.`;
}

/** Whether some class spreads by less than a pixel of a usual picture. */
function collapsed({ means, covariances }: FeatureView): boolean {
  const first = means.flatMap((mean) => (mean ? [mean[0]] : []));
  const range = maximum(first) - minimum(first);
  return covariances.some((C) => C?.every((row, a) => 2 * Math.sqrt(row[a]) < range / 500));
}

/** The same samples laid out by UMAP. */
export function featureLayout(
  given: FeaturesShown & { view: { umap: NonNullable<FeatureView["umap"]> } },
  options: PictureOptions = {},
): SVGSVGElement {
  const shown = pickedOf(given);
  const { umap, sample, seed } = shown.view;
  const notes = [
    `UMAP with ${umap.neighbours} neighbours (seed ${seed}): ${drawn(shown, sample.classes)}. Each sample is drawn near its ${umap.neighbours} nearest, however far these are: sizes of clusters, and distances between them, mean little. The layout knows nothing of the classes.`,
    ...pulledText(sample.classes, umap.neighbours),
  ];
  const { classes } = sample;
  return featureScatter({ ...shared(shown), sample: { classes, points: umap.points }, along: null, notes }, options);
}

/** A class of fewer samples than neighbours has its neighbours elsewhere. */
function pulledText(classes: readonly number[], neighbours: number): string[] {
  const counts = new Map<number, number>();
  for (const k of classes) counts.set(k, (counts.get(k) ?? 0) + 1);
  const few = [...counts].flatMap(([k, n]) => (n <= neighbours ? [k] : []));
  if (few.length === 0) return [];
  const [who, is] = few.length === 1 ? [`Class ${few[0]} has`, "is"] : [`${few.length} classes have`, "are"];
  return [
    `${who} no more samples here than neighbours and ${is} pulled into others: where ${few.length === 1 ? "it lies" : "they lie"} says nothing about merging.`,
  ];
}

/**
 * The classes that are picked, alone. Up to twelve keep their colors beside the others; of more those that are picked are told apart as if there were no others, by their own numbers.
 */
function pickedOf<S extends FeaturesShown>(shown: S): S {
  const { counts, classNames, picked, view } = shown;
  if (!picked) return shown;
  const among = new Set(picked);
  const compact = counts.length > mostOwnColors;
  const places = counts.flatMap((_, k) => (among.has(k) ? [k] : []));
  const placeOf = new Map(places.map((k, i) => [k, compact ? i : k]));
  const some = <T>(values: readonly T[], none: T): T[] =>
    compact ? places.map((k) => values[k]) : values.map((value, k) => (among.has(k) ? value : none));
  const rows = view.sample.classes.flatMap((k, i) => (among.has(k) ? [i] : []));
  const of = <T>(values: readonly T[]): T[] => rows.map((i) => values[i]);
  return {
    ...shown,
    counts: some(counts, 0),
    classNames: compact ? places.map((k) => classNames?.[k] ?? String(k)) : classNames,
    // Where there are others no more, all that is there is picked.
    picked: compact ? null : picked,
    view: {
      ...view,
      means: some(view.means, null),
      covariances: some(view.covariances, null),
      sample: {
        rows: of(view.sample.rows ?? []),
        classes: of(view.sample.classes).map((k) => placeOf.get(k) as number),
        points: of(view.sample.points),
      },
      umap: view.umap && { ...view.umap, points: of(view.umap.points) },
    },
  };
}

/** `classes`: of the samples that are drawn. */
function drawn({ counts, picked }: FeaturesShown, classes: readonly number[]): string {
  const all = counts.reduce((sum, n) => sum + n, 0);
  const empty = counts.flatMap((n, k) => (n === 0 && (picked?.includes(k) ?? true) ? [k] : []));
  const without =
    empty.length === 0 ? "" : `; ${empty.length === 1 ? `class ${empty[0]} has` : `${empty.length} classes have`} no samples`;
  if (classes.length === all) return `all ${all} samples${without}`;
  const most = classes.reduce((times, k) => times.set(k, (times.get(k) ?? 0) + 1), new Map<number, number>());
  return `${classes.length} of ${all} samples, at most ${maximum(most.values())} of a class${without}`;
}

const shared = ({ counts, classNames }: FeaturesShown): Pick<FeaturesData, "counts" | "classNames" | "groups"> => ({
  counts,
  classNames,
  groups: groupsOf(counts),
});

/** Too many classes for a color each are colored by their counts: many, medium and few where at least two of these occur, else the thirds of the range; null where all are equal. */
export function groupsOf(counts: readonly number[]): FeaturesData["groups"] {
  if (counts.length <= mostOwnColors) return null;
  const present = counts.flatMap((n, k) => (n > 0 ? [k] : []));
  const occurring = (all: { label: string; classes: number[] }[]) => all.filter(({ classes }) => classes.length > 0);
  const shots = occurring(
    Object.values(shotGroups).map(({ text, has }) => ({ label: text, classes: present.filter((k) => has(counts[k])) })),
  );
  if (shots.length > 1) return shots;
  const [low, high] = [minimum, maximum].map((of) => of(present.map((k) => counts[k])));
  if (low === high) return null;
  const third = (n: number): number => Math.min(2, Math.floor((3 * Math.log(high / n)) / Math.log(high / low)));
  return occurring(
    [0, 1, 2].map((t) => {
      const classes = present.filter((k) => third(counts[k]) === t);
      const ends = [minimum, maximum].map((of) => of(classes.map((k) => counts[k])));
      return { label: ends[0] === ends[1] ? `n = ${ends[0]}` : `n from ${ends[0]} to ${ends[1]}`, classes };
    }),
  );
}
