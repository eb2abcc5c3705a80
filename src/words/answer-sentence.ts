import { shotGroups } from "../measure/index.ts";
import { format, quantity } from "../number-text.ts";
import type { Summary } from "../prediction/index.ts";
import { classLabel, type ShownClass, weakest } from "./class-table.ts";

/** Whether classes are lost, in one sentence: of all, and of those of many, medium and few samples. `collapsed`: whether every prediction is 0. */
export function answerSentence(
  classes: readonly (ShownClass & { name?: string | null })[],
  { own, outvoted, faded, merged, offsetsRestore }: Summary,
  collapsed: boolean,
): string {
  const K = classes.length;
  if (collapsed)
    return `Every class is lost at the end of training: the regularization is so strong that all mean predictions are 0 (complete collapse).`;
  if (own === K) {
    const [{ class: k, margin }] = weakest(classes, 1);
    const names = classes.map(({ name }) => name ?? null);
    const all = K === 2 ? "both are" : `all ${K} are`;
    const alike = classes.filter(
      (one) => one.margin !== null && margin !== null && one.margin <= margin + 1e-9 * Math.abs(margin),
    );
    const others = alike.length > 1 && alike.length < K ? ` and ${alike.length - 1} alike` : "";
    const who = alike.length === K ? "each" : `the weakest (class ${classLabel(k, names)}${others})`;
    return `No class is lost at the end of training: ${all} their own, ${who} by a margin of ${quantity(format(margin), "logit")}.`;
  }
  const how = [
    [outvoted, "outvoted by others"],
    [faded, "faded into others"],
    [merged, "merged with others of their count"],
  ].flatMap(([n, words]) => (n === 0 ? [] : [`${n} ${words}`]));
  const lost = K - own;
  const restored = offsetsRestore && merged === 0 ? "; offsets on the logits after training would put all right" : "";
  return `${lost} of ${K} classes ${lost === 1 ? "is" : "are"} lost at the end of training, ${how.join(", ")}${groupsText(classes)}${restored}.`;
}

/** `: none of 385 with many (> 100 samples), 221 of 479 with medium (20-100)`; empty where there is one group. */
function groupsText(classes: readonly ShownClass[]): string {
  const parts = Object.values(shotGroups).flatMap(({ text, has }) => {
    const some = classes.filter(({ count, status }) => status !== null && has(count));
    const lost = some.filter(({ status }) => status !== "own").length;
    const number = lost === 0 ? "none" : lost === some.length ? "all" : `${lost} of ${some.length}`;
    return some.length === 0 ? [] : [`${number} with ${text}`];
  });
  return parts.length < 2 ? "" : `: ${parts.join(", ")}`;
}
