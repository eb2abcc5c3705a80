import { alongMajority } from "./along-majority.ts";
import type { Figure } from "./figure.ts";

/** Figure 7 of Hong & Ling (2023): k_A = k_B = 5; the free model's thresholds are n_A = 300 and 1392.8. */
export const fig7: Figure = alongMajority({
  name: "fig7",
  claim:
    "λ_Z = 0.005, n_B = 100, k_A = k_B = 5: the minority merges at n_A = 300; complete collapse comes before the free model's 1393, as the nonnegative model says.",
  kA: 5,
  kB: 5,
  grid: [100, 200, 250, 300, 350, 500, 700, 900, 1100, 1200, 1300, 1400],
  paper: { minority: "300", complete: "before 1392" },
});
