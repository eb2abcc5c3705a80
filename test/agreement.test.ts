import { expect, test } from "vitest";
import { random } from "../src/math/random.ts";
import { problem } from "../src/problem/index.ts";
import { certify, solve } from "../src/solver/index.ts";
import { balanced, balancedBlocks, twoClusterBlocks, twoClusters } from "../src/theory/index.ts";

/**
 * Closed forms and solver share no code: where they agree each proves the other, and the certificate proves both.
 * The solver sees the closed form's problem as (counts, lambda); the closed form never sees the solver.
 */
const repeat = (k: number, n: number): number[] => new Array<number>(k).fill(n);

/** Largest difference of block values, relative to the largest |z| (1 at least). */
function distance(x: { other: Float64Array; own: Float64Array; bias: Float64Array }, y: typeof x): number {
  let worst = 0;
  let scale = 1;
  for (const key of ["other", "own", "bias"] as const) {
    x[key].forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - y[key][i]));
      scale = Math.max(scale, Math.abs(value));
    });
  }
  return worst / scale;
}

const lambdaBs = [0, 1e-6, 1e-4, 1e-2, 1, 100, Number.POSITIVE_INFINITY];

test("two clusters: formula and solver agree to 1e-9 on 500 problems, thresholds within 1e-9 and imbalance 1e6 included", () => {
  const r = random(20230101);
  const phases = new Set<string>();
  let compared = 0;
  for (let i = 0; i < 500; i++) {
    const kA = 2 + r.integer(8);
    const kB = 2 + r.integer(8);
    const nB = Math.max(1, Math.round(10 ** (r.uniform() * 3)));
    const nA = Math.max(nB + 1, i % 10 === 0 ? nB * 1_000_000 : Math.round(nB * 10 ** (r.uniform() * 4)));
    const N = kA * nA + kB * nB;
    const near = 1 + (r.uniform() - 0.5) * 2e-9;
    const s =
      i % 5 === 0
        ? Math.sqrt(nB) * near
        : i % 5 === 1
          ? Math.sqrt(nA) * near
          : Math.sqrt(nA) * 1.05 * 10 ** (-4 * r.uniform() ** 2);
    const lambdaB = lambdaBs[i % lambdaBs.length];
    const lambdaZ = s / N;
    const formula = twoClusters({ kA, nA, kB, nB, lambdaZ, lambdaB });
    const p = problem({ counts: [...repeat(kA, nA), ...repeat(kB, nB)], lambdaZ, lambdaB });
    const blocks = twoClusterBlocks(kA, kB, formula);
    const solved = solve(p, { tolerance: 1e-12 });
    const proof = certify(p, blocks);
    const label = JSON.stringify({ i, kA, nA, kB, nB, s, lambdaB, phase: formula.phase });
    expect(proof.gap / proof.objective, `gap of the formula ${label}`).toBeLessThan(1e-10);
    expect(Math.abs(solved.certificate.objective / proof.objective - 1), `objective ${label}`).toBeLessThan(1e-12);
    expect(distance(solved.answer, blocks), `blocks ${label}`).toBeLessThan(1e-9);
    phases.add(formula.phase);
    compared++;
  }
  expect(compared).toBe(500);
  expect([...phases].sort()).toEqual(["a", "b", "c", "d"]);
});

test("balanced: formula, solver and the two-cluster formula in the limit of equal counts", () => {
  const r = random(7);
  for (let i = 0; i < 100; i++) {
    const K = 2 + r.integer(40);
    const n = 1 + r.integer(100_000);
    const s = Math.sqrt(n) * (i % 4 === 0 ? 1 + (r.uniform() - 0.5) * 2e-9 : 1.2 * r.uniform() + 1e-6);
    const lambdaZ = s / (K * n);
    const p = problem({ counts: repeat(K, n), lambdaZ, lambdaB: lambdaBs[i % lambdaBs.length] });
    const blocks = balancedBlocks(K, balanced(K, n, lambdaZ));
    const solved = solve(p);
    expect(distance(solved.answer, blocks)).toBeLessThan(1e-12);
    // The start is the closed form already, with every penalty on the bias.
    expect(solved.iterations, JSON.stringify({ i, K, n, s })).toBeLessThan(10);
    const proof = certify(p, blocks);
    expect(proof.gap / proof.objective).toBeLessThan(1e-13);
  }
  // n_A -> n_B: b = c = a = d (Theorem 3.2 contains 3.1(c)).
  const near = twoClusters({ kA: 4, nA: 1_000_001, kB: 6, nB: 1_000_000, lambdaZ: 3e-5, lambdaB: 0.01 });
  const a = balanced(10, 1_000_000, 3e-5);
  for (const value of [near.a, near.b, near.c, near.d]) expect(Math.abs(value / a - 1)).toBeLessThan(2e-5);
});
