import { type CheckpointEnding, endingOfCheckpoint, ofOptimizer } from "../../endings/index.ts";
import type { ArrayFile } from "../../features/index.ts";
import { type Branches, type MeasureOptions, withinBranches } from "../../measure/index.ts";
import { format } from "../../number-text.ts";
import { branchesAtMost, normSizes } from "../norm-sizes.ts";

/** The most that J can be, where the file that holds the head is a checkpoint of a network that ends in batch normalization; else null. The same number as `nclab ends` says. */
export async function branchesIn({ kind, arrays }: ArrayFile, head: CheckpointEnding["head"]): Promise<number | null> {
  if (kind === "npy") return null;
  const parameters = [...arrays].filter(([name]) => !ofOptimizer(name)).map(([name, { shape }]) => ({ name, shape }));
  const ending = endingOfCheckpoint(parameters, head, kind !== "safetensors");
  return ending.section === "9.1" || ending.section === "9.2"
    ? branchesAtMost(ending, await normSizes(arrays, ending.norms))
    : null;
}

/** What balancedness says beside a prediction under weight decay alone: that of another J is offered, one out of range is explained. */
export function branchNotes({ J, atMost }: Branches, { lambdas }: MeasureOptions): string[] {
  if (lambdas?.ends === undefined) return [];
  const stated = lambdas.branches ?? 1;
  const told = Number(J.toPrecision(3));
  if (!withinBranches(J, atMost ?? Number.POSITIVE_INFINITY))
    return [
      `branches: head and features tell J = ${told}, outside 1 to ${atMost === null ? "the number of branches" : format(atMost, 3)}: the network is not at its end, head and normalizations decay differently (--norm-weight-decay), or features are means over unlike places`,
    ];
  if (atMost === 1 || Math.abs(Math.max(1, J) / stated - 1) <= 0.05) return [];
  return [
    `branches: head and features tell J = ${told} by balancedness, and the prediction is that of J = ${format(stated)}: --branches ${Math.max(1, told)} gives that of J, if the features are a sum of residual branches`,
  ];
}
