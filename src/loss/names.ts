/** Name of a loss. */
export type LossName = "cross-entropy" | "square" | "bce";

/** All of them, the usual one first. */
export const lossNames: readonly LossName[] = ["cross-entropy", "square", "bce"];

/** Whether a common shift of all logits changes nothing, as in a softmax: known by the name, so that who shows numbers needs no loss for it (test/loss/names.test.ts holds the losses to it). */
const shiftFree: Readonly<Record<LossName, boolean>> = { "cross-entropy": true, square: false, bce: false };

/** The largest rank that Z can have at the optimum: K - 1 where a shift of all logits changes nothing. */
export const fullRank = ({ K, loss }: { K: number; loss: LossName }): number => (shiftFree[loss] ? K - 1 : K);
