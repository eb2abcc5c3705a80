import type { ClassesOfPrediction } from "../../src/prediction/index.ts";
import { classLabel, type ShownClass } from "../../src/words/index.ts";
import { number } from "../numbers.ts";
import { table } from "./tables.ts";

/** The weakest classes of something that was measured, each beside its predicted end; null where nothing says what they are. `prediction`: null where there is none. */
export function latestTable(
  id: string,
  { name, classNames, latest }: { name: string; classNames: readonly string[] | null; latest: readonly ShownClass[] },
  prediction: Pick<ClassesOfPrediction, "classes"> | null,
): HTMLElement | null {
  if (latest.length === 0) return null;
  const predicted = new Map((prediction?.classes ?? []).map((one) => [one.class, one] as const));
  const rows = latest.map((c) => [
    classLabel(c.class, classNames),
    number(c.count, 12),
    c.status ?? "–",
    number(c.margin),
    c.rival === null ? "–" : classLabel(c.rival, classNames),
    ...(predicted.size === 0 ? [] : [predicted.get(c.class)?.status ?? "–", number(predicted.get(c.class)?.margin ?? null)]),
  ]);
  const beside = predicted.size === 0 ? [] : ["predicted to be", "predicted margin"];
  const heads = ["class", "samples", "is", "margin in logits", "strongest rival", ...beside];
  return table(
    id,
    `The weakest classes of ${name}, the weakest first`,
    heads,
    rows,
    "–: not defined, not measured or not known here.",
    "weaker ones are above",
  );
}
