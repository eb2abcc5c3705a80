import type { Picked } from "./features.ts";
import type { Item } from "./item.ts";
import type { Series } from "./series.ts";
import { type Shown, together } from "./shown.ts";

/** What the tab shows, as a value, and what changes it. */
export interface RunsState {
  /** Runs, measurements and predictions, with what belongs beside them. */
  shown: readonly Shown[];
  /** Measurements of several files. */
  series: readonly Series[];
  /** What could not be used of what was dropped last. */
  problems: readonly string[];
  /** Which classes are drawn of the features of an item, by its name. */
  picked: Readonly<Record<string, Picked>>;
  /** Of which file of a series the features are drawn, by the name of the series. */
  members: Readonly<Record<string, string>>;
}

export const nothingShown: RunsState = { shown: [], series: [], problems: [], picked: {}, members: {} };

export type Change =
  /** `goesOn`: measured of what was dropped before, whose problems still stand. */
  | { kind: "found"; shown: readonly Shown[]; series: readonly Series[]; problems: readonly string[]; goesOn?: boolean }
  | { kind: "picked"; name: string; picked: Picked }
  | { kind: "member"; series: string; file: string }
  | { kind: "cleared" };

/** The state after a change: what has the name of something takes its place. */
export function changed(state: RunsState, change: Change): RunsState {
  switch (change.kind) {
    case "found": {
      const again = new Set(change.series.map(({ name }) => name));
      const before = [...state.shown, ...state.series.flatMap(({ members }) => members)];
      const found = [...change.shown, ...change.series.flatMap(({ members }) => members)];
      const others = found.filter((one) => before.some((item) => item.name === one.name && !sameClasses(item, one)));
      const gone = change.series.filter(({ name, members }) => !members.some((one) => one.name === state.members[name]));
      return {
        ...state,
        picked: without(state.picked, others),
        members: without(state.members, gone),
        shown: together(state.shown, change.shown),
        series: [...state.series.filter(({ name }) => !again.has(name)), ...change.series],
        problems: change.goesOn ? [...state.problems, ...change.problems] : change.problems,
      };
    }
    case "picked":
      return { ...state, picked: { ...state.picked, [change.name]: change.picked } };
    case "member":
      return { ...state, members: { ...state.members, [change.series]: change.file } };
    case "cleared":
      return nothingShown;
  }
}

const sameClasses = (a: Pick<Item, "counts" | "classNames">, b: Pick<Item, "counts" | "classNames">): boolean =>
  a.counts.length === b.counts.length && String(a.classNames) === String(b.classNames);

/** What was chosen of the others: a name that comes again with other classes, or without the file, is chosen of anew. */
const without = <V>(chosen: Readonly<Record<string, V>>, those: readonly { name: string }[]): Record<string, V> =>
  Object.fromEntries(Object.entries(chosen).filter(([name]) => !those.some((one) => one.name === name)));

/** How much there is, in a sentence. */
export function saidOf({ shown, series }: Pick<RunsState, "shown" | "series">): string {
  const files = series.length === 1 ? "a series of files" : `${series.length} series of files`;
  if (series.length === 0) return shown.length === 0 ? "Nothing is shown yet." : `${shown.length} shown.`;
  return shown.length === 0 ? `${files[0].toUpperCase()}${files.slice(1)}.` : `${shown.length} shown, and ${files}.`;
}
