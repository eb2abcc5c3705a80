/**
 * What gradients of the cross-entropy are made of, for every sample of a block: q_i - p_i, the sample's own class less the probabilities at its logits. `logits` (n x K, without the bias) become that. `told`, for each
 * sample: the first class with its largest logit, and -log of the probability of its own class.
 */
export function forcesOf(
  logits: Float64Array,
  b: Float64Array,
  labels: ArrayLike<number>,
  n: number,
  told?: (i: number, best: number, crossEntropy: number) => void,
): void {
  const K = b.length;
  for (let i = 0; i < n; i++) {
    const k = labels[i];
    const row = i * K;
    let best = 0;
    for (let c = 0; c < K; c++) {
      logits[row + c] += b[c];
      if (logits[row + c] > logits[row + best]) best = c;
    }
    const top = logits[row + best];
    const own = logits[row + k];
    // Without the largest, whose 1 would hide the others.
    let rest = 0;
    for (let c = 0; c < K; c++) {
      const e = Math.exp(logits[row + c] - top);
      logits[row + c] = e;
      if (c !== best) rest += e;
    }
    told?.(i, best, Math.log1p(rest) + (top - own));
    for (let c = 0; c < K; c++) logits[row + c] = (c === k ? 1 : 0) - logits[row + c] / (1 + rest);
  }
}
