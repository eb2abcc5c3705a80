import { lossNamed } from "../loss/index.ts";
import type { Loss } from "../problem/index.ts";

/**
 * The loss where no two classes are alike: what descents break the symmetry of equal counts for (pairs of antipodal classes, more classes than dimensions) has no clusters that stand for their classes.
 */
export interface LossOfLogits {
  /** (1/N) sum_k n_k w_k loss_k. */
  value: number;
  /** Its derivatives in the logits z + b, K x K (rows: logits). */
  R: Float64Array;
}

/** The loss of a K x K matrix of logits z_k + b (rows: logits). */
export function classesAlone({
  K,
  N,
  counts,
  weights,
  offsets,
  factors,
  smoothing,
  loss,
}: Loss): (logits: Float64Array) => LossOfLogits {
  const perClass = (values: readonly number[] | null, neutral: number): Float64Array =>
    Float64Array.from({ length: K }, (_, k) => values?.[k] ?? neutral);
  const alone = {
    J: K,
    K,
    // Belongs to the gaps within clusters, of which there are none.
    s: 0,
    smoothing,
    size: new Float64Array(K).fill(1),
    count: Float64Array.from(counts),
    weight: perClass(weights, 1),
    factor: perClass(factors, 1),
    offset: perClass(offsets, 0),
  };
  const noGaps = new Float64Array(K);
  const { at } = lossNamed(loss);
  return (logits) => {
    const place = at(alone, logits, noGaps);
    const R = place.residuals();
    for (let i = 0; i < K; i++)
      for (let k = 0; k < K; k++) R[i * K + k] *= (alone.factor[i] * alone.weight[k] * alone.count[k]) / N;
    return { value: place.value / N, R };
  };
}
