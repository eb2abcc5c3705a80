import type { Evaluated, Random } from "../math/index.ts";
import type { Problem } from "../problem/index.ts";

/**
 * The model of section 9.1 with the statistics that training has: every batch normalizes by its own mean and variance.
 *
 * A sample of class k has the input x_k (d channels) of the normalization; a batch with c_k samples of class k, B in all, gives it
 *
 *   u_k = (x_k - m) / sqrt(v),   m = sum_k c_k x_k / B,   v = sum_k c_k (x_k - m)^2 / B   (each channel by itself),
 *   h_k = gamma o u_k + beta, behind a ReLU where features are nonnegative,
 *
 * and what is minimized over x, gamma, beta, W, b is the mean over batches of sum_k (c_k/B) CE(W h_k + b, k) beside
 * (lambda_W |W|^2 + lambda_b |b|^2 + N lambda_H (|gamma|^2 + |beta|^2)) / 2. With one batch of all N samples that is (P0) exactly.
 */
export interface BatchModel {
  problem: Problem;
  /** Channels. */
  d: number;
  /** c_k of every batch: batches x K. */
  batches: readonly Int32Array[];
}

/** Added to v: of a channel in which a batch has one class only nothing is left to normalize. Inputs have variance about 1. */
const epsilon = 1e-5;

/** The counts of `batches` batches of B samples, drawn as training draws them: the N samples shuffled, then cut; what is left over is not used. */
export function drawBatches({ counts, K, N }: Problem, B: number, batches: number, rng: Random): Int32Array[] {
  if (B >= N) return [Int32Array.from(counts)];
  const samples = new Int32Array(N);
  let at = 0;
  for (const [k, n] of counts.entries()) {
    samples.fill(k, at, at + n);
    at += n;
  }
  const drawn: Int32Array[] = [];
  while (drawn.length < batches) {
    rng.shuffle(samples);
    for (let from = 0; from + B <= N && drawn.length < batches; from += B) {
      const c = new Int32Array(K);
      for (let i = from; i < from + B; i++) c[samples[i]]++;
      drawn.push(c);
    }
  }
  return drawn;
}

/** Views on one array of parameters: x (K x d), gamma (d), beta (d), W (K x d), b (K). */
export interface Parameters {
  x: Float64Array;
  gamma: Float64Array;
  beta: Float64Array;
  W: Float64Array;
  b: Float64Array;
}

export function parametersOf({ problem: { K }, d }: BatchModel, all: Float64Array): Parameters {
  const sizes = [K * d, d, d, K * d, K];
  const [x, gamma, beta, W, b] = sizes.map((size, i) => {
    const from = sizes.slice(0, i).reduce((sum, n) => sum + n, 0);
    return all.subarray(from, from + size);
  });
  return { x, gamma, beta, W, b };
}

export const sizeOf = ({ problem: { K }, d }: BatchModel): number => (2 * K + 2) * d + K;

/** The features (K x d) of one batch; `u` and the inverse deviations `r` are written for the way back. */
export function featuresIn(
  { problem: { K, nonnegative }, d }: BatchModel,
  { x, gamma, beta }: Parameters,
  c: ArrayLike<number>,
  { u, r, h }: { u: Float64Array; r: Float64Array; h: Float64Array },
): void {
  let B = 0;
  for (let k = 0; k < K; k++) B += c[k];
  for (let j = 0; j < d; j++) {
    let m = 0;
    for (let k = 0; k < K; k++) m += c[k] * x[k * d + j];
    m /= B;
    let v = 0;
    for (let k = 0; k < K; k++) v += c[k] * (x[k * d + j] - m) ** 2;
    r[j] = 1 / Math.sqrt(v / B + epsilon);
    for (let k = 0; k < K; k++) {
      const o = k * d + j;
      u[o] = (x[o] - m) * r[j];
      const a = gamma[j] * u[o] + beta[j];
      h[o] = nonnegative && a < 0 ? 0 : a;
    }
  }
}

/** The objective and its gradient at `all`. */
export function batchObjective(model: BatchModel, all: Float64Array): Evaluated {
  const { problem, d, batches } = model;
  const { K, N } = problem;
  const at = parametersOf(model, all);
  const gradient = new Float64Array(all.length);
  const to = parametersOf(model, gradient);
  const room = { u: new Float64Array(K * d), r: new Float64Array(d), h: new Float64Array(K * d) };
  const dh = new Float64Array(K * d);
  let value = 0;
  for (const c of batches) {
    const B = c.reduce((sum, n) => sum + n, 0);
    featuresIn(model, at, c, room);
    dh.fill(0);
    for (let k = 0; k < K; k++)
      if (c[k] > 0) value += ownLoss(model, at, to, { k, share: c[k] / B / batches.length, h: room.h, dh });
    backThroughNormalization(model, at, to, c, B, { ...room, dh });
  }
  const decay = (values: Float64Array, grow: Float64Array, lambda: number): void => {
    for (let i = 0; i < values.length; i++) {
      value += (lambda / 2) * values[i] ** 2;
      grow[i] += lambda * values[i];
    }
  };
  decay(at.W, to.W, problem.lambdaW);
  decay(at.gamma, to.gamma, N * problem.lambdaH);
  decay(at.beta, to.beta, N * problem.lambdaH);
  if (problem.lambdaB < Number.POSITIVE_INFINITY) decay(at.b, to.b, problem.lambdaB);
  else to.b.fill(0);
  return { value, gradient };
}

interface OwnLoss {
  k: number;
  /** Share of the loss that this class has in this batch. */
  share: number;
  h: Float64Array;
  /** Gradient in the features, added to. */
  dh: Float64Array;
}

/** share * CE(W h_k + b, k); its gradients are added. */
function ownLoss({ problem: { K }, d }: BatchModel, { W, b }: Parameters, to: Parameters, { k, share, h, dh }: OwnLoss): number {
  const logits = new Float64Array(K);
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < K; i++) {
    let sum = b[i];
    for (let j = 0; j < d; j++) sum += W[i * d + j] * h[k * d + j];
    logits[i] = sum;
    if (sum > top) top = sum;
  }
  let total = 0;
  for (let i = 0; i < K; i++) total += Math.exp(logits[i] - top);
  for (let i = 0; i < K; i++) {
    const q = share * (Math.exp(logits[i] - top) / total - (i === k ? 1 : 0));
    to.b[i] += q;
    for (let j = 0; j < d; j++) {
      to.W[i * d + j] += q * h[k * d + j];
      dh[k * d + j] += q * W[i * d + j];
    }
  }
  return share * (Math.log(total) + top - logits[k]);
}

/** From the gradient in the features to gamma, beta and x (Ioffe & Szegedy 2015, section 3, with c_k samples of each class). */
function backThroughNormalization(
  { problem: { K, nonnegative }, d }: BatchModel,
  { gamma }: Parameters,
  to: Parameters,
  c: ArrayLike<number>,
  B: number,
  { u, r, h, dh }: { u: Float64Array; r: Float64Array; h: Float64Array; dh: Float64Array },
): void {
  const du = new Float64Array(K);
  for (let j = 0; j < d; j++) {
    let sum = 0;
    let along = 0;
    for (let k = 0; k < K; k++) {
      const o = k * d + j;
      const da = nonnegative && !(h[o] > 0) ? 0 : dh[o];
      to.gamma[j] += da * u[o];
      to.beta[j] += da;
      du[k] = da * gamma[j];
      sum += du[k];
      along += du[k] * u[o];
    }
    for (let k = 0; k < K; k++) {
      const o = k * d + j;
      to.x[o] += r[j] * (du[k] - (c[k] / B) * (sum + u[o] * along));
    }
  }
}
