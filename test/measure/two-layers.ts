import { lbfgs } from "../../src/math/lbfgs.ts";
import { random } from "../../src/math/random.ts";

/** What the last two layers of a network take: n rows of p numbers with labels. */
export interface Inputs {
  phi: Float64Array;
  labels: number[];
  p: number;
  K: number;
}

/** The last two layers, W (K x d), V (d x p), v (d), b (K). */
export interface TwoLayers {
  W: Float64Array;
  V: Float64Array;
  v: Float64Array;
  b: Float64Array;
  objective: number;
}

/**
 * The last two layers at the minimum of (1/n) sum CE(W(V phi + v) + b) + (lambda/2)(|W|^2 + |V|^2 + |v|^2) + (lambda_b/2)|b|^2, by L-BFGS on these very weights from a random start: no
 * convex problem, no nuclear norm. `biasDecay` Infinity: no b; 0: v does not decay either.
 */
export async function trained(
  { phi, labels, p, K }: Inputs,
  { d, decay, biasDecay = decay, seed = 1 }: { d: number; decay: number; biasDecay?: number; seed?: number },
): Promise<TwoLayers> {
  const n = labels.length;
  const r = random(seed);
  const [atV, atv, atb, length] = [K * d, K * d + d * p, K * d + d * p + d, K * d + d * p + d + K];
  const decayOf = (e: number): number => (e < atv ? decay : e < atb ? (biasDecay === 0 ? 0 : decay) : biasDecay);
  const f = async (x: Float64Array) => {
    const gradient = new Float64Array(length);
    let value = 0;
    for (let i = 0; i < n; i++) {
      const h = Float64Array.from({ length: d }, (_, c) => {
        let sum = x[atv + c];
        for (let j = 0; j < p; j++) sum += x[atV + c * p + j] * phi[i * p + j];
        return sum;
      });
      const u = Float64Array.from({ length: K }, (_, k) => {
        let sum = biasDecay < Number.POSITIVE_INFINITY ? x[atb + k] : 0;
        for (let c = 0; c < d; c++) sum += x[k * d + c] * h[c];
        return sum;
      });
      const top = Math.max(...u);
      const total = u.reduce((sum, z) => sum + Math.exp(z - top), 0);
      value += (top + Math.log(total) - u[labels[i]]) / n;
      const back = new Float64Array(d);
      for (let k = 0; k < K; k++) {
        const residual = (Math.exp(u[k] - top) / total - (k === labels[i] ? 1 : 0)) / n;
        if (biasDecay < Number.POSITIVE_INFINITY) gradient[atb + k] += residual;
        for (let c = 0; c < d; c++) {
          gradient[k * d + c] += residual * h[c];
          back[c] += residual * x[k * d + c];
        }
      }
      for (let c = 0; c < d; c++) {
        gradient[atv + c] += back[c];
        for (let j = 0; j < p; j++) gradient[atV + c * p + j] += back[c] * phi[i * p + j];
      }
    }
    for (let e = 0; e < (biasDecay < Number.POSITIVE_INFINITY ? length : atb); e++) {
      value += (decayOf(e) / 2) * x[e] * x[e];
      gradient[e] += decayOf(e) * x[e];
    }
    return { value, gradient };
  };
  const start = Float64Array.from({ length }, (_, e) => (e < atv ? 0.3 * r.normal() : 0));
  const { x, value } = await lbfgs(f, start, { evaluations: 1500, memory: 40 });
  return { W: x.slice(0, atV), V: x.slice(atV, atv), v: x.slice(atv, atb), b: x.slice(atb), objective: value };
}

/** Features V phi + v, n x d. */
export function featuresOf({ phi, labels, p }: Inputs, { V, v }: TwoLayers): Float64Array {
  const d = v.length;
  return Float64Array.from({ length: labels.length * d }, (_, e) => {
    const [i, c] = [Math.floor(e / d), e % d];
    let sum = v[c];
    for (let j = 0; j < p; j++) sum += V[c * p + j] * phi[i * p + j];
    return sum;
  });
}

/** Mean predictions W mean(h), K x K, rows = logits. */
export function meanPredictions(inputs: Inputs, layers: TwoLayers): Float64Array {
  const { labels, K } = inputs;
  const h = featuresOf(inputs, layers);
  const d = layers.v.length;
  const Z = new Float64Array(K * K);
  const counts = new Float64Array(K);
  for (const k of labels) counts[k]++;
  labels.forEach((k, i) => {
    for (let l = 0; l < K; l++) for (let c = 0; c < d; c++) Z[l * K + k] += (layers.W[l * d + c] * h[i * d + c]) / counts[k];
  });
  return Z;
}

/** Gaussian inputs about class means, with a part that all share, as hidden values behind a ReLU have. */
export function inputs(counts: readonly number[], p: number, spread: number, seed: number): Inputs {
  const r = random(seed);
  const K = counts.length;
  const labels = r.shuffle(counts.flatMap((n, k) => new Array<number>(n).fill(k)));
  const means = Float64Array.from({ length: K * p }, () => r.normal());
  const phi = Float64Array.from(
    { length: labels.length * p },
    (_, e) => 0.7 + means[labels[Math.floor(e / p)] * p + (e % p)] + spread * r.normal(),
  );
  return { phi, labels, p, K };
}
