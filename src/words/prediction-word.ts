import type { Problem } from "../problem/index.ts";

/** What p is, of which a margin p_own - p_other is the difference: of cross-entropy a probability, of the square loss the logit itself (theory, section 14). @internal */
export const predictionWord: Record<Problem["loss"], string> = {
  "cross-entropy": "probability",
  square: "logit",
  bce: "sigmoid",
};
