import { matrix, norm2 } from "../../src/math/matrix.ts";
import { random } from "../../src/math/random.ts";
import { svd } from "../../src/math/svd.ts";

/** Samples in memory, with a head. */
export interface Cloud {
  features: Float64Array;
  labels: number[];
  d: number;
  K: number;
  head: { W: Float64Array; b: Float64Array };
}

/** Clouds around random means, labels shuffled. */
export function clouds(counts: readonly number[], d: number, spread: number, seed: number): Cloud {
  const r = random(seed);
  const labels = r.shuffle(counts.flatMap((n, k) => new Array<number>(n).fill(k)));
  const means = counts.map(() => Array.from({ length: d }, () => r.normal()));
  const features = new Float64Array(labels.length * d);
  labels.forEach((k, i) => {
    for (let j = 0; j < d; j++) features[i * d + j] = 3 + means[k][j] + spread * r.normal();
  });
  const head = {
    W: Float64Array.from({ length: counts.length * d }, () => r.normal()),
    b: Float64Array.from(counts, () => r.normal()),
  };
  return { features, labels, d, K: counts.length, head };
}

/** What they give. */
export interface Plain {
  paper: number;
  sampleWeighted: number;
  classBalanced: number;
  traceRatio: number;
  cdnv: number;
  equiangular: number;
  equiangularWeights: number;
  etfDistance: number;
  blockDeviation: number;
  nc3: number;
  nc4: number;
  Z: number[][];
}

/** The formulas of theory section 8 as they are printed: d x d matrices, a pseudo-inverse, one loop a formula. */
export function plain({ features, labels, d, K, head }: Cloud): Plain {
  const N = labels.length;
  const row = (i: number): number[] => Array.from(features.subarray(i * d, i * d + d));
  const of = (k: number): number[][] => labels.flatMap((l, i) => (l === k ? [row(i)] : []));
  const mean = (rows: number[][]): number[] => rows[0].map((_, j) => rows.reduce((s, h) => s + h[j], 0) / rows.length);
  const counts = Array.from({ length: K }, (_, k) => of(k).length);
  const mu = Array.from({ length: K }, (_, k) => mean(of(k)));
  const g = mean(labels.map((_, i) => row(i)));
  const gTilde = mean(mu);
  const outer = (pairs: [number, number[]][]): number[][] =>
    Array.from({ length: d }, (_, a) => Array.from({ length: d }, (_, b) => pairs.reduce((s, [w, x]) => s + w * x[a] * x[b], 0)));
  const minus = (x: number[], y: number[]): number[] => x.map((v, j) => v - y[j]);
  const SigmaW = outer(labels.map((k, i) => [1 / N, minus(row(i), mu[k])]));
  const trace = (pairs: [number, number[]][]): number => {
    const { U, S, V } = svd(matrix(d, d, Float64Array.from(outer(pairs).flat())));
    let sum = 0;
    for (let l = 0; l < d; l++) {
      if (S[l] <= 1e-12 * S[0]) continue;
      for (let a = 0; a < d; a++)
        for (let b = 0; b < d; b++) sum += (SigmaW[a][b] * V.data[b * d + l] * U.data[a * d + l]) / S[l];
    }
    return sum / K;
  };
  const square = (x: number[]): number => x.reduce((s, v) => s + v * v, 0);
  const v = mu.map((m, k) => of(k).reduce((s, h) => s + square(minus(h, m)), 0) / counts[k]);
  let cdnv = 0;
  for (let k = 0; k < K; k++) for (let l = k + 1; l < K; l++) cdnv += (v[k] + v[l]) / (2 * square(minus(mu[k], mu[l])));
  const logits = (h: number[]): number[] => Array.from(head.b, (b, k) => b + h.reduce((s, x, j) => s + x * head.W[k * d + j], 0));
  const argmax = (x: number[]): number => x.indexOf(Math.max(...x));
  const nearest = (h: number[]): number => argmax(mu.map((m) => -square(minus(h, m))));
  const M = mu.flatMap((m) => minus(m, gTilde));
  const dot = (x: number[], y: number[]): number => x.reduce((s, v, j) => s + v * y[j], 0);
  const angles = (rows: number[][]): number => {
    let sum = 0;
    for (let k = 0; k < K; k++)
      for (let l = 0; l < k; l++)
        sum += Math.abs(dot(rows[k], rows[l]) / Math.sqrt(square(rows[k]) * square(rows[l])) + 1 / (K - 1));
    return sum / ((K * (K - 1)) / 2);
  };
  const gram = mu.flatMap((m) => mu.map((l) => dot(minus(m, gTilde), minus(l, gTilde))));
  const Z = Array.from({ length: K }, (_, i) => mu.map((m) => m.reduce((s, x, j) => s + x * head.W[i * d + j], 0)));
  const sizes = { gram: norm2(gram), W: norm2(head.W), M: norm2(M) };
  return {
    paper: trace(mu.map((m) => [1 / K, minus(m, g)])),
    sampleWeighted: trace(mu.map((m, k) => [counts[k] / N, minus(m, g)])),
    classBalanced: trace(mu.map((m) => [1 / K, minus(m, gTilde)])),
    traceRatio: SigmaW.reduce((s, r, a) => s + r[a], 0) / mu.reduce((s, m) => s + square(minus(m, g)) / K, 0),
    cdnv: cdnv / ((K * (K - 1)) / 2),
    equiangular: angles(mu.map((m) => minus(m, gTilde))),
    equiangularWeights: angles(mu.map((_, k) => Array.from(head.W.subarray(k * d, k * d + d)))),
    etfDistance: norm2(gram.map((x, e) => x / sizes.gram - ((e % (K + 1) === 0 ? 1 : 0) - 1 / K) / Math.sqrt(K - 1))),
    blockDeviation: blockDeviation(counts, Z),
    nc3: norm2(M.map((x, e) => head.W[e] / sizes.W - x / sizes.M)),
    nc4: labels.filter((_, i) => nearest(row(i)) !== argmax(logits(row(i)))).length / N,
    Z,
  };
}

/** Standard deviations block by block, from lists of the entries. */
function blockDeviation(counts: number[], Z: number[][]): number {
  const blocks = new Map<string, number[]>();
  Z.forEach((row, i) => {
    row.forEach((z, k) => {
      const name = i === k ? `own ${counts[k]}` : `${counts[i]} ${counts[k]}`;
      const block = blocks.get(name);
      if (block) block.push(z);
      else blocks.set(name, [z]);
    });
  });
  const deviation = (x: number[]): number => {
    const mean = x.reduce((a, b) => a + b, 0) / x.length;
    return Math.sqrt(x.reduce((s, v) => s + (v - mean) ** 2, 0) / x.length);
  };
  return Math.max(...[...blocks.values()].map(deviation)) / Math.max(...Z.flat().map(Math.abs));
}
