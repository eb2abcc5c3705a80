import { norm2 } from "../../math/matrix.ts";
import { times, timesTranspose, transposeTimes } from "../../math/products.ts";
import { spectralNorm } from "../../solver/index.ts";
import type { Head } from "../head.ts";
import type { Stream } from "../passes.ts";
import { type Hidden, lengthOfPsi, type PsiBlock, psiBlocks } from "./hidden.ts";

/**
 * How near the last two layers of a network are to rest, from features, head and what the feature layer takes. With G = (1/N) sum (p_i - q_i) psi_i' at the network's own probabilities, the
 * gradient in the feature layer (V, v) is W'G + lambda (V, v): at rest (V, v) = -W'G/lambda, so the features must be -W'G psi_i/lambda. The weights (V, v) themselves are not needed.
 */
export interface Rest {
  /** |h + W'G psi/lambda|_F / |h|_F over all samples: 0 at rest. */
  featureLayer: number;
  /** |G|_2 / lambda: 1 at rest. */
  spectralRatio: number;
  /** Whether no feature is negative, as after a ReLU, which the problem does not know. */
  nonnegative: boolean;
}

/** `features` and the hidden stream give the same samples in the same blocks. `head`: K x d. */
export async function restOf(features: Stream, hidden: Hidden, head: Head, lambda: number): Promise<Rest> {
  const { K, d } = features;
  const q = lengthOfPsi(hidden);
  const G = new Float64Array(K * q);
  let N = 0;
  let squares = 0;
  let nonnegative = true;
  for await (const { h, psi } of pairs(features, hidden)) {
    transposeTimes(G, residuals(h, psi, head, K, d), psi.psi, psi.count, K, q, true);
    for (const value of h) {
      squares += value * value;
      if (value < 0) nonnegative = false;
    }
    N += psi.count;
  }
  for (let e = 0; e < K * q; e++) G[e] /= N;
  // Without the layer's own bias the features are known up to a constant.
  const mean = new Float64Array(d);
  let off = 0;
  for await (const { h, psi } of pairs(features, hidden)) {
    const logits = new Float64Array(psi.count * K);
    timesTranspose(logits, psi.psi, G, psi.count, K, q);
    const wanted = new Float64Array(psi.count * d);
    times(wanted, logits, head.W, psi.count, K, d);
    for (let e = 0; e < psi.count * d; e++) {
      const rest = h[e] + wanted[e] / lambda;
      off += rest * rest;
      mean[e % d] += rest / N;
    }
  }
  if (!hidden.withOne) off -= N * norm2(mean) ** 2;
  return {
    featureLayer: Math.sqrt(Math.max(0, off) / squares),
    spectralRatio: spectralNorm(G, K, q).norm / lambda,
    nonnegative,
  };
}

/** Features (count x d) beside psi, a block at a time. */
async function* pairs(features: Stream, hidden: Hidden): AsyncGenerator<{ h: Float32Array | Float64Array; psi: PsiBlock }> {
  const inputs = psiBlocks(hidden);
  try {
    for await (const { n, features: h } of features.blocks(0, hidden.n)) {
      const { value } = await inputs.next();
      const psi = value as PsiBlock;
      yield { h: h.subarray(0, n * features.d), psi };
    }
  } finally {
    await inputs.return(undefined);
  }
}

/** p - q of a block at the head's logits, count x K. */
function residuals(
  h: Float32Array | Float64Array,
  { count, labels }: PsiBlock,
  { W, b }: Head,
  K: number,
  d: number,
): Float64Array {
  const R = new Float64Array(count * K);
  timesTranspose(R, Float64Array.from(h), W, count, K, d);
  for (let i = 0; i < count; i++) {
    const row = R.subarray(i * K, i * K + K);
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < K; k++) {
      row[k] += b[k];
      top = Math.max(top, row[k]);
    }
    let total = 0;
    for (let k = 0; k < K; k++) {
      row[k] = Math.exp(row[k] - top);
      total += row[k];
    }
    for (let k = 0; k < K; k++) row[k] /= total;
    row[labels[i]] -= 1;
  }
  return R;
}
