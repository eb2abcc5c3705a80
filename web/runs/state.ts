import type { Picked } from "./features.ts";
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
  | { kind: "found"; shown: readonly Shown[]; series: readonly Series[]; problems: readonly string[] }
  | { kind: "picked"; name: string; picked: Picked }
  | { kind: "member"; series: string; file: string }
  | { kind: "cleared" };

/** The state after a change: what has the name of something takes its place. */
export function changed(state: RunsState, change: Change): RunsState {
  switch (change.kind) {
    case "found": {
      const again = new Set(change.series.map(({ name }) => name));
      return {
        ...state,
        shown: together(state.shown, change.shown),
        series: [...state.series.filter(({ name }) => !again.has(name)), ...change.series],
        problems: change.problems,
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

/** How much there is, in a sentence. */
export function saidOf({ shown, series }: Pick<RunsState, "shown" | "series">): string {
  const all = shown.length + series.length;
  return all === 0 ? "Nothing is dropped yet." : `${all} shown.`;
}
