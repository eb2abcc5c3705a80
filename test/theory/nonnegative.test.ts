import { expect, it } from "vitest";
import { InputError } from "../../src/errors.ts";
import { random } from "../../src/math/random.ts";
import { predict } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { nonnegativeBiasFree } from "../../src/theory/index.ts";

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
