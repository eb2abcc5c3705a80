import { alongLambda } from "./along-lambda.ts";
import type { Figure } from "./figure.ts";

/** Figure 5 of Hong & Ling (2023): k_A = k_B = 5. The thresholds are sqrt(100)/3000 and, for the free model, sqrt(500)/3000. */
export const fig5: Figure = alongLambda({
  name: "fig5",
  claim:
    "Five classes of 500 images and five of 100: the minority merges at λ_Z = √n_B/N = 0.0033; complete collapse, at 0.00745 for free features, comes at 0.0067 where features are nonnegative.",
  kA: 5,
  kB: 5,
  grid: [0.0015, 0.0021, 0.0027, 0.003, 0.0033, 0.0036, 0.0045, 0.0054, 0.0063, 0.0069, 0.0078],
  paper: { minority: "0.0033", complete: "between 0.0063 and 0.0069" },
});
