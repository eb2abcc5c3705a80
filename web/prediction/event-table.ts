import type { EventList, NonnegativeEventList } from "../../src/prediction/index.ts";
import { usualTolerance } from "../../src/problem/index.ts";
import { h } from "../dom.ts";
import { number } from "../numbers.ts";
import { table } from "./tables.ts";
import { classesText, eventWords, type Names } from "./words.ts";

/** Every lambda_Z at which the structure changes, as `nclab thresholds` lists them. `id` keeps the tables of two tabs apart. */
export function eventTable(
  id: string,
  { events, worstGap, throughout = [] }: EventList & Partial<NonnegativeEventList>,
  { K, N }: { K: number; N: number },
  names: Names = null,
): HTMLElement {
  const list = table(
    id,
    worstGap <= usualTolerance ? "Thresholds" : `Thresholds (proved to a relative gap of ${worstGap.toExponential(1)} only)`,
    ["λ_Z", "(N λ_Z)²", "what happens", "rank after"],
    events.map((e) => [number(e.lambdaZ, 6), number((N * e.lambdaZ) ** 2, 6), eventWords(e, K, names), number(e.rankAfter)]),
  );
  if (throughout.length === 0) return list;
  const who = classesText(throughout, names);
  return h(
    "div",
    {},
    list,
    h("p", { class: "note" }, `At every λ_Z the predictions of ${who} are 0: the bias predicts them by itself.`),
  );
}
