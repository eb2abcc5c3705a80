import { expect, test } from "vitest";
import { predict } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { dense } from "./hostile/dense.ts";

/** Problems that were not solved to the tolerance once, or to other digits than those printed: each against the proof of hostile/dense.ts, which shares no code with src/. */
test.each([
  ["label smoothing, tiny lambda_Z", { counts: [200, 100], lambdaZ: 1e-8, smoothing: 0.1 }],
  ["with weights", { counts: [1000, 100, 10], weights: [1, 10, 100], smoothing: 0.1, lambdaZ: 1e-6 }],
  [
    "with weights and factors",
    { counts: [166515, 5530, 183], lambdaZ: 4.59e-6, factors: [1, 5.49, 30.2], weights: [1, 30.1, 910], smoothing: 0.05 },
  ],
  ["a penalty that is all but 0", { counts: [2, 1], lambdaZ: 1e-12, smoothing: 0.1 }],
  ["nearly equal counts beside a threshold", { counts: [...new Array<number>(6).fill(8962), 8967, 25715], lambdaZ: 0.00107025 }],
  ["complete collapse, with next to no penalty on the bias", { counts: [2, 6, 6], lambdaZ: 0.17496355, lambdaB: 1e-12 }],
])("%s: proved by the dense certificate, 1'(Z/Delta) = 0 and 1'(b/Delta) = 0, equal classes alike", (_, input) => {
  const p = problem(input);
  const { Z, b, certified, rank, singularValues } = predict(p);
  expect(certified).toBe(true);
  const proof = dense(p, Z, b);
  expect(proof.relativeGap).toBeLessThan(1e-12);
  expect(rank).toBeLessThan(p.K);
  const largest = Math.max(proof.singularValues[0], 1);
  singularValues.forEach((x, l) => {
    expect(Math.abs(x - proof.singularValues[l])).toBeLessThan(1e-12 * largest);
  });
  const centre = (column: readonly number[]): number => column.reduce((sum, z, i) => sum + z / (p.factors?.[i] ?? 1), 0);
  const most = Math.max(1, ...Z.flat().map(Math.abs));
  for (let k = 0; k < p.K; k++) expect(Math.abs(centre(Z.map((row) => row[k])))).toBeLessThan(1e-13 * p.K * most);
  expect(Math.abs(centre(b))).toBeLessThan(1e-13 * p.K);
});

test("with label smoothing the limit of lambda_Z -> 0 is finite: every column's probabilities are its targets", () => {
  const p = problem({ counts: [2, 1], lambdaZ: 1e-12, smoothing: 0.1 });
  const { Z, singularValues } = predict(p);
  // log(0.95 / 0.05) / 2 on the diagonal.
  const z = Math.log(19) / 2;
  for (const [i, k] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ])
    expect(Math.abs(Z[i][k] - (i === k ? z : -z))).toBeLessThan(1e-10);
  expect(Math.abs(singularValues[0] - z * Math.sqrt(6))).toBeLessThan(1e-10);
});
