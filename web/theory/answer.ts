import type { Prediction } from "../../src/prediction/index.ts";
import type { LayerPeeledAnswer } from "../solver/messages.ts";

/** What the first tab shows: the prediction of penalized features, or that of the Layer-Peeled Model, whose problem has bounds in place of lambdas. */
export type Answer = Prediction | LayerPeeledAnswer;

/** The answer as one of the Layer-Peeled Model, or null. */
export const bounded = (answer: Answer): LayerPeeledAnswer | null => ("multiplier" in answer ? answer : null);
