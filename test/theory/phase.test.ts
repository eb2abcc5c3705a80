import fc from "fast-check";
import { expect, it } from "vitest";
import { InputError } from "../../src/errors.ts";
import { random } from "../../src/math/random.ts";
import { coreBoundaries, type Phase, phase, phaseGrid, type TwoClusters, twoClusters } from "../../src/theory/index.ts";

const inf = Number.POSITIVE_INFINITY;
/** Uniform in [0, 1]. (fc.double is uniform in the bits, so that most of its values are tiny.) */
const unit = fc.integer({ min: 0, max: 1_000_000 }).map((i) => i / 1_000_000);

/** s from just below sqrt(n_B) to just above sqrt(n_A), so that (b) and (c) are the rule. */
const anyPair: fc.Arbitrary<TwoClusters> = fc
  .record({
    kA: fc.integer({ min: 2, max: 40 }),
    kB: fc.integer({ min: 2, max: 40 }),
    small: unit,
    imbalance: unit,
    height: unit,
    lambdaB: fc.oneof(
      fc.constant(inf),
      fc.constant(0),
      unit.map((x) => 10 ** (8 * x - 6)),
    ),
  })
  .map(({ kA, kB, small, imbalance, height, lambdaB }) => {
    const nB = Math.ceil(10 ** (5 * small));
    const nA = Math.ceil(nB * 10 ** (5 * imbalance)) + 1;
    const s = Math.sqrt(nB) * 0.98 * (Math.sqrt(nA / nB) * 1.05) ** height;
    return { kA, kB, nA, nB, lambdaZ: s / (kA * nA + kB * nB), lambdaB };
  });

it("the classifier says what the whole solution says, lambda_b from 1e-6 to infinity, and 0", () => {
  const seen = new Map<Phase, number>();
  fc.assert(
    fc.property(anyPair, (p) => {
      const full = twoClusters(p).phase;
      seen.set(full, (seen.get(full) ?? 0) + 1);
      expect(phase(p)).toBe(full);
    }),
    { numRuns: 10_000, seed: 4 },
  );
  for (const letter of ["a", "b", "c", "d"] as const) expect(seen.get(letter) ?? 0, letter).toBeGreaterThan(100);
});

it("equal counts: no majority, so only (a) and (d)", () => {
  for (const lambdaZ of [1e-4, 0.0099, 0.0101, 0.5])
    expect(phase({ kA: 5, kB: 5, nA: 100, nB: 100, lambdaZ, lambdaB: inf })).toBe(lambdaZ < 0.01 ? "a" : "d");
});

it("a grid has one row a value of y and one letter a value of x", () => {
  const fixed = { kA: 5, kB: 5, nB: 100, ratio: 5, lambdaZ: 0.005, lambdaB: 0.02 };
  const grid = phaseGrid({
    x: { parameter: "lambdaZ", values: [0.0027, 0.0039, 0.0051, 0.0075] },
    y: { parameter: "ratio", values: [1, 5] },
    fixed,
  });
  // At ratio 5: the theory page's three values, and 0.0075 > sqrt(500)/3000.
  expect(grid).toEqual(["aaaa", "abcd"]);
  const other = phaseGrid({ x: { parameter: "kA", values: [3, 5] }, y: { parameter: "lambdaB", values: [0.02, inf] }, fixed });
  expect(other).toEqual(
    [0.02, inf].map((lambdaB) => [3, 5].map((kA) => phase({ kA, kB: 5, nA: 500, nB: 100, lambdaZ: 0.005, lambdaB })).join("")),
  );
});

it("conventions: no-half doubles both lambdas, mean divides lambda_Z by sqrt(N)", () => {
  const fixed = { kA: 5, kB: 5, nB: 100, ratio: 5, lambdaZ: 1, lambdaB: 0.02 };
  const values = [0.0027, 0.0039, 0.0051, 0.0075];
  const grid = (scale: number, lambdaB: number, convention: "no-half" | "mean"): string[] =>
    phaseGrid({
      x: { parameter: "lambdaZ", values: values.map((x) => x * scale) },
      y: { parameter: "ratio", values: [5] },
      fixed: { ...fixed, lambdaB },
      convention,
    });
  expect(grid(0.5, 0.01, "no-half")).toEqual(["abcd"]);
  expect(grid(Math.sqrt(3000), 0.02, "mean")).toEqual(["abcd"]);
});

it.each([
  ["ratio", [0.5, 2], /ratio: expected a finite number of at least 1 .* got 0.5/],
  ["kA", [1, 2], /kA: expected a whole number of at least 2/],
  ["lambdaZ", [0, 1], /lambdaZ: expected a positive finite number, got 0/],
  ["lambdaB", [1, -1], /lambdaB: expected a number of at least 0, or inf, got -1/],
] as const)("refuses %s in %j", (parameter, values, message) => {
  const fixed = { kA: 5, kB: 5, nB: 100, ratio: 5, lambdaZ: 0.005, lambdaB: inf };
  const run = (): string[] => phaseGrid({ x: { parameter, values }, y: { parameter: "nB", values: [1] }, fixed });
  expect(run).toThrow(InputError);
  expect(run).toThrow(message);
});

it("refuses numbers of classes that are no numbers of classes, whichever they are", () => {
  const fixed = { kA: 5, kB: 5, nB: 100, ratio: 5, lambdaZ: 0.005, lambdaB: inf };
  const x = { parameter: "lambdaZ", values: [0.005] } as const;
  const y = { parameter: "nB", values: [1] } as const;
  for (const name of ["kA", "kB"] as const)
    for (const value of [0, 1, 2.5, -3, inf, Number.NaN])
      expect(() => phaseGrid({ x, y, fixed: { ...fixed, [name]: value } })).toThrow(
        `${name}: expected a whole number of at least 2`,
      );
});

it("at the boundary of (b) and (c) itself, and at the doubles around it, one of the two is said, and soon", () => {
  const r = random(3);
  for (let i = 0; i < 300; i++) {
    const nB = Math.ceil(10 ** (4 * r.uniform()));
    const p = {
      kA: 2 + r.integer(9),
      kB: 2 + r.integer(9),
      nA: nB * (2 + r.integer(50)),
      nB,
      lambdaB: 10 ** (-4 + 4 * r.uniform()),
    };
    for (const boundary of coreBoundaries(p, 16))
      for (let ulps = -4; ulps <= 4; ulps++)
        expect("bc").toContain(phase({ ...p, lambdaZ: boundary * (1 + (ulps * Number.EPSILON) / 2) }));
  }
});
