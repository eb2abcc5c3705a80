import { bands, curves } from "../../src/plots/index.ts";
import { curvesOf, marginCurves, type Series, statusBands, type WatchState } from "../../src/watch/index.ts";
import { h } from "../dom.ts";
import { collapseFigures } from "../figures/collapse.ts";
import { figure } from "../figures/figure.ts";
import type { Goal } from "./goals.ts";

/** The pictures of watched trainings, hidden while there is nothing to draw. */
export function watchFigures(): { node: HTMLElement; draw(state: WatchState, one: Series | null, goal: Goal | null): void } {
  const collapse = collapseFigures("watch");
  const margins = figure(
    "watch-margins",
    "Margins",
    "Own logit at the class mean minus the largest other, the least of each group; below 0 the class is outvoted.",
  );
  const status = figure(
    "watch-status-bands",
    "What has become of the classes",
    "How many are their own, outvoted, faded, merged.",
  );
  const node = h("div", { class: "figures" }, collapse.nc1.node, collapse.error.node, margins.node, status.node);
  node.hidden = true;
  const draw = (state: WatchState, one: Series | null, goal: Goal | null): void => {
    node.hidden = !one;
    if (!one) return;
    for (const key of ["nc1", "error"] as const) {
      const found = curvesOf(state, key);
      collapse.drawOne(key, found && { runs: found.lines, xLabel: found.axis }, otherwise[key]);
    }
    const known = goal && "prediction" in goal ? goal.prediction : null;
    const lines = marginCurves(one, known);
    const why = goal && "why" in goal ? ` No prediction: ${goal.why}.` : "";
    if (lines)
      margins.draw((width) =>
        curves({ xLabel: lines.axis, yLabel: `margin in logits, ${one.name}`, yScale: "linear", runs: lines.lines }, { width }),
      );
    else margins.say(`Margins need a head beside the features.${why}`);
    const shares = statusBands(one, known);
    if (shares) status.draw((width) => bands({ ...shares, xLabel: shares.axis, yLabel: `classes of ${one.name}` }, { width }));
    else status.say("This needs a head beside the features.");
  };
  return { node, draw };
}

const otherwise = {
  nc1: "Nothing is measured yet.",
  error:
    "Nothing is compared: no lambdas or weight decay are known (nclab watch --weight-decay X --ends E, --lambda-z X; Recorder(optimizer=...)).",
} as const;
