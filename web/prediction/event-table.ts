import type { EventList } from "../../src/prediction/index.ts";
import { usualTolerance } from "../../src/problem/index.ts";
import { number } from "../numbers.ts";
import { table } from "./tables.ts";
import { eventWords } from "./words.ts";

/** Every lambda_Z at which the structure changes, as `nclab thresholds` lists them. `id` keeps the tables of two tabs apart. */
export function eventTable(id: string, { events, worstGap }: EventList, { K, N }: { K: number; N: number }): HTMLElement {
  return table(
    id,
    worstGap <= usualTolerance ? "Thresholds" : `Thresholds (proved to a relative gap of ${worstGap.toExponential(1)} only)`,
    ["λ_Z", "(N λ_Z)²", "what happens", "rank after"],
    events.map((e) => [number(e.lambdaZ, 6), number((N * e.lambdaZ) ** 2, 6), eventWords(e, K), number(e.rankAfter)]),
  );
}
