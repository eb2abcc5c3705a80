import { expand, type Prediction, type PredictionSummary } from "../prediction/index.ts";

/** Up to this many classes Z and the cosines are written out, K x K numbers each; beyond it a document would not fit into memory. */
export const mostExpanded = 2000;

/**
 * The document of `nclab predict` (schema nclab.prediction/1). With more than 2000 classes `Z` and `cosines` are null and `blocks` says the same by
 * clusters: Z[i][k] is blocks.other[cluster of i][cluster of k], or blocks.own[cluster of k] where i = k.
 */
export function predictionDocument(summary: PredictionSummary): Prediction | (PredictionSummary & { Z: null; cosines: null }) {
  return summary.problem.K <= mostExpanded ? expand(summary) : { ...summary, Z: null, cosines: null };
}
