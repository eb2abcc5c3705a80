import { expand, layerPeeledProduct, layerPeeledRatio, predictLayerPeeled } from "../../src/prediction/index.ts";
import { layerPeeledProblem } from "../../src/problem/index.ts";
import type { Jobs } from "./messages.ts";

/** The questions of the Layer-Peeled Model, loaded when the first is asked. */
export const bounded = (questions: Jobs["layerPeeled"]["question"]): Jobs["layerPeeled"]["answer"] =>
  questions.map((input) => expand(predictLayerPeeled(layerPeeledProblem(input))));

export const products = ({ ratios, ...groups }: Jobs["layerPeeledProducts"]["question"]): number[] =>
  ratios.map((ratio) => layerPeeledProduct(groups, ratio));

export { layerPeeledRatio };
