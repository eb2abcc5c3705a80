/**
 * Softmax on a block of points: rows of K logits, `count` of them, the first being point `first`. The own class's residual is minus the sum of the others and all
 * logits count relative to the own one, so nothing cancels where a class has nearly all of the probability.
 */
export interface Block {
  readonly K: number;
  readonly labels: ArrayLike<number>;
  /** omega. */
  readonly mass: Float64Array;
  readonly first: number;
  readonly count: number;
}

/** Logits without the bias (count x K) become omega (p - q), in place. Returns sum omega CE. */
export function toResiduals(rows: Float64Array, b: Float64Array, { K, labels, mass, first, count }: Block): number {
  let loss = 0;
  for (let i = 0; i < count; i++) {
    const row = i * K;
    const own = row + labels[first + i];
    const omega = mass[first + i];
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < K; k++) {
      rows[row + k] += b[k];
      if (rows[row + k] > top) top = rows[row + k];
    }
    const lift = rows[own] - top;
    let rest = 0;
    for (let e = row; e < row + K; e++) {
      rows[e] = e === own ? 0 : Math.exp(rows[e] - top);
      rest += rows[e];
    }
    const total = rest + Math.exp(lift);
    loss += omega * (lift === 0 ? Math.log1p(rest) : Math.log(total) - lift);
    for (let e = row; e < row + K; e++) rows[e] *= omega / total;
    rows[own] = -rest * (omega / total);
  }
  return loss;
}

/** Changes of the logits without the bias's (count x K) become those of omega (p - q), in place. `residuals`: omega (p - q) there. */
export function toChanges(
  rows: Float64Array,
  db: Float64Array,
  residuals: Float64Array,
  { K, labels, mass, first, count }: Block,
): void {
  for (let i = 0; i < count; i++) {
    const row = i * K;
    const own = row + labels[first + i];
    const base = rows[own] + db[labels[first + i]];
    let mean = 0;
    for (let k = 0; k < K; k++) {
      if (row + k === own) continue;
      rows[row + k] += db[k] - base;
      mean += residuals[row + k] * rows[row + k];
    }
    mean /= mass[first + i];
    let others = 0;
    for (let e = row; e < row + K; e++) {
      if (e === own) continue;
      rows[e] = residuals[e] * (rows[e] - mean);
      others += rows[e];
    }
    rows[own] = -others;
  }
}

/** Probabilities (count x K) from residuals omega (p - q). */
export function probabilities(residuals: Float64Array, { K, labels, mass, first, count }: Block): Float64Array {
  const P = new Float64Array(count * K);
  for (let i = 0; i < count; i++) {
    const own = i * K + labels[first + i];
    for (let e = i * K; e < (i + 1) * K; e++) P[e] = residuals[e] / mass[first + i];
    P[own] += 1;
  }
  return P;
}
