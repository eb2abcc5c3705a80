/**
 * What a loss is: its value, residual and curvature on classes in clusters, the law of a cluster, and where its prediction is its target (theory, sections 3 and 6).
 *
 * @module loss
 */
export { type Gaps, separates, shortfalls } from "./cluster-law.ts";
export { type LossClusters, type Scales, scalesOf } from "./clusters.ts";
export type { ColumnLoss, LossCurvature, LossPlace } from "./column-loss.ts";
export { type Entry, targetsOf } from "./entrywise.ts";
export { lossNamed } from "./losses.ts";
export { fullRank, type LossName, lossNames } from "./names.ts";
