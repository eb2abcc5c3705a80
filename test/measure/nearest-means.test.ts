import { expect, test } from "vitest";
import { random } from "../../src/math/index.ts";
import { addToSums, emptySums, frameOf } from "../../src/measure/index.ts";
import { nearestMeans } from "../../src/measure/nearest-means.ts";

/** Classes whose means come in pairs that float32 cannot tell apart, and samples near the middle between two. */
function pairsOfMeans(K: number, d: number, n: number, scale: number, apart: number) {
  const r = random(7);
  const means = Array.from({ length: K }, () => Array.from({ length: d }, () => r.normal()));
  for (let k = 0; k + 1 < K; k += 2) means[k + 1] = means[k].map((x) => x + apart * r.normal());
  const labels = Array.from({ length: n }, (_, i) => i % K);
  const features = Float64Array.from({ length: n * d }, (_, e) => {
    const k = labels[Math.floor(e / d)];
    const partner = Math.min(K - 1, k % 2 === 0 ? k + 1 : k - 1);
    const share = 0.45 + 0.1 * random(Math.floor(e / d)).uniform();
    return scale * ((1 - share) * means[k][e % d] + share * means[partner][e % d] + 0.1 * apart * r.normal());
  });
  return { labels, features };
}

test.each([
  ["as they come", 1, 1e-4],
  ["tiny", 1e-25, 1e-4],
  ["beyond float32", 1e45, 1e-4],
  ["in float32's last digits", 1e12, 1e-5],
  ["clearly apart", 1, 1],
])("the nearest mean is that of float64, features %s", (_, scale, apart) => {
  const [K, d, n] = [24, 40, 240];
  const block = { n, ...pairsOfMeans(K, d, n, scale, apart) };
  // A class without samples is nobody's nearest.
  const sums = emptySums(K + 1, d);
  addToSums(sums, block);
  const frame = frameOf(sums);
  const { r, basis, means, projected } = frame;
  const Y = new Float64Array(n * r);
  for (let i = 0; i < n; i++)
    for (let a = 0; a < r; a++)
      for (let j = 0; j < d; j++) {
        const apart = block.features[i * d + j] - means[block.labels[i] * d + j];
        Y[i * r + a] += apart * (basis ? basis[a * d + j] : a === j ? 1 : 0);
      }
  const found = nearestMeans(frame, block, Y, new Float64Array(n * (K + 1)));
  let float32 = 0;
  for (let i = 0; i < n; i++) {
    const distance = (c: number): number => {
      let sum = 0;
      for (let a = 0; a < r; a++) sum += ((Y[i * r + a] - projected[c * r + a]) / scale) ** 2;
      return sum;
    };
    const rough = (c: number): number => {
      let [dot, square] = [0, 0];
      for (let a = 0; a < r; a++) {
        const [x, m] = [Math.fround(Y[i * r + a] / scale), Math.fround(projected[c * r + a] / scale)];
        dot = Math.fround(dot + Math.fround(x * m));
        square += (projected[c * r + a] / scale) ** 2;
      }
      return square / 2 - dot;
    };
    const all = Array.from({ length: K }, (_, c) => c);
    const least = Math.min(...all.map(distance));
    // Scores of float64 are off by at most (r + 2) u |x||mu|, here 2e-13.
    expect(distance(found[i])).toBeLessThanOrEqual(least + 1e-12);
    const guess = all.reduce((best, c) => (rough(c) < rough(best) ? c : best), 0);
    if (distance(guess) > least + 1e-12) float32++;
  }
  // Where means are near, float32 alone would be wrong.
  if (apart < 1) expect(float32).toBeGreaterThan(n / 20);
});
