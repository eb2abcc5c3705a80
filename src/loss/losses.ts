import { binaryCrossEntropy } from "./binary-cross-entropy.ts";
import type { ColumnLoss } from "./column-loss.ts";
import { crossEntropy } from "./cross-entropy.ts";
import type { LossName } from "./names.ts";
import { square } from "./square.ts";

const byName: Record<LossName, ColumnLoss> = { "cross-entropy": crossEntropy, square, bce: binaryCrossEntropy };

/** The loss of that name, as the solver sees it. */
export const lossNamed = (name: LossName): ColumnLoss => byName[name];
