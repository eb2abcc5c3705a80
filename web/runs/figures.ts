import { heatMaps } from "../../src/plots/index.ts";
import { h } from "../dom.ts";
import { collapseFigures } from "../figures/collapse.ts";
import { figure } from "../figures/figure.ts";
import type { Solver } from "../solver/client.ts";
import { separationAlong } from "./along.ts";
import { curvesOf, lambdasText, matricesOf } from "./pictures.ts";
import { type Shown, Zof } from "./shown.ts";

/** The pictures of runs, hidden while there are none. */
export function runFigures(slow: Pick<Solver, "ask">): { node: HTMLElement; draw(shown: readonly Shown[]): void } {
  const heat = figure("runs-z", "Mean predictions Z", "");
  const collapse = collapseFigures("runs");
  const along = figure("runs-separation", "Separation of the minority along a sweep", "");
  const drawAlong = separationAlong(along, slow);
  const node = h("div", { class: "figures" }, heat.node, collapse.nc1.node, collapse.error.node, along.node);
  node.hidden = true;
  const draw = (shown: readonly Shown[]): void => {
    node.hidden = shown.length === 0;
    if (shown.length === 0) {
      void drawAlong(null);
      return;
    }
    const matrices = matricesOf(shown);
    heat.explain(lambdasText(shown));
    if (matrices) heat.draw((width) => heatMaps(matrices, { width }));
    else heat.say("None of these holds a Z.");
    for (const key of ["nc1", "error"] as const) collapse.drawOne(key, curvesOf(shown, key), noCurve);
    // Where there is no run at all their places are not missed.
    const trained = shown.some(({ kind }) => kind === "run");
    for (const { node: one } of [collapse.nc1, collapse.error]) one.hidden = !trained;
    along.node.hidden = shown.filter((item) => item.problem && Zof(item)).length < 2;
    void drawAlong(along.node.hidden ? null : shown);
  };
  return { node, draw };
}

const noCurve = "A curve needs a run folder with evaluated epochs.";
