import { singularValueCurves } from "../plots/index.ts";
import { blockSingularValues, type StructuralEvent } from "../prediction/index.ts";
import { clustersOf, type Problem } from "../problem/index.ts";
import { nonnegativePath, path } from "../solver/index.ts";
import { happening } from "./event-words.ts";
import { type PictureFile, writePicture } from "./pictures.ts";

const points = 120;

/** The singular values of Z D^(1/2) from a third of the first event's lambda_Z to just above the last one. */
export async function plotSingularValues(file: PictureFile, problem: Problem, events: readonly StructuralEvent[]): Promise<void> {
  const low = events[0].lambdaZ / 3;
  const high = events[events.length - 1].lambdaZ * 1.05;
  const lambdaZ = Array.from({ length: points }, (_, i) => low * (high / low) ** (i / (points - 1)));
  const values = problem.nonnegative
    ? nonnegativePath(problem, lambdaZ).map((s) => blockSingularValues(clustersOf(problem), s.answer))
    : path(problem, lambdaZ).map((s) => blockSingularValues(s.reduced.clusters, s.answer, s.coreSingularValues));
  const marked = events.map((e) => ({ at: e.lambdaZ, label: happening(e, problem) }));
  await writePicture(file, (options) => singularValueCurves({ lambdaZ, values, events: marked, xScale: "log" }, options));
}
