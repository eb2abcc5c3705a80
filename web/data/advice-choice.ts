import type { Remedy } from "../../src/prediction/index.ts";

/** The remedy that is looked at: the one that was chosen, or the first that does something. */
export function lookedAt<R extends Pick<Remedy, "kind" | "reaches">>(
  { remedies }: { remedies: readonly R[] },
  chosen: string,
): R | null {
  return remedies.find(({ kind }) => kind === chosen) ?? remedies.find((r) => r.reaches) ?? remedies[0] ?? null;
}
