import type { EventList, NonnegativeEventList } from "../../src/prediction/index.ts";
import { usualTolerance } from "../../src/problem/index.ts";
import { sharingWords } from "../../src/words/index.ts";
import { h } from "../dom.ts";
import { number } from "../numbers.ts";
import { table } from "./tables.ts";
import { classesText, eventWords, type Names } from "./words.ts";

/** Every lambda_Z at which the structure changes, as `nclab thresholds` lists them. `id` keeps the tables of two tabs apart. */
export function eventTable(
  id: string,
  { events, worstGap, throughout = [], sharedGap = 0 }: EventList & Partial<NonnegativeEventList>,
  { K, N }: { K: number; N: number },
  names: Names = null,
): HTMLElement {
  const list = table(
    id,
    worstGap <= usualTolerance ? "Thresholds" : `Thresholds (proved to a relative gap of ${worstGap.toExponential(1)} only)`,
    ["λ_Z", "(N λ_Z)²", "what happens", "rank after"],
    events.map((e) => [number(e.lambdaZ, 6), number((N * e.lambdaZ) ** 2, 6), eventWords(e, K, names), number(e.rankAfter)]),
  );
  const notes = [
    ...(sharedGap > usualTolerance ? [`Nonnegative features: ${sharingWords(sharedGap)}.`] : []),
    ...(throughout.length > 0
      ? [`At every λ_Z the predictions of ${classesText(throughout, names)} are 0: the bias predicts them by itself.`]
      : []),
  ];
  if (notes.length === 0) return list;
  return h("div", {}, list, ...notes.map((note) => h("p", { class: "note" }, note)));
}
