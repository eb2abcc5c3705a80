import { h } from "../dom.ts";
import { number } from "../numbers.ts";
import { eventTable } from "../prediction/event-table.ts";
import { table } from "../prediction/tables.ts";
import { classRanges } from "../prediction/words.ts";
import type { State } from "../state.ts";
import { classesOf, groupsOf, ratioName } from "./groups.ts";
import type { Spectrum } from "./state.ts";

/** The exact thresholds: along lambda_Z, or under bounded norms the ratio at which the minority merges. */
export function thresholdsView(spectrum: Spectrum, dials: State): HTMLElement {
  const { kA, nA, kB, nB } = dials;
  if (spectrum.kind === "lambda") return eventTable("events", spectrum.list, { K: kA + kB, N: kA * nA + kB * nB });
  const { ratio } = spectrum;
  const groups = groupsOf(dials);
  const { larger, smaller } = groups;
  if (ratio === null)
    return h("p", { class: "note", id: "no-ratio" }, "A minority of one class merges with none: there is no threshold.");
  return table(
    "ratio",
    "Threshold",
    [ratioName(groups), `n_${larger.name} at this n_${smaller.name}`, "what happens"],
    [[number(ratio, 6), number(ratio * smaller.n, 6), `${classRanges(classesOf(smaller))}: one vector from here on`]],
  );
}
