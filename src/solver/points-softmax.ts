import { type Shares, sharedAway } from "./points.ts";

/**
 * Softmax on a block of points: rows of K logits, `count` of them, the first being point `first`. The label's residual is minus the sum of the others and all
 * logits count relative to the label's, so nothing cancels where a class has nearly all of the probability.
 */
export interface Block {
  readonly K: number;
  readonly labels: ArrayLike<number>;
  readonly shares?: Shares | null;
  /** omega. */
  readonly mass: Float64Array;
  readonly first: number;
  readonly count: number;
}

/** Logits without the bias (count x K) become omega (p - q), in place. Returns sum omega CE. */
export function toResiduals(rows: Float64Array, b: Float64Array, block: Block): number {
  const { K, labels, shares, mass, first, count } = block;
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
    if (shares)
      for (let e = shares.start[first + i]; e < shares.start[first + i + 1]; e++)
        loss += omega * shares.values[e] * (rows[own] - rows[row + shares.classes[e]]);
    let rest = 0;
    for (let e = row; e < row + K; e++) {
      rows[e] = e === own ? 0 : Math.exp(rows[e] - top);
      rest += rows[e];
    }
    const total = rest + Math.exp(lift);
    loss += omega * (lift === 0 ? Math.log1p(rest) : Math.log(total) - lift);
    for (let e = row; e < row + K; e++) rows[e] *= omega / total;
    rows[own] = -rest * (omega / total);
    if (!shares) continue;
    for (let e = shares.start[first + i]; e < shares.start[first + i + 1]; e++) {
      const share = omega * shares.values[e];
      rows[row + shares.classes[e]] -= share;
      rows[own] += share;
    }
  }
  return loss;
}

/** Changes of the logits without the bias's (count x K) become those of omega (p - q), in place. `residuals`: omega (p - q) there. */
export function toChanges(rows: Float64Array, db: Float64Array, residuals: Float64Array, block: Block): void {
  const { K, labels, shares, mass, first, count } = block;
  const kept: number[] = [];
  for (let i = 0; i < count; i++) {
    const row = i * K;
    const own = row + labels[first + i];
    const omega = mass[first + i];
    const base = rows[own] + db[labels[first + i]];
    let mean = 0;
    for (let k = 0; k < K; k++) {
      if (row + k === own) continue;
      rows[row + k] += db[k] - base;
      mean += residuals[row + k] * rows[row + k];
    }
    const [from, to] = shares ? [shares.start[first + i], shares.start[first + i + 1]] : [0, 0];
    // Where the target has a share the probability is that more than the residual.
    for (let e = from; e < to; e++) {
      const change = rows[row + (shares as Shares).classes[e]];
      kept[e - from] = change;
      mean += omega * (shares as Shares).values[e] * change;
    }
    mean /= omega;
    let others = 0;
    for (let e = row; e < row + K; e++) {
      if (e === own) continue;
      rows[e] = residuals[e] * (rows[e] - mean);
      others += rows[e];
    }
    for (let e = from; e < to; e++) {
      const more = omega * (shares as Shares).values[e] * (kept[e - from] - mean);
      rows[row + (shares as Shares).classes[e]] += more;
      others += more;
    }
    rows[own] = -others;
  }
}

/** Probabilities (count x K) from residuals omega (p - q). */
export function probabilities(residuals: Float64Array, block: Block): Float64Array {
  const { K, labels, shares, mass, first, count } = block;
  const P = new Float64Array(count * K);
  for (let i = 0; i < count; i++) {
    const own = i * K + labels[first + i];
    for (let e = i * K; e < (i + 1) * K; e++) P[e] = residuals[e] / mass[first + i];
    P[own] += 1 - sharedAway(shares, first + i);
    if (shares)
      for (let e = shares.start[first + i]; e < shares.start[first + i + 1]; e++)
        P[i * K + shares.classes[e]] += shares.values[e];
  }
  return P;
}
