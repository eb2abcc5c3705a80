import { type CheckpointEnding, endingOfCheckpoint, ofOptimizer } from "../endings/index.ts";
import type { ArrayFile } from "../features/browser.ts";
import { branchesAtMost, normSizes } from "./norm-sizes.ts";

/** The most that J can be, where the file that holds the head is a checkpoint of a network that ends in batch normalization; else null. The same number as `nclab ends` says. */
export async function branchesIn({ kind, ordered, arrays }: ArrayFile, head: CheckpointEnding["head"]): Promise<number | null> {
  if (kind === "npy") return null;
  const parameters = [...arrays].filter(([name]) => !ofOptimizer(name)).map(([name, { shape }]) => ({ name, shape }));
  const ending = endingOfCheckpoint(parameters, head, ordered);
  return ending.section === "9.1" || ending.section === "9.2"
    ? branchesAtMost(ending, await normSizes(arrays, ending.norms))
    : null;
}
