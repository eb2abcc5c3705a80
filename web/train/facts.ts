import { h } from "../dom.ts";
import { number } from "../numbers.ts";
import { errorOf, type TrainState } from "./state.ts";

/** What the last evaluated epoch says, in numbers; nothing before the first. */
export function factList({ epochs }: TrainState): HTMLElement | null {
  const last = epochs.at(-1);
  if (!last) return null;
  const { metrics, separation } = last;
  const accuracies = metrics.trainAccuracy.filter((x) => x !== null);
  const rows: readonly [name: string, id: string, value: number | null][] = [
    ["error of Z", "train-error", errorOf(metrics)],
    ["NC1 (paper)", "train-nc1", metrics.nc1.paper],
    ["objective", "train-objective", metrics.objective],
    ["predicted minimum", "train-predicted", metrics.predictedObjective],
    ["separation of the rarest", "train-separation-now", separation],
    ["mean accuracy of classes", "train-accuracy", accuracies.reduce((a, b) => a + b, 0) / Math.max(1, accuracies.length)],
  ];
  return h("dl", {}, ...rows.map(([name, id, value]) => h("div", {}, h("dt", {}, name), h("dd", { id }, number(value)))));
}
