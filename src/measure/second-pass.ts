import { inputError } from "../errors.ts";
import { timesTranspose } from "../math/products.ts";
import type { Block } from "./first-pass.ts";
import type { Frame } from "./frame.ts";

/**
 * Second pass, with the class means known: within-class scatter in the span of the means, per-class variances, and what the head says of
 * every sample. States add up like those of the first pass. Work: N d (r + K), memory: a block and O(K d).
 */
export interface Within {
  /** sum over the class of |h - mu_k|^2, K. */
  scatter: Float64Array;
  /** sum over samples of y y', y = h - mu_k in the basis: r x r. */
  projected: Float64Array;
  /** Samples seen. */
  seen: number;
  head: HeadSums | null;
}

export interface HeadSums {
  /** Samples whose nearest class mean is not the class the head predicts. */
  disagreements: number;
  /** Samples of each class that the head gets right, K. */
  correct: Float64Array;
  /** sum_i (y_i - p_i) h_i' , K x d: what the head's gradient is made of. */
  force: Float64Array;
  /** sum_i -log p_i,label. */
  crossEntropy: number;
}

/** The linear head: weights K x d (row-major), bias K. */
export interface Head {
  W: Float64Array;
  b: Float64Array;
}

export function emptyWithin(frame: Frame, head: Head | null): Within {
  const { K, d, r } = frame;
  return {
    scatter: new Float64Array(K),
    projected: new Float64Array(r * r),
    seen: 0,
    head: head && { disagreements: 0, correct: new Float64Array(K), force: new Float64Array(K * d), crossEntropy: 0 },
  };
}

export function addToWithin(state: Within, frame: Frame, head: Head | null, block: Block): void {
  const { d, r, means } = frame;
  const { n, features, labels } = block;
  const H = features instanceof Float64Array ? features : Float64Array.from(features);
  const centred = new Float64Array(n * d);
  for (let i = 0; i < n; i++) {
    const k = labels[i];
    let sum = 0;
    for (let j = 0; j < d; j++) {
      const x = H[i * d + j] - means[k * d + j];
      centred[i * d + j] = x;
      sum += x * x;
    }
    state.scatter[k] += sum;
  }
  const Y = new Float64Array(n * r);
  timesTranspose(Y, centred, frame.basis, n, r, d);
  const S = new Float64Array(r * r);
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < r; a++) {
      const y = Y[i * r + a];
      for (let b = 0; b <= a; b++) S[a * r + b] += y * Y[i * r + b];
    }
  }
  for (let a = 0; a < r; a++) {
    for (let b = 0; b <= a; b++) {
      state.projected[a * r + b] += S[a * r + b];
      if (b < a) state.projected[b * r + a] += S[a * r + b];
    }
  }
  if (head && state.head) addHead(state.head, frame, head, block, H, Y);
  state.seen += n;
}

function addHead(state: HeadSums, frame: Frame, head: Head, block: Block, H: Float64Array, Y: Float64Array): void {
  const { K, d, r, projected, present } = frame;
  const { n, labels } = block;
  const logits = new Float64Array(n * K);
  timesTranspose(logits, H, head.W, n, K, d);
  const force = new Float64Array(K * d);
  for (let i = 0; i < n; i++) {
    const k = labels[i];
    const row = logits.subarray(i * K, i * K + K);
    let best = 0;
    for (let c = 0; c < K; c++) {
      row[c] += head.b[c];
      if (row[c] > row[best]) best = c;
    }
    // Nearest mean: in the span of the means the sample sits at Y_i + mu_k.
    let nearest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (const c of present) {
      let distance = 0;
      for (let a = 0; a < r; a++) distance += (Y[i * r + a] + projected[k * r + a] - projected[c * r + a]) ** 2;
      if (distance < least) {
        least = distance;
        nearest = c;
      }
    }
    if (nearest !== best) state.disagreements++;
    if (best === k) state.correct[k]++;
    let sum = 0;
    for (let c = 0; c < K; c++) sum += Math.exp(row[c] - row[best]);
    state.crossEntropy += Math.log(sum) + row[best] - row[k];
    for (let c = 0; c < K; c++) {
      const y = (c === k ? 1 : 0) - Math.exp(row[c] - row[best]) / sum;
      for (let j = 0; j < d; j++) force[c * d + j] += y * H[i * d + j];
    }
  }
  for (let e = 0; e < force.length; e++) state.force[e] += force[e];
}

/** The state of both parts together. */
export function mergeWithin(a: Within, b: Within): Within {
  const add = (x: Float64Array, y: Float64Array): Float64Array => {
    if (x.length !== y.length) throw inputError("shards", "parts of one measurement", `sizes ${x.length} and ${y.length}`);
    return x.map((value, i) => value + y[i]);
  };
  return {
    scatter: add(a.scatter, b.scatter),
    projected: add(a.projected, b.projected),
    seen: a.seen + b.seen,
    head:
      a.head && b.head
        ? {
            disagreements: a.head.disagreements + b.head.disagreements,
            correct: add(a.head.correct, b.head.correct),
            force: add(a.head.force, b.head.force),
            crossEntropy: a.head.crossEntropy + b.head.crossEntropy,
          }
        : null,
  };
}
