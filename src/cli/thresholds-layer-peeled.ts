import { layerPeeledThresholds, type ThresholdsQuestion } from "../documents/index.ts";
import { inputError } from "../errors.ts";
import { format } from "../number-text.ts";
import { clustersOf, sampleCount } from "../problem/index.ts";
import { listClasses } from "../words/index.ts";
import type { Values } from "./command.ts";
import { toJson } from "./json.ts";
import { asOptions } from "./problem-options.ts";

/** `nclab thresholds --layer-peeled EW,EH`: the ratio of the counts of two groups from which on the minority is one vector. */
export async function thresholdsBounded(
  question: Extract<ThresholdsQuestion, { model: "layer-peeled" }>,
  options: Values,
): Promise<number> {
  for (const name of ["plot", "width", "font"])
    if (options.text(name) !== undefined)
      throw inputError(`--${name}`, "nothing with --layer-peeled, which has one threshold", options.text(name));
  const document = asOptions(() => layerPeeledThresholds(question));
  const {
    problem: { counts, K, layerPeeled },
    layerPeeled: { ratio, nA },
    seconds,
  } = document;
  const [A, B] = clustersOf({ counts, weights: null, offsets: null, factors: null });
  const now = A.count / B.count;
  const { names } = question;
  console.log(
    options.flag("json")
      ? toJson(document)
      : [
          `${K} classes: ${A.size} of ${A.count} samples (${listClasses(A.classes, names)}) and ${B.size} of ${B.count} (${listClasses(B.classes, names)})`,
          `Layer-Peeled Model, E_W = ${format(layerPeeled.EW, 6)}, E_H = ${format(layerPeeled.EH, 6)}`,
          "",
          `the minority is one vector from the ratio n_A/n_B = ${format(ratio, 6)} on, that is from n_A = ${sampleCount(nA)}`,
          `here the ratio is ${format(now, 6)}: ${now >= ratio ? "it is one vector" : "its vectors are apart"}`,
          `${format(seconds)} s`,
        ].join("\n"),
  );
  return 0;
}
