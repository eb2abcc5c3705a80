import type { Advice, Remedy } from "../../src/prediction/index.ts";

/** The remedy that is looked at: the one that was chosen, or the first that does something. */
export function lookedAt<R extends Pick<Remedy, "kind" | "reaches">>(
  { remedies }: { remedies: readonly R[] },
  chosen: string,
): R | null {
  return remedies.find(({ kind }) => kind === chosen) ?? remedies.find((r) => r.reaches) ?? remedies[0] ?? null;
}

/** The remedies that have something to change: label smoothing only where there is some. */
export function remediesFor<R extends Pick<Remedy, "kind">>({
  remedies,
  problem: { smoothing },
}: {
  remedies: readonly R[];
  problem: Pick<Advice["problem"], "smoothing">;
}): R[] {
  return remedies.filter(({ kind }) => kind !== "smoothing" || smoothing > 0);
}
