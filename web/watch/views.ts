import { type Series, statusesOf, type WatchState } from "../../src/watch/index.ts";
import { h } from "../dom.ts";
import { number } from "../numbers.ts";
import { table } from "../prediction/tables.ts";
import type { Goal } from "./goals.ts";

/** The tables of a watched folder: functions of the state. */
/** Of more trainings than a table shows. */
const rest = "watch.jsonl has all that is measured";
const none = "–: not defined, not measured or not known here.";

/** A row a training: where it stands, and where it is predicted to end. */
export function trainingTable({ series }: WatchState, goalOf: (one: Series) => Goal | null): HTMLElement {
  const rows = series.map((one) => {
    const last = one.points.at(-1);
    const goal = goalOf(one);
    const predicted = goal && "prediction" in goal ? statusesOf(goal.prediction) : null;
    return [
      one.name,
      one.status ?? kinds[one.kind],
      number(one.counts.length, 12),
      number(one.points.length, 12),
      number(last?.at ?? null, 12),
      number(last?.nc1 ?? null),
      number(last?.error ?? null),
      number(last?.accuracy ?? null),
      numbers(last?.statuses ?? null),
      numbers(predicted),
    ];
  });
  const heads = ["", "status", "classes", "moments", "at", "NC1 (paper)", "error of Z", "accuracy", own, `predicted: ${own}`];
  return table("watch", "Trainings", heads, rows, none, rest);
}

const own = "own, outvoted, faded, merged";
const kinds = { run: "run", recorder: "recorder", files: "files" } as const;
const numbers = (values: readonly number[] | null): HTMLElement | string =>
  values === null
    ? number(null)
    : h("span", {}, ...values.flatMap((n, i) => (i === 0 ? [number(n, 12)] : [", ", number(n, 12)])));

/** What could not be read or measured. */
export function wrongList({ wrong }: WatchState): HTMLElement | null {
  if (wrong.length === 0) return null;
  const shown = wrong.slice(-mostWrong);
  return h(
    "ul",
    { class: "problems", id: "watch-wrong" },
    ...shown.map(({ file, message }) => h("li", { class: "error" }, message.includes(file) ? message : `${file}: ${message}`)),
    wrong.length > shown.length && h("li", {}, `and ${wrong.length - shown.length} more`),
  );
}

const mostWrong = 12;
