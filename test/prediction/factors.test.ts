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
