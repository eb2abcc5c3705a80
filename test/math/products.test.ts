import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { loadGemm } from "../../src/math/kernels/gemm.ts";
import { gemmModule } from "../../src/math/kernels/gemm-module.ts";
import { plainTimes, plainTimesTranspose, plainTransposeTimes } from "../../src/math/kernels/plain.ts";
import { gramOfColumns, gramOfRows, times, timesTranspose, transposeTimes } from "../../src/math/products.ts";
import { random } from "../../src/math/random.ts";

/*
 * Two ways of summing the same k products differ by at most 2 gamma_k |A||B| <= 2.1 k u |A||B| entry by entry, u = eps/2 (Higham, Accuracy
 * and Stability of Numerical Algorithms, 2nd ed., (3.13)); fused products only lower the error. Each product that underflows adds one
 * subnormal step. Products that overflow are not asked about: the order of summation may then decide between infinity and NaN.
 */
type Product = typeof times;
interface Case {
  name: string;
  product: Product;
  plain: Product;
  /** Lengths of A and B, and the stored places of A(i, l) and B(l, j), where C(i, j) = sum over l of A(i, l) B(l, j) is rows x cols. */
  shape(
    m: number,
    n: number,
    r: number,
  ): { rows: number; cols: number; terms: number; a: (i: number, l: number) => number; b: (l: number, j: number) => number };
}
const cases: Case[] = [
  {
    name: "timesTranspose",
    product: timesTranspose,
    plain: plainTimesTranspose,
    shape: (m, n, r) => ({ rows: m, cols: n, terms: r, a: (i, l) => i * r + l, b: (l, j) => j * r + l }),
  },
  {
    name: "times",
    product: times,
    plain: plainTimes,
    shape: (m, n, r) => ({ rows: m, cols: r, terms: n, a: (i, l) => i * n + l, b: (l, j) => l * r + j }),
  },
  {
    name: "transposeTimes",
    product: transposeTimes,
    plain: plainTransposeTimes,
    shape: (m, n, r) => ({ rows: n, cols: r, terms: m, a: (i, l) => l * n + i, b: (l, j) => l * r + j }),
  },
];

/** Entries of all signs over `spread` decades around 10^exponent. */
function numbers(length: number, seed: number, exponent: number, spread: number): Float64Array {
  const r = random(seed);
  return Float64Array.from({ length }, () => r.normal() * 10 ** (exponent + spread * (r.uniform() - 0.5)));
}

function sum(A: Float64Array, B: Float64Array, s: ReturnType<Case["shape"]>, i: number, j: number) {
  let value = 0;
  let size = 0;
  for (let l = 0; l < s.terms; l++) {
    const term = A[s.a(i, l)] * B[s.b(l, j)];
    value += term;
    size += Math.abs(term);
  }
  return { value, size };
}

function expectProduct(product: Product, c: Case, m: number, n: number, r: number, A: Float64Array, B: Float64Array): void {
  const s = c.shape(m, n, r);
  const guard = 3;
  const C = new Float64Array(s.rows * s.cols + guard).fill(7);
  product(C, A, B, m, n, r);
  for (let i = 0; i < s.rows; i++)
    for (let j = 0; j < s.cols; j++) {
      const { value, size } = sum(A, B, s, i, j);
      const got = C[i * s.cols + j];
      if (Number.isFinite(value)) {
        const bound = 1.05 * s.terms * (Number.EPSILON * size + 2 ** -1074);
        if (!(Math.abs(got - value) <= bound)) expect.fail(`${c.name} ${m} ${n} ${r} (${i}, ${j}): ${got}, not ${value}`);
      } else if (!Object.is(got, value)) expect.fail(`${c.name} ${m} ${n} ${r} (${i}, ${j}): ${got}, not ${value}`);
    }
  // Added to what is there: one term more.
  const before = C.slice();
  product(C, A, B, m, n, r, true);
  for (let i = 0; i < s.rows; i++)
    for (let j = 0; j < s.cols; j++) {
      const { value, size } = sum(A, B, s, i, j);
      const at = i * s.cols + j;
      const bound = 1.05 * (s.terms + 1) * (Number.EPSILON * (size + Math.abs(before[at])) + 2 ** -1074);
      if (Number.isFinite(value + before[at]) && !(Math.abs(C[at] - before[at] - value) <= bound))
        expect.fail(`${c.name} onto ${m} ${n} ${r} (${i}, ${j}): ${C[at]}, not ${before[at]} + ${value}`);
    }
  // Nothing is written past the product's end.
  expect([...C.subarray(s.rows * s.cols)]).toEqual([7, 7, 7]);
}

const lengths = (c: Case, m: number, n: number, r: number) => {
  const { rows, cols, terms } = c.shape(m, n, r);
  return { a: rows * terms, b: terms * cols };
};

// 1 and the tile sizes and their neighbours often; above 256 and 512 the products are cut into blocks.
const size = fc.oneof(fc.integer({ min: 0, max: 14 }), fc.integer({ min: 0, max: 110 }));

for (const c of cases) {
  for (const [name, product] of [
    ["dispatched", c.product],
    ["plain", c.plain],
  ] as const)
    test(`${c.name}, ${name}: every shape and scale agrees with the sum it stands for`, () => {
      fc.assert(
        fc.property(
          size,
          size,
          size,
          fc.nat(1e9),
          fc.constantFrom(-150, 0, 140),
          fc.constantFrom(0, 12),
          (m, n, r, seed, exponent, spread) => {
            const { a, b } = lengths(c, m, n, r);
            expectProduct(product, c, m, n, r, numbers(a, seed, exponent, spread), numbers(b, seed + 1, exponent, spread));
          },
        ),
        { numRuns: 60 },
      );
    });

  test(`${c.name}: sizes beyond every block`, () => {
    for (const [m, n, r] of [
      [97, 530, 259],
      [259, 97, 530],
      [530, 259, 97],
      [6, 1030, 5],
      [1030, 5, 6],
      [5, 6, 1030],
    ]) {
      const { a, b } = lengths(c, m, n, r);
      expectProduct(c.product, c, m, n, r, numbers(a, 1, 0, 3), numbers(b, 2, 0, 3));
    }
  });

  test(`${c.name}: NaN and infinities reach exactly the entries that they reach in the sum`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 17, max: 40 }),
        fc.integer({ min: 17, max: 40 }),
        fc.integer({ min: 17, max: 40 }),
        fc.nat(1e9),
        fc.constantFrom(Number.NaN, Infinity, -Infinity),
        (m, n, r, seed, special) => {
          const { a, b } = lengths(c, m, n, r);
          const A = numbers(a, seed, 0, 2);
          const B = numbers(b, seed + 1, 0, 2);
          A[seed % a] = special;
          B[(seed >> 3) % b] = 0;
          B[(seed >> 5) % b] = special;
          expectProduct(c.product, c, m, n, r, A, B);
        },
      ),
      { numRuns: 40 },
    );
  });
}

// Rounding both factors to float32 and k sums in it: at most 1.05 (k + 3) eps32 |A||B| with eps32 = 2^-23, entry by entry.
test.each(cases)("$name: in single precision as near as float32 allows, and in fact no nearer", (c) => {
  for (const [m, n, r] of [
    [7, 530, 259],
    [259, 13, 530],
    [33, 6, 1030],
  ]) {
    const s = c.shape(m, n, r);
    const { a, b } = lengths(c, m, n, r);
    const A = numbers(a, 1, 0, 3);
    const B = numbers(b, 2, 0, 3);
    const C = new Float64Array(s.rows * s.cols).fill(7);
    c.product(C, A, B, m, n, r, false, "single");
    const onto = C.slice();
    c.product(onto, A, B, m, n, r, true, "single");
    let exact = 0;
    for (let i = 0; i < s.rows; i++)
      for (let j = 0; j < s.cols; j++) {
        const at = i * s.cols + j;
        const { value, size } = sum(A, B, s, i, j);
        if (!(Math.abs(C[at] - value) <= 1.05 * (s.terms + 3) * 2 ** -23 * size))
          expect.fail(`(${i}, ${j}): ${C[at]}, not ${value}`);
        if (onto[at] !== C[at] + C[at]) expect.fail(`onto (${i}, ${j}): ${onto[at]}, not twice ${C[at]}`);
        if (Math.abs(C[at] - value) < 1e-12 * size) exact++;
      }
    expect(exact).toBeLessThan(0.01 * s.rows * s.cols);
  }
});

test("the module is small enough to be compiled at once in a browser, and both forms of it are valid where they should be", () => {
  expect(gemmModule(1, false).length).toBeLessThan(4096);
  expect(WebAssembly.validate(gemmModule(1, false))).toBe(true);
  expect(gemmModule(1, true).length).toBeLessThan(4096);
  for (const relaxed of [false, true]) expect(gemmModule(1, relaxed, "single").length).toBeLessThan(4096);
  expect(WebAssembly.validate(gemmModule(1, false, "single"))).toBe(true);
  for (const precision of ["double", "single"] as const) expect(loadGemm(precision)).toBeTypeOf("function");
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

const refusing = class {
  constructor() {
    throw new Error("refused");
  }
};

test.each([
  ["no WebAssembly", undefined],
  ["no vectors", { validate: () => false, Module: refusing }],
  ["forbidden by the page's policy", { validate: () => true, Module: refusing }],
])("%s: the plain twins take over", async (_, stub) => {
  vi.resetModules();
  vi.stubGlobal("WebAssembly", stub);
  const fresh = await import("../../src/math/products.ts");
  const { loadGemm } = await import("../../src/math/kernels/gemm.ts");
  expect(loadGemm()).toBeUndefined();
  for (const c of cases) {
    const A = numbers(60 * 60, 1, 0, 2);
    const B = numbers(60 * 60, 2, 0, 2);
    const C = new Float64Array(60 * 60);
    const D = new Float64Array(60 * 60);
    fresh[c.name as "times"](C, A, B, 60, 60, 60);
    c.plain(D, A, B, 60, 60, 60);
    expect(C).toEqual(D);
  }
});

test("an engine without relaxed vectors runs the plain-vector kernel, to the same bound", async () => {
  const { Module, Instance } = WebAssembly;
  vi.resetModules();
  vi.stubGlobal("WebAssembly", { validate: () => false, Module, Instance });
  const fresh = await import("../../src/math/products.ts");
  for (const c of cases) {
    const { a, b } = lengths(c, 41, 42, 43);
    expectProduct(fresh[c.name as "times"], c, 41, 42, 43, numbers(a, 1, 0, 2), numbers(b, 2, 0, 2));
  }
});

test("Gram matrices are the products that they are named for, symmetric to the last bit", () => {
  for (const [m, n] of [
    [1, 1],
    [7, 5],
    [300, 129],
    [40, 300],
    [600, 385],
    [3, 400],
    [513, 257],
  ]) {
    const A = numbers(m * n, m + n, 0, 2);
    const before = numbers(n * n, 5, 0, 0);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) before[i * n + j] = before[j * n + i];
    const checks = [
      { G: new Float64Array(n * n), of: gramOfColumns, plain: plainTransposeTimes, size: n, onto: false },
      { G: before.slice(), of: gramOfColumns, plain: plainTransposeTimes, size: n, onto: true },
      { G: new Float64Array(m * m), of: gramOfRows, plain: plainTimesTranspose, size: m, onto: false },
    ];
    for (const { G, of, plain, size, onto } of checks) {
      const expected = G.slice();
      const sizes = new Float64Array(size * size);
      const terms = size === n ? m : n;
      if (of === gramOfColumns) plain(expected, A, A, m, n, n, onto);
      else plain(expected, A, A, m, m, n, onto);
      plain(sizes, A.map(Math.abs), A.map(Math.abs), m, size, n);
      of(G, A, m, n, onto);
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) {
          const e = i * size + j;
          const bound = 2.1 * (terms + 1) * Number.EPSILON * (sizes[e] + Math.abs(expected[e]));
          if (!(Math.abs(G[e] - expected[e]) <= bound)) expect.fail(`${m} x ${n} (${i}, ${j}): ${G[e]}, not ${expected[e]}`);
          if (!Object.is(G[e], G[j * size + i])) expect.fail(`${m} x ${n} (${i}, ${j}): not symmetric`);
        }
    }
  }
});
