import { minimum } from "../../src/extremes.ts";
import type { Advice, Remedy } from "../../src/prediction/index.ts";

/** Whether every class has the margin as things are, as the command line says it. */
export const nothingNeeded = ({
  margins,
  margin,
  summary,
  problem,
}: Pick<Advice, "margins" | "margin" | "summary" | "problem">): boolean =>
  minimum(margins) >= margin && summary.own === problem.K;

/** The remedy that is looked at: the one that was chosen, or the first that does something. */
export function lookedAt<R extends Pick<Remedy, "kind" | "reaches">>(
  { remedies }: { remedies: readonly R[] },
  chosen: string,
): R | null {
  return remedies.find(({ kind }) => kind === chosen) ?? remedies.find((r) => r.reaches) ?? remedies[0] ?? null;
}
