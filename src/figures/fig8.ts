import { alongMajority } from "./along-majority.ts";
import type { Figure } from "./figure.ts";

/** Figure 8 of Hong & Ling (2023): k_A = 3, k_B = 7; the free model's thresholds are n_A = 433.3 and 3964. */
export const fig8: Figure = alongMajority({
  name: "fig8",
  claim:
    "λ_Z = 0.005, n_B = 100, k_A = 3, k_B = 7: the minority merges at n_A = 433; complete collapse comes before the free model's 3964, as the nonnegative model says.",
  kA: 3,
  kB: 7,
  grid: [100, 300, 380, 430, 480, 600, 1000, 1600, 2200, 2800, 3400, 4000],
  paper: { minority: "433", complete: "before 3964" },
});
