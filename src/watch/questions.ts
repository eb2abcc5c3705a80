import { classStatuses, countStatus } from "../prediction/index.ts";
import { filePlaces, type ShownClass } from "../words/index.ts";
import { marginsOf } from "./groups.ts";
import type { Series, Statuses, WatchPoint, WatchState } from "./state.ts";

/** What the pictures of a watched training ask of the state: plain data, a function a picture. */

/** What the theory says of the end of a training: asked by whoever has a solver. */
export interface Goal {
  classes: readonly Pick<ShownClass, "class" | "margin" | "status">[];
}

export interface Line {
  label: string;
  points: { epoch: number; value: number | null }[];
  /** Where it is predicted to end; null where nothing says. */
  level: number | null;
}

/** More points than pixels show nothing more: thousands of epochs are thinned, and the first and the last stay. */
export const mostPoints = 400;
/** Lines of trainings in one picture that can still be told apart. */
export const mostLines = 6;

export function thinned<T>(points: readonly T[], most: number = mostPoints): T[] {
  if (points.length <= most) return [...points];
  return Array.from({ length: most }, (_, i) => points[Math.round((i * (points.length - 1)) / (most - 1))]);
}

/** Where the points of a training stand, and what that is. Files have their places by their names, all of them together. */
export function placed(series: Series): { axis: string; points: WatchPoint[] } {
  const files = series.points.flatMap(({ file }) => (file === null ? [] : [file]));
  if (files.length === 0 || files.length !== series.points.length) return { axis: "epoch", points: thinned(series.points) };
  if (files.length === 1) return { axis: "file", points: [...series.points] };
  const { at, axis } = filePlaces(files);
  const points = series.points.map((point, i) => ({ ...point, at: at[i] })).sort((a, b) => a.at - b.at);
  return { axis, points: thinned(points) };
}

/** One number of every training (of the last `mostLines` by name) along its epochs; null where none has it. */
export function curvesOf({ series }: WatchState, key: "nc1" | "error" | "crossEntropy"): { axis: string; lines: Line[] } | null {
  const some = series.filter(({ points }) => points.some((point) => point[key] !== null)).slice(-mostLines);
  if (some.length === 0) return null;
  const all = some.map((one) => ({ name: one.name, ...placed(one) }));
  const axes = new Set(all.map(({ axis }) => axis));
  return {
    axis: axes.size === 1 ? all[0].axis : "epoch or file",
    lines: all.map(({ name, points }) => ({
      label: short(name),
      points: points.map((point) => ({ epoch: point.at, value: point[key] })),
      level: null,
    })),
  };
}

/** The margins of a training, a line a class or a group of classes, with where they are predicted to end; null without a head. */
export function marginCurves(series: Series, goal: Goal | null): { axis: string; lines: Line[] } | null {
  const { axis, points } = placed(series);
  if (!points.some(({ margins }) => margins !== null)) return null;
  const levels = goal && marginsOf(series.groups, goal.classes);
  return {
    axis,
    lines: series.groups.map(({ label }, g) => ({
      label: short(label),
      points: points.map(({ at, margins }) => ({ epoch: at, value: margins?.[g] ?? null })),
      level: levels?.[g] ?? null,
    })),
  };
}

/** How many classes have which status, epoch by epoch, and at the predicted end; null without a head. */
export function statusBands(
  series: Series,
  goal: Goal | null,
): { axis: string; names: readonly string[]; points: { at: number; values: Statuses }[]; end: Statuses | null } | null {
  const { axis, points } = placed(series);
  const found = points.flatMap(({ at, statuses }) => (statuses === null ? [] : [{ at, values: statuses }]));
  if (found.length === 0) return null;
  return { axis, names: classStatuses, points: found, end: goal && statusesOf(goal) };
}

export function statusesOf({ classes }: Goal): Statuses {
  const counted = countStatus(classes);
  return classStatuses.map((status) => counted[status]);
}

/** The state in a sentence. */
export function saidOf({ place, there, series, measuring }: WatchState): string {
  if (!there) return `Waiting for ${place}: there is no such folder yet.`;
  const points = series.reduce((sum, one) => sum + one.points.length, 0);
  if (series.length === 0)
    return measuring === null ? `Nothing is in ${place} yet.` : `The first file is being measured: ${measuring}.`;
  const what = `${plural(series.length, "training")}, ${plural(points, "measured moment")} in ${place}`;
  return measuring === null ? `${what}.` : `${what}; ${measuring} is being measured.`;
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;
export const short = (name: string): string => (name.length > 28 ? `…${name.slice(-27)}` : name);
