import { inputError } from "../errors.ts";
import { format } from "../number-text.ts";
import { layerPeeledRatio } from "../prediction/index.ts";
import { clustersOf, layerPeeledProblem, type NormBounds, sampleCount } from "../problem/index.ts";
import { listClasses } from "../words/index.ts";
import type { Values } from "./command.ts";
import { toJson } from "./json.ts";
import { asLayerPeeled } from "./layer-peeled-options.ts";
import { readClasses } from "./problem-options.ts";

/** `nclab thresholds --layer-peeled EW,EH`: the ratio of the counts of two groups from which on the minority is one vector. */
export async function thresholdsBounded(bounds: NormBounds, options: Values): Promise<number> {
  for (const name of ["plot", "width", "font"])
    if (options.text(name) !== undefined)
      throw inputError(`--${name}`, "nothing with --layer-peeled, which has one threshold", options.text(name));
  const { counts, names } = await readClasses(options);
  const problem = asLayerPeeled(() => layerPeeledProblem({ counts, ...bounds }));
  const groups = clustersOf({ counts, weights: null, offsets: null, factors: null });
  if (groups.length !== 2)
    throw inputError(
      "--layer-peeled",
      "classes of two different counts (kAxnA,kBxnB): the threshold is one in their ratio",
      `${groups.length} different counts`,
    );
  const [A, B] = groups;
  if (B.size < 2)
    throw inputError(
      "--layer-peeled",
      "two classes or more of the smaller count: a class that is alone merges with none",
      B.size,
    );
  const began = performance.now();
  const ratio = layerPeeledRatio({ kA: A.size, kB: B.size, ...bounds });
  const seconds = (performance.now() - began) / 1000;
  const { K, N } = problem;
  const now = A.count / B.count;
  console.log(
    options.flag("json")
      ? toJson({
          schema: "nclab.thresholds/1",
          problem: { counts, K, N, classNames: names, layerPeeled: bounds },
          layerPeeled: { ratio, nA: ratio * B.count },
          seconds,
        })
      : [
          `${K} classes: ${A.size} of ${A.count} samples (${listClasses(A.classes, names)}) and ${B.size} of ${B.count} (${listClasses(B.classes, names)})`,
          `Layer-Peeled Model, E_W = ${format(bounds.EW, 6)}, E_H = ${format(bounds.EH, 6)}`,
          "",
          `the minority is one vector from the ratio n_A/n_B = ${format(ratio, 6)} on, that is from n_A = ${sampleCount(ratio * B.count)}`,
          `here the ratio is ${format(now, 6)}: ${now >= ratio ? "it is one vector" : "its vectors are apart"}`,
          `${format(seconds)} s`,
        ].join("\n"),
  );
  return 0;
}
