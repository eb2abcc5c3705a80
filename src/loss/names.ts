/** Name of a loss. */
export type LossName = "cross-entropy" | "square" | "bce";

/** All of them, the usual one first. */
export const lossNames: readonly LossName[] = ["cross-entropy", "square", "bce"];
