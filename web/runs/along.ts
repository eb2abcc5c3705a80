import { separationCurves } from "../../src/plots/index.ts";
import type { Figure } from "../figures/figure.ts";
import type { Solver } from "../solver/client.ts";
import type { Shown } from "./shown.ts";
import { alongLabels, separationData, sweepOf } from "./sweep.ts";

/** Draws the separation of the minority along the sweep that runs are. What a later call draws, or null, is not drawn over by answers to an earlier one. */
export function separationAlong(
  figure: Pick<Figure, "say" | "explain" | "draw">,
  slow: Pick<Solver, "ask">,
): (shown: readonly Shown[] | null) => Promise<void> {
  let last = new AbortController();
  return async (shown) => {
    last.abort();
    last = new AbortController();
    const { signal } = last;
    if (!shown) return;
    const sweep = sweepOf(shown);
    if (!sweep) {
      figure.say(
        "This picture needs two or more runs that differ in λ_Z alone, in λ_b alone, or in the samples of their largest classes.",
      );
      return;
    }
    figure.explain(
      `Along ${alongLabels[sweep.along]}. Lines: predicted at the runs' own settings otherwise. Symbols: the runs. At 0 the minority's classes cannot be told apart.`,
    );
    try {
      const goals = await slow.ask(
        "several",
        sweep.grid.map(({ problem }) => problem),
      );
      if (signal.aborted) return;
      const { events } = sweep.along === "lambdaZ" ? await slow.ask("events", sweep.grid[0].problem) : { events: [] };
      if (signal.aborted) return;
      const data = separationData(sweep, goals, events);
      figure.draw((width) => separationCurves(data, { width }));
    } catch (wrong) {
      if (!signal.aborted) figure.say((wrong as Error).message);
    }
  };
}
