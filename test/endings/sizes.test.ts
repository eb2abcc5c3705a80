import { expect, test } from "vitest";
import { decayLook, mostBranches } from "../../src/endings/index.ts";
import { random } from "../../src/math/random.ts";

const row = (...x: number[]): Float64Array => Float64Array.from(x);

test("scale and shift beside the head: the ratio and what it looks like", () => {
  const norms = [
    { scale: row(1, 2), shift: row(0, 2) },
    { scale: row(3, 0), shift: null },
  ];
  expect(decayLook({ norms, headSquares: 18 })).toEqual({ normSquares: 18, headSquares: 18, ratio: 1, looks: "decayed" });
  expect(decayLook({ norms, headSquares: 9 }).looks).toBe("decayed");
  expect(decayLook({ norms, headSquares: 8.9 }).looks).toBe("unclear");
  expect(decayLook({ norms, headSquares: 37 }).looks).toBe("unclear");
  expect(decayLook({ norms, headSquares: 1.7 }).looks).toBe("spared");
  expect(decayLook({ norms, headSquares: 0 })).toMatchObject({ ratio: null, looks: "unclear" });
  expect(decayLook({ norms: [{ scale: row(1, 1), shift: row(0, 0) }], headSquares: 2 }).looks).toBe("start");
});

test("branches: the mean square of the sum of aligned branches over the sum of their mean squares", () => {
  // Channels of random features u of mean 0 and variance 1, h = sum_j (gamma_j u + beta_j) with gamma_j and beta_j in one proportion, so that the branches are aligned.
  const r = random(4);
  const shares = [1, 0.5, 0.2];
  const gamma = row(...Array.from({ length: 6 }, () => r.normal()));
  const beta = row(...Array.from({ length: 6 }, () => r.normal()));
  const norms = shares.map((share) => ({ scale: gamma.map((x) => share * x), shift: beta.map((x) => share * x) }));
  const n = 4000;
  const u = Array.from({ length: n }, () => r.normal());
  const mean = u.reduce((a, b) => a + b, 0) / n;
  const deviation = Math.sqrt(u.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n);
  let together = 0;
  for (let c = 0; c < 6; c++) for (const x of u) together += (1.7 * (gamma[c] * ((x - mean) / deviation) + beta[c])) ** 2 / n;
  const apart = 1.29 * gamma.reduce((sum, g, c) => sum + g * g + beta[c] ** 2, 0);
  expect(mostBranches(norms)).toBeCloseTo(together / apart, 9);
  expect(mostBranches([norms[0]])).toBeCloseTo(1, 12);
  expect(mostBranches([norms[0], norms[0], norms[0]])).toBeCloseTo(3, 12);
  // Side by side in different channels nothing is shared.
  expect(
    mostBranches([
      { scale: row(2, 0), shift: null },
      { scale: row(0, 5), shift: null },
    ]),
  ).toBe(1);
  expect(mostBranches([{ scale: row(0), shift: null }])).toBeNull();
});
