import type { PathDocument, ThresholdsDocument } from "../documents/index.ts";
import { bundle, type PictureOptions, pathCurves, singularValueCurves } from "../plots/index.ts";
import { blockSingularValues, type StructuralEvent } from "../prediction/index.ts";
import { clustersOf, type Problem, problem } from "../problem/index.ts";
import { nonnegativePath, path } from "../solver/index.ts";
import { type Curves, curveLabels, happening, listClasses, parameterLabels } from "../words/index.ts";

/** What the picture of a path needs of its document. */
export type PathShown = Pick<PathDocument, "rows" | "groups" | "events" | "corners" | "over" | "scale"> & {
  problem: Pick<PathDocument["problem"], "classNames">;
};

/** The curves along a path, with the events at which the structure changes. */
export function alongPath(shown: PathShown, curves: Curves, options: PictureOptions = {}): SVGSVGElement {
  const { groups, events, over, scale } = shown;
  // Curves turn where something happens, and not at the nearest row.
  const rows = [...shown.rows, ...(shown.corners ?? [])].sort((x, y) => x.value - y.value);
  const names = shown.problem.classNames;
  const K = rows[0].singularValues.length;
  const drawn =
    curves === "singular-values"
      ? bundle(rows.map((row) => row.singularValues)).map(({ from, multiplicity }) => ({
          label: `${from + 1}${multiplicity > 1 ? `-${from + multiplicity}` : ""}`,
          values: rows.map((row) => row.singularValues[from]),
        }))
      : groups.map(({ classes, count }, j) => ({
          label: `${listClasses(classes, names)}${over === "nB" || over === "imbalance" ? "" : ` (n = ${count})`}`,
          values: rows.map((row) => row.groups[j][curves === "margins" ? "margin" : "norm"]),
        }));
  const data = {
    xLabel: parameterLabels[over],
    xScale: scale,
    x: rows.map((row) => row.value),
    yLabel: curveLabels[curves],
    curves: drawn,
    events: events.map((e) => ({ at: e.value, label: happening(e, { K }, names) })),
  };
  return pathCurves(data, options);
}

/** Values of lambda_Z along which the singular values are drawn. */
const points = 120;

/** The singular values of Z D^(1/2) from a third of the first event's lambda_Z to just above the last one. */
export function alongEvents(of: Problem, events: readonly StructuralEvent[], options: PictureOptions = {}): SVGSVGElement {
  const low = events[0].lambdaZ / 3;
  const high = events[events.length - 1].lambdaZ * 1.05;
  const lambdaZ = Array.from({ length: points }, (_, i) => low * (high / low) ** (i / (points - 1)));
  const values = of.nonnegative
    ? nonnegativePath(of, lambdaZ).map((s) => blockSingularValues(clustersOf(of), s.answer))
    : path(of, lambdaZ).map((s) => blockSingularValues(s.reduced.clusters, s.answer, s.coreSingularValues));
  const marked = events.map((e) => ({ at: e.lambdaZ, label: happening(e, of) }));
  return singularValueCurves({ lambdaZ, values, events: marked, xScale: "log" }, options);
}

/** Whether the document says what stays along lambda_Z: beside a weight decay the penalty on the bias goes with it, by a ratio that only a decay of its own tells. */
export const saysBias = ({ problem: p }: Pick<ThresholdsDocument, "problem">): boolean => p.lambdaB !== null;

/** The same from the document of the events. Its lambda_Z is a stand-in where none was given, as along lambda_Z it is no matter. */
export function alongThresholds(d: ThresholdsDocument, nonnegative: boolean, options: PictureOptions = {}): SVGSVGElement {
  const { counts, weights, offsets, factors, smoothing, loss, lambdaZ, lambdaB, weightDecay, ends, branches } = d.problem;
  const given = problem({
    counts,
    ...{ weights, offsets, factors, smoothing, loss, nonnegative },
    lambdaZ: lambdaZ ?? 1,
    lambdaB: lambdaB as number,
  });
  const of = weightDecay === null ? given : { ...given, weightDecay, ends, branches };
  return alongEvents(of, (nonnegative ? d.nonnegative : d).events, options);
}
