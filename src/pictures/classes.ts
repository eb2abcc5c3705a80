import { shotGroups } from "../measure/index.ts";
import { classRanks, type PictureOptions, type RankData, type RankPanel, seriesStyle, shareBars } from "../plots/index.ts";
import { type ClassStatus, classStatuses, countStatus } from "../prediction/index.ts";
import { predictionWord } from "../words/index.ts";

/** What the pictures of all classes need of a document: of a prediction, of a remedy, of a measurement with a head. */
export interface ClassesShown {
  /** One entry a class. */
  classes: readonly {
    class: number;
    count: number;
    pOwn: number | null;
    margin: number | null;
    status: ClassStatus | null;
  }[];
  /** The loss says what p is; default cross-entropy. */
  problem?: { loss?: keyof typeof predictionWord };
}

/** The color of a status in every picture. @internal */
export const statusColor = (status: ClassStatus): string => seriesStyle(classStatuses.indexOf(status)).color;
/** A class that does not occur has none of them. */
const nothing = "no samples";

/** Scale of the axis of ranks. */
export interface RankOptions extends PictureOptions {
  /** Default: that of `rankScale`. */
  xScale?: RankData["xScale"];
}

/** Scale of the axis of ranks where nobody asks for one: of more than 20 classes a log scale, on which the head of a long tail has room. @internal */
export const rankScale = (K: number): NonNullable<RankData["xScale"]> => (K > 20 ? "log" : "linear");

/** Margin, prediction of the own class, and samples of every class, against its rank by samples; many, medium and few shaded. */
export function classesByRank(
  shown: ClassesShown,
  { xScale = rankScale(shown.classes.length), ...options }: RankOptions = {},
): SVGSVGElement {
  const ranked = byRank(shown.classes);
  const key = ranked.map(({ status }) => (status ? classStatuses.indexOf(status) : classStatuses.length));
  const panel = (yLabel: string, values: (number | null)[], more: Partial<RankPanel> = {}): RankPanel => ({
    yLabel,
    lines: [{ values, key }],
    ...more,
  });
  const pOwn = ranked.map((c) => c.pOwn);
  const word = predictionWord[shown.problem?.loss ?? "cross-entropy"];
  const panels = [
    panel(
      "margin over the strongest rival (logits)",
      ranked.map((c) => c.margin),
      { rules: [0] },
    ),
    panel(`p_own (${word})`, pOwn, {
      yScale: scaleOf(pOwn),
      bounds: word === "probability" ? [0, 1] : undefined,
    }),
    panel(
      "samples",
      ranked.map((c) => (c.count > 0 ? c.count : null)),
      { yScale: "log" },
    ),
  ];
  return classRanks({ panels, keys: [...classStatuses, nothing], shades: shadesOf(ranked), xScale }, options);
}

/** Probabilities over orders of magnitude are on a log scale. */
function scaleOf(values: readonly (number | null)[]): "log" | "linear" {
  const some = values.filter((x): x is number => x !== null);
  return some.length > 0 && some.every((x) => x > 0) && some.some((x) => x < leastLinear) ? "log" : "linear";
}
const leastLinear = 0.05;

/** The margins of every class as things are and with a remedy, against its rank by samples. `asked`: a margin that stands as a line. */
export function classesBeforeAndAfter(
  before: ClassesShown["classes"],
  after: ClassesShown["classes"],
  { asked, remedy, xScale = rankScale(before.length), ...options }: RankOptions & { asked: number; remedy: string },
): SVGSVGElement {
  const margins = (classes: ClassesShown["classes"]): (number | null)[] => byRank(classes).map((c) => c.margin);
  const panel: RankPanel = {
    yLabel: "margin over the strongest rival (logits)",
    lines: [
      { values: margins(before), key: 1 },
      { values: margins(after), key: 0 },
    ],
    rules: [0, asked],
  };
  const keys = [remedy, "as it is"];
  return classRanks({ panels: [panel], keys, shades: shadesOf(byRank(before)), xScale }, options);
}

/** How many classes have which status: of all, and of those of many, medium and few samples. */
export function statusShares(shown: ClassesShown, options: PictureOptions = {}): SVGSVGElement {
  const bar = (label: string, classes: ClassesShown["classes"]) => {
    const counted = countStatus(classes);
    return { label, values: classStatuses.map((status) => counted[status]) };
  };
  const groups = Object.values(shotGroups).flatMap(({ text, has }) => {
    const some = shown.classes.filter(({ count, status }) => status !== null && has(count));
    return some.length === 0 ? [] : [bar(text, some)];
  });
  // One group is all there is to say.
  const bars = groups.length > 1 ? [bar("all classes", shown.classes), ...groups] : groups;
  return shareBars({ names: classStatuses, bars, of: "classes" }, options);
}

/** By samples, the most first; of equal ones the lower number first. */
function byRank<C extends { class: number; count: number }>(classes: readonly C[]): C[] {
  return [...classes].sort((a, b) => b.count - a.count || a.class - b.class);
}

function shadesOf(ranked: ClassesShown["classes"]): NonNullable<RankData["shades"]> {
  return Object.values(shotGroups).flatMap(({ text, has }) => {
    const ranks = ranked.flatMap(({ count }, i) => (has(count) ? [i + 1] : []));
    return ranks.length === 0 ? [] : [{ label: text, from: ranks[0], to: ranks[ranks.length - 1] }];
  });
}
