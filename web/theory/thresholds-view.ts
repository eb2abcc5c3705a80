import { h } from "../dom.ts";
import { number } from "../numbers.ts";
import { eventTable } from "../prediction/event-table.ts";
import { table } from "../prediction/tables.ts";
import type { State } from "../state.ts";
import type { Spectrum } from "./state.ts";

/** The exact thresholds: along lambda_Z, or under bounded norms the ratio at which the minority merges. */
export function thresholdsView(spectrum: Spectrum, { kA, nA, kB, nB }: State): HTMLElement {
  if (spectrum.kind === "lambda") return eventTable("events", spectrum.list, { K: kA + kB, N: kA * nA + kB * nB });
  const { ratio } = spectrum;
  if (ratio === null)
    return h("p", { class: "note", id: "no-ratio" }, "A minority of one class merges with none: there is no threshold.");
  return table(
    "ratio",
    "Threshold",
    ["n_A / n_B", "n_A at this n_B", "what happens"],
    [[number(ratio, 6), number(ratio * nB, 6), `${kA}–${kA + kB - 1}: one vector from here on`]],
  );
}
