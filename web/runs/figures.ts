import { heatMaps, separationCurves } from "../../src/plots/index.ts";
import { h } from "../dom.ts";
import { collapseFigures } from "../figures/collapse.ts";
import { type Figure, figure } from "../figures/figure.ts";
import type { Solver } from "../solver/client.ts";
import { curvesOf, lambdasText, matricesOf } from "./pictures.ts";
import { type Shown, Zof } from "./shown.ts";
import { alongLabels, separationData, sweepOf } from "./sweep.ts";

/** The pictures of runs, hidden while there are none. */
export function runFigures(slow: Pick<Solver, "ask">): { node: HTMLElement; draw(shown: readonly Shown[]): void } {
  const heat = figure("runs-z", "Z, predicted and measured", "");
  const collapse = collapseFigures("runs");
  const along = figure("runs-separation", "Separation of the minority along a sweep", "");
  const node = h("div", { class: "figures" }, heat.node, collapse.nc1.node, collapse.error.node, along.node);
  node.hidden = true;
  const draw = (shown: readonly Shown[]): void => {
    node.hidden = shown.length === 0;
    if (shown.length === 0) return;
    const matrices = matricesOf(shown);
    heat.explain(lambdasText(shown));
    if (matrices) heat.draw((width) => heatMaps(matrices, { width }));
    else heat.say("None of these holds a Z.");
    for (const key of ["nc1", "error"] as const) collapse.drawOne(key, curvesOf(shown, key), noCurve);
    // Where there is no run at all their places are not missed.
    const trained = shown.some(({ kind }) => kind === "run");
    for (const { node: one } of [collapse.nc1, collapse.error]) one.hidden = !trained;
    along.node.hidden = shown.filter((item) => item.problem && Zof(item)).length < 2;
    if (!along.node.hidden) void drawAlong(along, shown, slow);
  };
  return { node, draw };
}

const noCurve = "A curve needs a run folder with evaluated epochs.";

async function drawAlong(along: Figure, shown: readonly Shown[], slow: Pick<Solver, "ask">): Promise<void> {
  const sweep = sweepOf(shown);
  if (!sweep) {
    along.say(
      "This picture needs two or more runs that differ in λ_Z alone, in λ_b alone, or in the samples of their largest classes.",
    );
    return;
  }
  along.explain(
    `Along ${alongLabels[sweep.along]}. Lines: predicted at the runs' own settings otherwise. Symbols: the runs. At 0 the minority's classes cannot be told apart.`,
  );
  try {
    const goals = await slow.ask(
      "several",
      sweep.grid.map(({ problem }) => problem),
    );
    const { events } = sweep.along === "lambdaZ" ? await slow.ask("events", sweep.grid[0].problem) : { events: [] };
    const data = separationData(sweep, goals, events);
    along.draw((width) => separationCurves(data, { width }));
  } catch (wrong) {
    along.say((wrong as Error).message);
  }
}
