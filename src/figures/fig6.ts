import { alongLambda } from "./along-lambda.ts";
import type { Figure } from "./figure.ts";

/** Figure 6 of Hong & Ling (2023): k_A = 3, k_B = 7. The thresholds are sqrt(100)/2200 and, for the free model, sqrt(500)/2200. */
export const fig6: Figure = alongLambda({
  name: "fig6",
  claim:
    "Three classes of 500 images and seven of 100: the minority merges at λ_Z = √n_B/N = 0.0045; complete collapse, at 0.0102 for free features, comes at 0.0087 where features are nonnegative.",
  kA: 3,
  kB: 7,
  grid: [0.0021, 0.003, 0.0037, 0.0041, 0.0045, 0.005, 0.0062, 0.0074, 0.0086, 0.0094, 0.0106],
  paper: { minority: "0.0045", complete: "between 0.0086 and 0.0094" },
});
