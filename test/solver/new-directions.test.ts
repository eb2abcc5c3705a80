import { expect, it } from "vitest";
import { random } from "../../src/math/random.ts";
import { clustersOf, problem } from "../../src/problem/index.ts";
import { reduce } from "../../src/solver/index.ts";
import { coreGradient } from "../../src/solver/new-directions.ts";

it("the gradient of the loss in the core is that of the whole problem, by differences, with gaps and every remedy", () => {
  const r = random(81);
  for (let trial = 0; trial < 6; trial++) {
    const sizes = [3, 2, 1, 4];
    const each = (of: () => number): number[] => sizes.flatMap((k) => new Array<number>(k).fill(of()));
    const p = problem({
      counts: sizes.flatMap((k, j) => new Array<number>(k).fill([90, 40, 12, 5][j])),
      lambdaZ: 0.01,
      weights: each(() => 10 ** (0.5 * r.normal())),
      offsets: each(() => r.normal()),
      factors: each(() => 10 ** (0.2 * r.normal())),
      smoothing: trial % 2 ? 0.1 : 0,
    });
    const reduced = reduce(p);
    const { J } = reduced;
    const of = new Int32Array(p.K);
    clustersOf(p).forEach((c, j) => {
      for (const k of c.classes) of[k] = j;
    });
    const M = Float64Array.from({ length: J * J }, () => 10 * r.normal());
    const alpha = Float64Array.from(reduced.size, (k) => (k > 1 ? 1 + r.uniform() : 0));
    const c = Float64Array.from({ length: J }, () => r.normal());
    // N times the loss, class by class: Z = sum_j alpha_j (I - J/k_j) + M_ij / sqrt(n_j k_i k_j) on the blocks.
    const loss = (core: Float64Array): number => {
      let total = 0;
      for (let k = 0; k < p.K; k++) {
        const j = of[k];
        const v = Array.from(of, (i, row) => {
          const gap = i === j ? alpha[j] * ((row === k ? 1 : 0) - 1 / reduced.size[j]) : 0;
          const z = core[i * J + j] / Math.sqrt(p.counts[k] * reduced.size[i] * reduced.size[j]) + gap + c[i];
          return (p.factors?.[row] as number) * z + (p.offsets?.[row] as number);
        });
        const log = Math.log(v.reduce((sum, x) => sum + Math.exp(x), 0));
        for (let i = 0; i < p.K; i++)
          total +=
            p.counts[k] * (p.weights?.[k] as number) * (p.smoothing / p.K + (i === k ? 1 - p.smoothing : 0)) * (log - v[i]);
      }
      return total;
    };
    const identity = Float64Array.from({ length: J * J }, (_, e) => (e % (J + 1) === 0 ? 1 : 0));
    const { G } = coreGradient(reduced, { rank: J, A: M, B: identity, alpha, c });
    const h = 1e-3;
    const largest = G.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    G.forEach((g, e) => {
      const at = (t: number): number => loss(M.map((x, l) => x + (l === e ? t : 0)));
      expect(Math.abs((at(h) - at(-h)) / (2 * h) - g)).toBeLessThan(1e-6 * largest);
    });
  }
});
