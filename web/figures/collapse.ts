import { type CurveData, curves } from "../../src/plots/index.ts";
import { type Figure, figure } from "./figure.ts";

/** The two curves that every training has, wherever it comes from: NC1, and the distance from its prediction. */
export interface CollapseFigures {
  nc1: Figure;
  error: Figure;
  /** Draws one of them; null: words in its place. */
  drawOne(key: "nc1" | "error", data: Pick<CurveData, "runs" | "xLabel"> | null, otherwise: string): void;
}

const yLabels = { nc1: "NC1 (paper)", error: "|Z − Z*| / |Z*|" } as const;

/** `prefix` keeps the figures of two tabs apart; the options are those of `figure`. */
export function collapseFigures(prefix: string, options: { whenSeen?: boolean } = {}): CollapseFigures {
  const nc1 = figure(
    `${prefix}-nc1`,
    "NC1",
    "Variation within classes against that between them (paper's weighting). 0 is neural collapse.",
    options,
  );
  const error = figure(`${prefix}-error`, "Distance from the prediction", "|Z − Z*| / |Z*|, Frobenius norms.", options);
  return {
    nc1,
    error,
    drawOne(key, data, otherwise) {
      const picture = { nc1, error }[key];
      if (data) picture.draw((width) => curves({ ...data, yLabel: yLabels[key], yScale: "log" }, { width }));
      else picture.say(otherwise);
    },
  };
}
