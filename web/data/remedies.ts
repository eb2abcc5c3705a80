import { format } from "../../src/number-text.ts";
import { type Advice, type Remedy, verdictOf } from "../../src/prediction/index.ts";
import { h } from "../dom.ts";
import { number } from "../numbers.ts";
import { table } from "../prediction/tables.ts";
import { classRanges, type Names } from "../prediction/words.ts";

/** The remedies side by side: what each takes and what it gives. */
const kinds: Record<Remedy["kind"], string> = {
  offset: "logit offset, added after training",
  weight: "loss weight, a power of the counts",
  "weight-per-class": "loss weight, class by class",
  oversample: "oversample (times each sample is seen)",
  lambda: "less regularization",
  smoothing: "label smoothing",
  combined: "weights, then offsets",
};

export function remedyTable(advice: Advice, names: Names): HTMLElement {
  const rows = advice.remedies.map((r) => [
    kinds[r.kind],
    verdictOf(r),
    setting(r, names),
    smallest(r.resultingMargins),
    number(r.extraSamples, 6),
    r.reason,
  ]);
  const now = ["as it is", "", "", smallest(advice.margins), "", ""];
  return h(
    "div",
    {},
    table(
      "remedies",
      `What gives every class a margin of ${advice.margin} logits over every rival`,
      ["change", "", "set to", "smallest margin in logits", "extra samples", "why"],
      [now, ...rows],
    ),
    ...advice.notes.map((note) => h("p", { class: "note" }, note)),
  );
}

/** `0–4: 1, 5–9: 1.35`. */
function setting({ kind, perClass, parameters }: Remedy, names: Names): string | HTMLElement {
  if (kind === "lambda" && parameters.weightDecay !== undefined)
    return h("span", {}, "weight decay ", number(parameters.weightDecay, 5));
  const values = [...new Set(perClass)];
  if (values.length === 1) return number(values[0], 5);
  if (values.length > 4) return `${format(Math.min(...values), 5)} to ${format(Math.max(...values), 5)}`;
  const having = (v: number): number[] => perClass.flatMap((x, k) => (x === v ? [k] : []));
  // A range is not torn apart at the end of a line; names may be.
  const whole = names === null ? { class: "whole" } : {};
  const parts = values.map((v, i) =>
    h("span", whole, `${classRanges(having(v), names)}: ${format(v, 5)}${i + 1 < values.length ? ";" : ""}`),
  );
  return h("span", {}, ...parts.flatMap((part, i) => (i === 0 ? [part] : [" ", part])));
}

function smallest(margins: readonly (number | null)[]): HTMLElement {
  const some = margins.filter((m): m is number => m !== null);
  return number(some.length === 0 ? null : Math.min(...some));
}
