import { expect, test } from "vitest";
import { random } from "../../src/math/index.ts";
import { addToSums, emptySums, frameOf } from "../../src/measure/index.ts";
import { nearestMeans } from "../../src/measure/nearest-means.ts";

/** How far from its own class mean to the partner's a sample lies: near its own, about the middle on either side, and beyond. */
const shares = [0.1, 0.3, 0.46, 0.49, 0.51, 0.54, 0.59, 0.7, 1];

/** Class means that come in pairs, and samples between the two of a pair. */
function pairsOfMeans(K: number, d: number, scale: number, apart: number) {
  const r = random(7);
  const means = Array.from({ length: K }, () => Array.from({ length: d }, () => scale * r.normal()));
  for (let k = 0; k + 1 < K; k += 2) means[k + 1] = means[k].map((x) => x + scale * apart * r.normal());
  const samples = means.flatMap((own, k) =>
    shares.map((share) => ({
      label: k,
      share,
      h: own.map((x, j) => x + share * (means[k % 2 === 0 ? k + 1 : k - 1][j] - x) + 0.01 * scale * apart * r.normal()),
    })),
  );
  return { means, samples };
}

test.each([
  ["as they come", 1, 1e-4, true],
  ["tiny", 1e-25, 1e-4, true],
  ["beyond float32", 1e45, 1e-4, true],
  ["in float32's last digits", 1e12, 1e-5, true],
  ["clearly apart", 1, 1, false],
  ["clearly apart and small", 1e-6, 0.3, false],
])("the nearest mean is that of float64, features %s", (_, scale, apart, hard) => {
  for (const empty of [0, 1]) {
    const [K, d] = [24, 40];
    const { means, samples } = pairsOfMeans(K, d, scale, apart);
    const n = samples.length;
    // The means are those of the classes' only samples; a class without samples is nobody's nearest.
    const sums = emptySums(K + empty, d);
    for (let copy = 0; copy < 2; copy++)
      addToSums(sums, { n: K, features: Float64Array.from(means.flat()), labels: Array.from(means.keys()) });
    const frame = frameOf(sums);
    const { r, basis, projected } = frame;
    const Y = new Float64Array(n * r);
    samples.forEach(({ h, label }, i) => {
      for (let a = 0; a < r; a++)
        for (let j = 0; j < d; j++)
          Y[i * r + a] += (h[j] - frame.means[label * d + j]) * (basis ? basis[a * d + j] : a === j ? 1 : 0);
    });
    const place = (i: number, a: number): number => (Y[i * r + a] + projected[samples[i].label * r + a]) / scale;
    const distances = samples.map((_, i) =>
      means.map((_, c) => {
        let sum = 0;
        for (let a = 0; a < r; a++) sum += (place(i, a) - projected[c * r + a] / scale) ** 2;
        return sum;
      }),
    );
    const rough = samples.map((_, i) => {
      const scores = means.map((_, c) => {
        let [dot, square] = [0, 0];
        for (let a = 0; a < r; a++) {
          const m = projected[c * r + a] / scale;
          dot = Math.fround(dot + Math.fround(Math.fround(place(i, a)) * Math.fround(m)));
          square += m ** 2;
        }
        return dot - square / 2;
      });
      return scores.indexOf(Math.max(...scores));
    });
    const found = nearestMeans(frame, { n, features: new Float64Array(0), labels: samples.map((x) => x.label) }, Y);
    // Scores of float64 are off by at most (r + 2) u |x||mu|, here 2e-13.
    const wrong = (of: ArrayLike<number>): number[] =>
      distances.flatMap((of_, i) => (of_[of[i]] > Math.min(...of_) + 1e-12 ? [i] : []));
    expect(wrong(found)).toEqual([]);
    // Beyond the middle it is the partner's, though its own is the only one that is asked about first.
    samples.forEach(({ label, share }, i) => {
      if (Math.abs(share - 0.5) > 0.03)
        expect(found[i], `sample ${i}`).toBe(share < 0.5 ? label : label % 2 === 0 ? label + 1 : label - 1);
    });
    // Where means are near, float32 alone would be wrong.
    expect(wrong(rough).length > n / 20).toBe(hard);
  }
});

test("beside one very long mean every class is near a sample's best: float64 decides", () => {
  const [K, d] = [700, 6];
  const r = random(9);
  const means = Array.from({ length: K }, (_, k) => Array.from({ length: d }, () => (k === 0 ? 1e7 : 1) * r.normal()));
  const sums = emptySums(K, d);
  addToSums(sums, { n: K, features: Float64Array.from(means.flat()), labels: means.map((_, k) => k) });
  const frame = frameOf(sums);
  // Samples near the middle between two means, a little nearer to the second.
  const labels = Array.from({ length: 200 }, (_, i) => i + 1);
  const towards = labels.map((k) => {
    const away = means.map((mu, c) =>
      c === k || c === 0 ? Number.POSITIVE_INFINITY : Math.hypot(...mu.map((x, j) => x - means[k][j])),
    );
    return away.indexOf(Math.min(...away));
  });
  const H = labels.map((k, i) => means[k].map((x, j) => x + 0.51 * (means[towards[i]][j] - x)));
  const basis = frame.basis as Float64Array;
  const Y = Float64Array.from(
    H.flatMap((h, i) =>
      Array.from({ length: frame.r }, (_, a) => h.reduce((sum, x, j) => sum + (x - means[labels[i]][j]) * basis[a * d + j], 0)),
    ),
  );
  const found = nearestMeans(frame, { n: labels.length, features: new Float64Array(0), labels }, Y);
  labels.forEach((_, i) => {
    const apart = (c: number): number => Math.hypot(...H[i].map((x, j) => x - means[c][j]));
    const least = Math.min(...means.map((_, c) => apart(c)));
    expect(apart(found[i]), `sample ${i}`).toBeLessThan(least * (1 + 1e-6));
  });
});
