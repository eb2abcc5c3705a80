import { times, timesTranspose, transposeTimes } from "../../math/index.ts";
import { spectralNorm } from "../../solver/index.ts";
import { forcesOf } from "../forces.ts";
import type { Head } from "../head.ts";
import type { Stream } from "../passes.ts";
import { type Hidden, lengthOfPsi, type PsiBlock, psiBlocks } from "./hidden.ts";

/**
 * How near the last two layers of a network are to rest, from features, head and what the feature layer takes. With G = (1/N) sum (p_i - q_i) psi_i' at the network's own probabilities, the
 * gradient in the feature layer (V, v) is W'G + lambda (V, v): at rest (V, v) = -W'G/lambda, so the features must be -W'G psi_i/lambda. The weights (V, v) themselves are not needed.
 */
export interface Rest {
  /** |h + W'G psi/lambda|_F / |h|_F over all samples, both about their mean where the layer's bias does not decay (a constant in all features changes nothing then): 0 at rest; null where no feature varies. */
  featureLayer: number | null;
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
  const seen = new Spread(d, hidden.withOne);
  let nonnegative = true;
  for await (const { h, psi } of pairs(features, hidden)) {
    const forces = new Float64Array(psi.count * K);
    timesTranspose(forces, Float64Array.from(h), head.W, psi.count, K, d);
    forcesOf(forces, head.b, psi.labels, psi.count);
    transposeTimes(G, forces, psi.psi, psi.count, K, q, true);
    nonnegative &&= h.every((value) => value >= 0);
    for (let i = 0; i < psi.count; i++) seen.add(h.subarray(i * d, i * d + d));
  }
  // The forces are q - p.
  for (let e = 0; e < K * q; e++) G[e] /= -seen.n;
  const off = new Spread(d, hidden.withOne);
  for await (const { h, psi } of pairs(features, hidden)) {
    const logits = new Float64Array(psi.count * K);
    timesTranspose(logits, psi.psi, G, psi.count, K, q);
    const wanted = new Float64Array(psi.count * d);
    times(wanted, logits, head.W, psi.count, K, d);
    for (let i = 0; i < psi.count; i++)
      off.add(wanted.subarray(i * d, i * d + d).map((value, c) => h[i * d + c] + value / lambda));
  }
  const size = seen.squares;
  return {
    featureLayer: size > 0 ? Math.sqrt(off.squares / size) : null,
    spectralRatio: spectralNorm(G, K, q).norm / lambda,
    nonnegative,
  };
}

/**
 * Sum of squares of rows of d numbers: as they are, or, where the layer's own bias does not decay, about their mean, for such features are known up to a constant. That constant may be far larger than what varies,
 * so each row moves the mean of those before it, and no large numbers are subtracted from each other in the end.
 */
class Spread {
  /** Rows so far. */
  n = 0;
  /** Of all rows. */
  squares = 0;
  readonly #mean: Float64Array;
  readonly #asTheyAre: boolean;

  constructor(d: number, asTheyAre: boolean) {
    this.#mean = new Float64Array(d);
    this.#asTheyAre = asTheyAre;
  }

  add(row: Float32Array | Float64Array): void {
    this.n++;
    const share = 1 / this.n;
    for (let c = 0; c < row.length; c++) {
      const apart = row[c] - this.#mean[c];
      if (!this.#asTheyAre) this.#mean[c] += apart * share;
      this.squares += apart * (row[c] - this.#mean[c]);
    }
  }
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
