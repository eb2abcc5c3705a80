import { type Evaluated, times, timesTranspose, transposeTimes } from "../math/index.ts";
import type { LayerNormProblem } from "../problem/index.ts";
import { classesAlone } from "./classes-alone.ts";
import { searching } from "./constants.ts";

/**
 * A network that ends in layer normalization (problem/layer-norm.ts; theory, section 9.4) as a smooth function of few variables. Its width d may be thousands, but
 *
 *   min over W (K x d), gamma, beta, u_k (d), b:   (1/N) sum_k n_k w_k CE(W (gamma o u_k + beta) + b, k)
 *                       + (lambda_W/2)|W|^2 + (lambda_norm/2)(|gamma|^2 + |beta|^2) + (lambda_b/2)|b|^2,   |u_k|^2 <= d
 *
 * has the same minimum with r = min(d, K) channels, and with any matrix G (r x r, penalty |G|_F^2) in the place of diag(gamma). Why:
 *
 * - r channels and G suffice. W has a rank of at most r: let the columns of O (d x r) be an orthonormal basis of a space that holds its rows, and those of Q one that holds
 *   the rows of O' diag(gamma). Then (W O, G = O' diag(gamma) Q, O' beta, Q' u_k) has the same logits, its u_k are not longer, and no penalty is larger.
 * - They are not too much. With G = P S Q', (W P, S, P' beta, Q' u_k) has the same logits and penalties: a network of r channels with gamma = diag S. If
 *   |u_k|^2 < d the other channels, with gamma = 0 and no weight in the head, take the rest; where there are none (d <= K) the constraint is |u_k|^2 = d, as here.
 *   For d > K it makes no difference: adding a constant to all logits changes no loss, so 1'W = 0 and W has a rank of at most K - 1 < r.
 *
 * Without shift and bias this is   min CE(A U) + lambda |A|_*  over |u_k|^2 <= d, lambda = sqrt(lambda_W lambda_norm), as |A|_* = min (|W|^2 + |G|^2)/2 over W G = A: for a given U
 * convex in A, for a given A convex in U, but not in both. With matrices G in place of diag(gamma) descent needs fewer steps (a tenth for some problems).
 *
 * Left out: layer normalization makes the mean of u over its channels 0 as well. A solution of rank m has room for that if |u_k|^2 <= d - m (the other d - m channels take the
 * m entries' sum), so the minimum with it lies between this one at d and at d - m. RMSNorm does not, and has no shift.
 *
 * Variables, in units in which d appears once: W = (lambda_norm/lambda_W)^(1/4) d^(-1/4) w, G and beta the same with the ratio inverted, u_k = sqrt(d) v_k/|v_k|. With
 * Lambda = sqrt(lambda_W lambda_norm / d)
 *
 *   logits of class k = w (G v_k/|v_k| + beta/sqrt(d)) + b,     penalty = (Lambda/2)(|w|^2 + |G|^2 + |beta|^2) + (lambda_b/2)|b|^2.
 *
 * x = [w (K x r), G (r x r), v (K x r, one row a class), beta (r), b (K, if there is a bias, in units of sqrt(Lambda/lambda_b) where lambda_b is stiff)].
 */
export interface LayerNormModel {
  /** r, channels. */
  channels: number;
  /** Where each part of x begins; `end` is its length. */
  at: { G: number; v: number; beta: number; b: number; end: number };
  /** Value and gradient. */
  look(x: Float64Array): Evaluated;
  /** What x means, in the units above. */
  unpack(x: Float64Array): LayerNormParts;
}

/** Views of x, and what follows from them. */
export interface LayerNormParts {
  /** K x r. */
  w: Float64Array;
  /** r x r. */
  G: Float64Array;
  /** K x r: v_k/|v_k|. */
  directions: Float64Array;
  /** |v_k|. */
  lengths: Float64Array;
  /** r. */
  beta: Float64Array;
  /** K, or empty. */
  b: Float64Array;
  /** K x r: G v_k/|v_k| + beta/sqrt(d). */
  features: Float64Array;
}

/** `channels`: r, at most min(d, K), which is the default; fewer restrict the rank. */
export function layerNormModel(p: LayerNormProblem, channels: number = mostChannels(p)): LayerNormModel {
  const { K, strength, lambdaB, width } = p;
  const layout = layoutOf(p, channels);
  const { r, at } = layout;
  const loss = classesAlone(p);
  const root = Math.sqrt(width);
  const look = (x: Float64Array): Evaluated => {
    const parts = unpack(layout, root, x);
    const { w, features } = parts;
    const logits = new Float64Array(K * K);
    timesTranspose(logits, w, features, K, K, r);
    if (layout.hasBias) for (let i = 0; i < K; i++) for (let k = 0; k < K; k++) logits[i * K + k] += parts.b[i];
    const { value: lost, R } = loss(logits);
    const gradient = new Float64Array(at.end);
    times(gradient.subarray(0, at.G), R, features, K, K, r);
    const force = new Float64Array(K * r);
    transposeTimes(force, R, w, K, K, r);
    throughNormalization(layout, root, { parts, force, gradient });
    let value = lost + penalize(x, gradient, 0, at.v, strength) + penalize(x, gradient, at.beta, at.b, strength);
    if (layout.hasBias) {
      for (let i = 0; i < K; i++) for (let k = 0; k < K; k++) gradient[at.b + i] += layout.biasUnit * R[i * K + k];
      value += penalize(x, gradient, at.b, at.end, lambdaB * layout.biasUnit ** 2);
    }
    return { value, gradient };
  };
  return { channels: r, at, look, unpack: (x) => unpack(layout, root, x) };
}

/** Where the variables are. */
interface Layout {
  K: number;
  r: number;
  at: LayerNormModel["at"];
  hasBias: boolean;
  /** A bias's variable is so many units of it: where its decay is stiff, such that the penalty is as curved along it as along the others. */
  biasUnit: number;
}

function layoutOf({ K, lambdaB, strength }: LayerNormProblem, r: number): Layout {
  const hasBias = Number.isFinite(lambdaB);
  const G = K * r;
  const v = G + r * r;
  const beta = v + K * r;
  const b = beta + r;
  return {
    K,
    r,
    at: { G, v, beta, b, end: b + (hasBias ? K : 0) },
    hasBias,
    biasUnit: lambdaB > searching.stiffBias * strength ? Math.sqrt(strength / lambdaB) : 1,
  };
}

/** `root`: sqrt(d). */
function unpack({ K, r, at, biasUnit }: Layout, root: number, x: Float64Array): LayerNormParts {
  const directions = x.slice(at.v, at.beta);
  const lengths = new Float64Array(K);
  for (let k = 0; k < K; k++) {
    const row = directions.subarray(k * r, k * r + r);
    lengths[k] = Math.sqrt(row.reduce((sum, y) => sum + y * y, 0));
    for (let c = 0; c < r; c++) row[c] /= lengths[k];
  }
  const shift = x.subarray(at.beta, at.b);
  const gain = x.subarray(at.G, at.v);
  const features = new Float64Array(K * r);
  timesTranspose(features, directions, gain, K, r, r);
  for (let k = 0; k < K; k++) for (let c = 0; c < r; c++) features[k * r + c] += shift[c] / root;
  const b = x.slice(at.b, at.end).map((y) => biasUnit * y);
  return { w: x.subarray(0, at.G), G: gain, directions, lengths, beta: shift, b, features };
}

/** Turns d loss/d features into that with respect to G, v and beta. */
function throughNormalization(
  { K, r, at }: Layout,
  root: number,
  { parts, force, gradient }: { parts: LayerNormParts; force: Float64Array; gradient: Float64Array },
): void {
  const { directions, lengths } = parts;
  transposeTimes(gradient.subarray(at.G, at.v), force, directions, K, r, r);
  const along = gradient.subarray(at.v, at.beta);
  times(along, force, parts.G, K, r, r);
  for (let k = 0; k < K; k++) {
    let radial = 0;
    for (let c = 0; c < r; c++) {
      radial += along[k * r + c] * directions[k * r + c];
      gradient[at.beta + c] += force[k * r + c] / root;
    }
    for (let c = 0; c < r; c++) along[k * r + c] = (along[k * r + c] - radial * directions[k * r + c]) / lengths[k];
  }
}

/** (lambda/2) of the squares of some variables; its gradient is added. */
function penalize(x: Float64Array, gradient: Float64Array, from: number, to: number, lambda: number): number {
  let squares = 0;
  for (let i = from; i < to; i++) {
    squares += x[i] * x[i];
    gradient[i] += lambda * x[i];
  }
  return (lambda / 2) * squares;
}

/** min(d, K). */
export const mostChannels = ({ width, K }: LayerNormProblem): number => Math.min(width, K);
