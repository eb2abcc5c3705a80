import { expect, it } from "vitest";
import { InputError } from "../../src/errors.ts";
import { random } from "../../src/math/random.ts";
import { nonnegativeEvents, predict } from "../../src/prediction/index.ts";
import { clustersOf, type Problem, problem, usualTolerance } from "../../src/problem/index.ts";
import { solveNonnegative } from "../../src/solver/index.ts";
import { nonnegativeBiasFree, nonnegativePhase } from "../../src/theory/index.ts";

it("bias-free nonnegative features: formula and certified solver agree, and the certificate is that of nonnegative features", () => {
  const r = random(21);
  let gone = 0;
  for (let i = 0; i < 60; i++) {
    const K = 2 + r.integer(12);
    const counts = Array.from({ length: K }, () => Math.ceil(10 ** (4 * r.uniform())));
    const weights = i % 2 ? counts.map(() => 0.3 + r.uniform()) : undefined;
    const N = counts.reduce((a, b) => a + b, 0);
    const s = Math.sqrt(Math.max(...counts)) * 10 ** (-3 * r.uniform());
    const p = problem({ counts, lambdaZ: s / N, nonnegative: true, weights });
    const tau = nonnegativeBiasFree(p);
    const found = predict(p);
    expect(found.certified).toBe(true);
    const scale = Math.max(1, ...tau);
    for (let k = 0; k < K; k++)
      for (let j = 0; j < K; j++)
        expect(Math.abs(found.Z[j][k] - tau[k] * ((j === k ? 1 : 0) - 1 / K))).toBeLessThan(1e-6 * scale);
    const zero = tau.flatMap((t, k) => (t === 0 ? [k] : []));
    expect(found.vanished).toEqual(zero);
    gone += zero.length;
  }
  expect(gone).toBeGreaterThan(20);
});

it("refuses a bias and remedies other than weights", () => {
  expect(() => nonnegativeBiasFree(problem({ counts: [5, 3], lambdaZ: 0.1, lambdaB: 1 }))).toThrow(InputError);
  expect(() => nonnegativeBiasFree(problem({ counts: [5, 3], lambdaZ: 0.1, smoothing: 0.2 }))).toThrow(/^smoothing/);
});

it("phases of two clusters: the certified solver says the same, biases and thresholds within 1e-6 included", () => {
  const r = random(99);
  const seen: Record<string, number> = { a: 0, c: 0, d: 0 };
  for (let i = 0; i < 400; i++) {
    const kA = 2 + r.integer(6);
    const kB = 2 + r.integer(6);
    const nB = Math.ceil(10 ** (3 * r.uniform()));
    const nA = Math.ceil(nB * 10 ** (3 * r.uniform() ** 2)) + 1;
    const lambdaB = [Number.POSITIVE_INFINITY, 0][i % 5] ?? 10 ** (-5 + 6 * r.uniform());
    const N = kA * nA + kB * nB;
    const of = (lambdaZ: number) =>
      problem({ counts: [...new Array(kA).fill(nA), ...new Array(kB).fill(nB)], lambdaZ, lambdaB, nonnegative: true });
    // Half of them next to an event of the problem at hand, found by another route.
    const events = nonnegativeEvents(of(1)).events.map((e) => e.lambdaZ);
    const lambdaZ =
      i % 2 ? (Math.sqrt(nA) * 1.2 * r.uniform()) / N : events[r.integer(events.length)] * (1 + (r.integer(2) ? 1 : -1) * 1e-6);
    const letter = nonnegativePhase({ kA, kB, nA, nB, lambdaZ, lambdaB });
    const { vanished, certified } = predictUfmPlus(of(lambdaZ));
    expect(certified).toBe(true);
    const truth = { 0: "a", [kB]: "c", [kA + kB]: "d" }[vanished.length];
    expect(letter, JSON.stringify({ kA, kB, nA, nB, lambdaZ, lambdaB })).toBe(truth);
    if (truth === "c") expect(vanished[0]).toBe(kA);
    seen[letter]++;
  }
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(40);
});

it("at a threshold itself the classes have vanished already", () => {
  // Bias-free, four classes: the force on one at 0 is sqrt(12/4^2 n). N = 64, so that N lambda_Z is the force to the last bit.
  const [nA, nB] = [20, 12];
  const at = (n: number) => (Math.sqrt(n) * (Math.sqrt(12) / 4)) / 64;
  const phase = (lambdaZ: number) => nonnegativePhase({ kA: 2, kB: 2, nA, nB, lambdaZ, lambdaB: Number.POSITIVE_INFINITY });
  expect([0.999 * at(nB), at(nB), 0.999 * at(nA), at(nA)].map(phase)).toEqual(["a", "c", "c", "d"]);
});

/** Vanished classes of the certified solution of (UFM+). */
function predictUfmPlus(p: Problem): { vanished: number[]; certified: boolean } {
  // Next to a threshold a wrong zero costs less than 1e-14 of the objective: asked for more than rounding allows, the solver revives it.
  const { answer, certificate } = solveNonnegative(p, { tolerance: 1e-14 });
  const clusters = clustersOf(p);
  const J = clusters.length;
  const zero = clusters.map((_, j) => answer.own[j] === 0 && clusters.every((_, i) => answer.other[i * J + j] === 0));
  return {
    vanished: clusters.flatMap((c, j) => (zero[j] ? c.classes : [])).sort((x, y) => x - y),
    certified: certificate.ufmPlus.relativeGap <= usualTolerance,
  };
}
