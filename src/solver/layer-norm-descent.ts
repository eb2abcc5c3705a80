import { lbfgsNow, matrix, random, svd, times, timesTranspose } from "../math/index.ts";
import type { LayerNormProblem } from "../problem/index.ts";
import { searching } from "./constants.ts";
import { type LayerNormModel, layerNormModel } from "./layer-norm-model.ts";

/**
 * Descents on the model of a network that ends in layer normalization (layer-norm-model.ts), from a random start, from given mean predictions, or from another descent's end with two classes
 * exchanged; and the network that a descent's end stands for.
 */
export interface LayerNormDescent {
  model: LayerNormModel;
  /** Where it ended, in the variables of the model. */
  x: Float64Array;
  /** Value of the model there. */
  objective: number;
  /** Length of the model's gradient there, beside the objective: 0 at a stationary point. */
  gradient: number;
  /** Looks at the model. */
  evaluations: number;
}

/** A network of r channels; the others have gamma = 0 and no weight in the head. */
export interface LayerNormNetwork {
  /** Channels that are used, r. */
  channels: number;
  /** Head, K x r. */
  W: Float64Array;
  /** Scale of the normalization, r, descending, not negative. */
  gamma: Float64Array;
  /** Its shift, r. */
  beta: Float64Array;
  /** Normalized features, K x r, a row a class: |u_k|^2 = d. */
  U: Float64Array;
  /** Class features gamma o u_k + beta, K x r. */
  H: Float64Array;
  /** Mean predictions W h_k, K x K (rows: logits). */
  Z: Float64Array;
  /** Bias of the head, K; zeros where there is none. */
  b: Float64Array;
}

/** From a random start with so many channels. */
export function descendFromRandom(problem: LayerNormProblem, channels: number, seed: number): LayerNormDescent {
  const model = layerNormModel(problem, channels);
  const { at } = model;
  const generator = random(seed);
  const x = new Float64Array(at.end);
  const scale = Math.sqrt(searching.startingLogits / Math.sqrt(channels));
  for (let i = 0; i < at.beta; i++) x[i] = generator.normal() * (i < at.v ? scale : 1);
  return descend(problem, model, x);
}

/** From mean predictions (K x K, rows: logits): Z = P S Q' divided as the penalty asks for, w = P S^(1/3), G = S^(1/3), rows of v those of Q S^(1/3). */
export function descendFromPredictions(problem: LayerNormProblem, Z: Float64Array): LayerNormDescent {
  const { K } = problem;
  const model = layerNormModel(problem);
  const { channels: r, at } = model;
  const { U: P, S, V: Q } = svd(matrix(K, K, centred(Z, K)));
  const x = new Float64Array(at.end);
  // A vector of length 0 has no direction; a class whose prediction is 0 begins along the first.
  const least = 1e-6 * Math.max(S[0], 1e-6) ** (1 / 3);
  for (let c = 0; c < r; c++) {
    const part = S[c] ** (1 / 3);
    x[at.G + c * r + c] = part;
    for (let k = 0; k < K; k++) {
      x[k * r + c] = P.data[k * K + c] * part;
      x[at.v + k * r + c] = Q.data[k * K + c] * part + (c === 0 ? least : 0);
    }
  }
  return descend(problem, model, x);
}

/** From complete collapse, Z = 0, which only the bias can leave: no answer need be worse than that. */
export function descendFromNothing(problem: LayerNormProblem): LayerNormDescent {
  const model = layerNormModel(problem, 1);
  const x = new Float64Array(model.at.end);
  x.fill(1, model.at.v, model.at.beta);
  return descend(problem, model, x);
}

/** From where another one ended, with classes k and l in each other's place. */
export function descendFromExchange(
  problem: LayerNormProblem,
  { model, x: from }: LayerNormDescent,
  k: number,
  l: number,
): LayerNormDescent {
  const { channels: r, at } = model;
  const x = from.slice();
  const exchange = (begin: number, each: number): void => {
    for (let c = 0; c < each; c++) {
      x[begin + k * each + c] = from[begin + l * each + c];
      x[begin + l * each + c] = from[begin + k * each + c];
    }
  };
  exchange(0, r);
  exchange(at.v, r);
  if (at.end > at.b) exchange(at.b, 1);
  return descend(problem, model, x);
}

/** The same descent, continued as far as it leads. */
export function polished(problem: LayerNormProblem, { model, x }: LayerNormDescent): LayerNormDescent {
  return descend(problem, model, x, {
    evaluations: searching.looksOfBest,
    gradientShare: searching.gradientShareOfBest.layerNorm,
  });
}

function descend(
  problem: LayerNormProblem,
  model: LayerNormModel,
  start: Float64Array,
  to: { evaluations: number; gradientShare: number } = { evaluations: searching.looks, gradientShare: searching.gradientShare },
): LayerNormDescent {
  const { x, value, gradient, evaluations } = lbfgsNow(model.look, start, {
    evaluations: to.evaluations,
    gradient: to.gradientShare * problem.strength,
  });
  return { model, x, objective: value, gradient: Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0)) / value, evaluations };
}

/** Every column less its mean: what is equal in all logits changes nothing. */
function centred(Z: Float64Array, K: number): Float64Array {
  const out = Z.slice();
  for (let k = 0; k < K; k++) {
    let sum = 0;
    for (let i = 0; i < K; i++) sum += Z[i * K + k];
    for (let i = 0; i < K; i++) out[i * K + k] -= sum / K;
  }
  return out;
}

/** The network that a descent's end stands for: channels turned so that G is diagonal, in the units of the problem. */
export function networkOf(
  { K, width, lambdaW, lambdaNorm }: LayerNormProblem,
  { model, x }: Pick<LayerNormDescent, "model" | "x">,
): LayerNormNetwork {
  const r = model.channels;
  const { w, G, directions, beta, b } = model.unpack(x);
  const { U: P, S, V: Q } = svd(matrix(r, r, G.slice()));
  const ratio = (lambdaNorm / lambdaW) ** 0.25;
  const quarter = width ** 0.25;
  const W = new Float64Array(K * r);
  times(W, w, P.data, K, r, r);
  const U = new Float64Array(K * r);
  times(U, directions, Q.data, K, r, r);
  const shift = new Float64Array(r);
  for (let c = 0; c < r; c++) for (let a = 0; a < r; a++) shift[c] += (P.data[a * r + c] * beta[a]) / ratio / quarter;
  const gamma = S.map((s) => s / ratio / quarter);
  for (let i = 0; i < K * r; i++) {
    W[i] *= ratio / quarter;
    U[i] *= Math.sqrt(width);
  }
  const H = U.map((u, i) => gamma[i % r] * u + shift[i % r]);
  const Z = new Float64Array(K * K);
  timesTranspose(Z, W, H, K, K, r);
  return { channels: r, W, gamma, beta: shift, U, H, Z, b: b.length > 0 ? b.slice() : new Float64Array(K) };
}
