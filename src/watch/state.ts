import type { ProblemInput } from "../problem/index.ts";
import type { ShownClass } from "../words/index.ts";
import type { Group } from "./groups.ts";

/**
 * What is known of trainings that are watched, as a value, and what changes it. The server folds changes into its state and sends them on; the page begins with the server's state and folds the same
 * changes: both know the same.
 */
export interface WatchState {
  /** The folder, as it was named. */
  place: string;
  /** Whether it is there. */
  there: boolean;
  /** In the order of their names. */
  series: readonly Series[];
  /** What could not be read or measured, with the reason; it is tried again when it changes. */
  wrong: readonly Wrong[];
  /** The file that is being measured. */
  measuring: string | null;
}

export interface Wrong {
  file: string;
  message: string;
}

/** What is told of a training before its points. */
export interface SeriesHead {
  /** Its folder below the place; "." for the place itself. */
  name: string;
  /** A folder of `nclab train`, one of nclab.torch.Recorder, or feature files in a folder. */
  kind: "run" | "recorder" | "files";
  /** running, done or failed; null where nothing says. */
  status: string | null;
  /** Samples of each class. */
  counts: readonly number[];
  classNames: readonly string[] | null;
  /** Classes that share a curve. */
  groups: readonly Group[];
  /** The problem whose solution the training goes to; null where nothing says which. */
  problem: ProblemInput | null;
}

export interface Series extends SeriesHead {
  /** In the order of `at`. */
  points: readonly WatchPoint[];
  /** The weakest classes at the last point. */
  latest: readonly ShownClass[];
}

/** One measured moment of a training. */
export interface WatchPoint {
  /** Epoch, or the number in the name of the file. */
  at: number;
  /** The feature file; null for a line of a training's own. */
  file: string | null;
  nc1: number | null;
  /** |Z - Z*| / |Z*|. */
  error: number | null;
  crossEntropy: number | null;
  accuracy: number | null;
  /** Null without a head. */
  statuses: Statuses | null;
  /** The least margin of each group, in logits; null without a head. */
  margins: readonly (number | null)[] | null;
}

/** How many classes have which status, in the order of `classStatuses`. */
export type Statuses = readonly number[];

export type Change =
  | { kind: "there"; there: boolean }
  | { kind: "head"; head: SeriesHead }
  | { kind: "points"; name: string; points: readonly WatchPoint[]; latest: readonly ShownClass[] }
  | { kind: "gone"; name: string }
  | { kind: "wrong"; file: string; message: string | null }
  | { kind: "measuring"; file: string | null };

/** Nothing is known yet. */
export const nothing = (place: string): WatchState => ({ place, there: false, series: [], wrong: [], measuring: null });

/** The state after a change. Points of a series that is not there are no change. */
export function applied(state: WatchState, change: Change): WatchState {
  switch (change.kind) {
    case "there":
      return { ...state, there: change.there };
    case "measuring":
      return { ...state, measuring: change.file };
    case "wrong": {
      const others = state.wrong.filter(({ file }) => file !== change.file);
      return { ...state, wrong: change.message === null ? others : [...others, { file: change.file, message: change.message }] };
    }
    case "gone":
      return { ...state, series: state.series.filter(({ name }) => name !== change.name) };
    case "head": {
      const before = state.series.find(({ name }) => name === change.head.name);
      const series: Series = { points: before?.points ?? [], latest: before?.latest ?? [], ...change.head };
      return { ...state, series: inOrder([...state.series.filter((other) => other !== before), series]) };
    }
    case "points":
      return {
        ...state,
        series: state.series.map((series) =>
          series.name === change.name
            ? { ...series, points: merged(series.points, change.points), latest: change.latest }
            : series,
        ),
      };
  }
}

const collator = new Intl.Collator("en", { numeric: true });
const inOrder = (series: readonly Series[]): Series[] => [...series].sort((a, b) => collator.compare(a.name, b.name));

/** New points among the old ones: one that is there again (the same file, or the same epoch of a training's own) takes its place. */
function merged(before: readonly WatchPoint[], found: readonly WatchPoint[]): WatchPoint[] {
  const last = before.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  const grows = found.every((point, i) => point.at > (i === 0 ? last : found[i - 1].at));
  if (grows) return [...before, ...found];
  const keyOf = ({ file, at }: WatchPoint): string | number => file ?? at;
  const points = new Map([...before, ...found].map((point) => [keyOf(point), point]));
  return [...points.values()].sort((a, b) => a.at - b.at || collator.compare(a.file ?? "", b.file ?? ""));
}
