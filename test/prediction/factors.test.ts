import { expect, it } from "vitest";
import { factors, predict } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";

// Jacobi up to 200 classes, eigenvectors of a Gram matrix beyond: both are to make the same thing.
it.each([
  [90, 110, 0.5],
  [100, 100, 2],
  [100, 101, 0.5],
  [150, 60, 3],
])("%i classes of 300 and %i of 40: W'H is Z, and the two penalties are equal", (kA, kB, ratio) => {
  const counts = [...new Array<number>(kA).fill(300), ...new Array<number>(kB).fill(40)];
  const p = problem({ counts, lambdaW: 1e-4 * ratio, lambdaH: 1e-4 / ratio, lambdaB: 0.01 });
  const { Z, rank } = predict(p);
  expect(rank).toBeGreaterThan(1);
  const { d, W, H } = factors(p, Z);
  const largest = Math.max(...Z.flat().map(Math.abs));
  let worst = 0;
  let head = 0;
  let features = 0;
  for (let i = 0; i < p.K; i++)
    for (let k = 0; k < p.K; k++) {
      let z = 0;
      for (let l = 0; l < d; l++) z += W[i * d + l] * H[k * d + l];
      worst = Math.max(worst, Math.abs(z - Z[i][k]));
    }
  for (let k = 0; k < p.K; k++)
    for (let l = 0; l < d; l++) {
      head += p.lambdaW * W[k * d + l] ** 2;
      features += p.lambdaH * counts[k] * H[k * d + l] ** 2;
    }
  expect(worst).toBeLessThan(1e-9 * largest);
  expect(head / features).toBeCloseTo(1, 9);
});

it("nonnegative features: each class has its own direction, none is negative, and what vanished is 0 in both", () => {
  const p = problem({
    counts: [300, 300, 120, 40, 40, 7],
    lambdaW: 0.024,
    lambdaH: 0.006,
    lambdaB: 0.02,
    nonnegative: true,
  });
  const { Z, vanished } = predict(p);
  expect(vanished.length).toBeGreaterThan(0);
  expect(vanished.length).toBeLessThan(p.K);
  const { d, W, H } = factors(p, Z);
  expect(d).toBe(p.K);
  const largest = Math.max(...Z.flat().map(Math.abs));
  for (let i = 0; i < p.K; i++)
    for (let k = 0; k < p.K; k++) {
      const z = Array.from({ length: d }, (_, l) => W[i * d + l] * H[k * d + l]).reduce((x, y) => x + y, 0);
      expect(Math.abs(z - Z[i][k])).toBeLessThan(1e-12 * largest);
      if (i === k) expect(H[k * d + i] > 0).toBe(!vanished.includes(k));
      else expect(H[k * d + i]).toBe(0);
    }
  // Balanced penalties, class by class: lambda_W |w^l|^2 = lambda_H n_l |h_l|^2 for the l-th direction.
  for (let l = 0; l < d; l++) {
    const head = Array.from({ length: p.K }, (_, i) => W[i * d + l] ** 2).reduce((x, y) => x + y, 0);
    expect(Math.abs(p.lambdaW * head - p.lambdaH * p.counts[l] * H[l * d + l] ** 2)).toBeLessThan(1e-12 * largest);
  }
});
