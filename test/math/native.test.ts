import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { gramSum } from "../../src/math/gram-sum.ts";
import { nativeGemm, partsOf } from "../../src/math/kernels/gemm-native.ts";
import { logSums } from "../../src/math/log-sums.ts";
import {
  gramOfColumns,
  gramOfRows,
  multiplyBy,
  shareProducts,
  times,
  timesTranspose,
  transposeTimes,
} from "../../src/math/products.ts";
import { random } from "../../src/math/random.ts";
import { plainNative } from "./plain-native.ts";

/*
 * How products are cut for native code and put together again, with a plain twin for the native code itself (test/engine/onnx-products.test.ts has that), beside sums written out.
 */
afterEach(() => {
  multiplyBy(null);
  shareProducts(1);
});

const normal = (length: number, seed: number): Float64Array => {
  const r = random(seed);
  return Float64Array.from({ length }, () => r.normal());
};

describe("nativeGemm", () => {
  test.each(["double", "single"] as const)("is the product of %s precision, whichever way operands are stored", (precision) => {
    const eps = precision === "double" ? Number.EPSILON : 2 ** -23;
    const size = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 250, max: 270 }));
    const sizes = fc.record({ m: size, n: size, k: size, a: fc.boolean(), b: fc.boolean(), onto: fc.boolean() });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 1e6 }), ({ m, n, k, a, b, onto }, seed) => {
        const [A, B, before] = [normal(m * k, seed), normal(k * n, seed + 1), normal(m * n + 3, seed + 2)];
        const C = before.slice();
        const left = { data: A, stride: a ? m : k, transposed: a };
        const right = { data: B, stride: b ? k : n, transposed: b };
        nativeGemm(plainNative())(precision)(C, left, right, m, n, k, onto);
        // Some entries of many.
        for (let e = 0; e < m * n; e += 1 + (seed % 97)) {
          const [i, j] = [Math.floor(e / n), e % n];
          let sum = onto ? before[e] : 0;
          let amounts = Math.abs(sum);
          for (let l = 0; l < k; l++) {
            const term = A[a ? l * m + i : i * k + l] * B[b ? j * k + l : l * n + j];
            sum += term;
            amounts += Math.abs(term);
          }
          expect(Math.abs(C[e] - sum)).toBeLessThanOrEqual(2 * (k + 2) * eps * amounts);
        }
        expect(C.subarray(m * n)).toEqual(before.subarray(m * n));
      }),
      { numRuns: 12 },
    );
  });

  test("of more blocks than there are places, in every direction", () => {
    const [m, n, k] = [2400, 3, 5];
    const native = plainNative();
    const [A, B] = [normal(m * k, 1), normal(k * n, 2)];
    const found = new Float64Array(m * n);
    const gemm = nativeGemm(native)("double");
    gemm(found, { data: A, stride: k, transposed: false }, { data: B, stride: n, transposed: false }, m, n, k, false);
    expect(native.begun.length).toBe(10);
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += A[i * k + l] * B[l * n + j];
        expect(found[i * n + j]).toBeCloseTo(sum, 12);
      }
    for (const [deep, wide] of [
      [2500, 4],
      [4, 2500],
    ]) {
      const [X, Y] = [normal(2 * deep, 3), normal(deep * wide, 4)];
      const C = new Float64Array(2 * wide);
      gemm(C, { data: X, stride: 2, transposed: true }, { data: Y, stride: deep, transposed: true }, 2, wide, deep, false);
      for (let i = 0; i < 2; i++)
        for (let j = 0; j < wide; j++) {
          let sum = 0;
          for (let l = 0; l < deep; l++) sum += X[l * 2 + i] * Y[j * deep + l];
          expect(C[i * wide + j]).toBeCloseTo(sum, 10);
        }
    }
    const empty = Float64Array.of(7, 7);
    gemm(empty, { data: A, stride: 0, transposed: false }, { data: B, stride: 1, transposed: false }, 2, 1, 0, false);
    expect([...empty]).toEqual([0, 0]);
  });

  test("is cut into parts that are alike", () => {
    expect(partsOf(5, 2)).toEqual([
      [0, 1],
      [1, 2],
      [3, 2],
    ]);
    for (const [n, most] of [
      [1, 9],
      [1025, 1024],
      [50_000, 256],
      [9, 9],
    ]) {
      const parts = partsOf(n, most);
      expect(parts.reduce((sum, [from, size]) => (from === sum ? sum + size : Number.NaN), 0)).toBe(n);
      const sizes = parts.map(([, size]) => size);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(most);
    }
  });
});

test("large products go to native code once it is asked for, small ones never, and agree with those of before", () => {
  const [m, n, r] = [300, 260, 280];
  const [A, B, D] = [normal(m * r, 1), normal(n * r, 2), normal(m * n, 3)];
  const all = (): Float64Array[] => {
    const C = [m * n, m * r, n * r, r * r, m * m].map((length) => new Float64Array(length));
    timesTranspose(C[0], A, B, m, n, r);
    times(C[1], D, B, m, n, r);
    transposeTimes(C[2], D, A, m, n, r);
    gramOfColumns(C[3], A, m, r);
    gramOfRows(C[4], A, m, r);
    return C;
  };
  const before = all();
  const native = plainNative();
  multiplyBy(native);
  const found = all();
  expect(native.begun.length).toBeGreaterThan(5);
  const asked = native.begun.length;
  found.forEach((C, which) => {
    C.forEach((x, e) => {
      if (!(Math.abs(x - before[which][e]) < 1e-12 * r)) expect.fail(`product ${which}, entry ${e}: ${x}, ${before[which][e]}`);
    });
  });
  timesTranspose(new Float64Array(40 * 40), A, B, 40, 40, r);
  timesTranspose(new Float64Array(300), A, B, 300, 1, r);
  expect(native.begun.length).toBe(asked);
  multiplyBy(null);
  expect(all()).toEqual(before);
  expect(native.begun.length).toBe(asked);
});

test.each([64, 100, 300, 513])("gramSum of n = %i columns is that of the kernel, and symmetric", (n) => {
  const blocks = [
    { m: 1, seed: 1 },
    { m: 90, seed: 2 },
    { m: 60, seed: 3 },
    { m: 7, seed: 4 },
  ];
  const found = (): Float64Array => {
    const G = new Float64Array(n * n).fill(3);
    const sum = gramSum(n);
    for (const { m, seed } of blocks) sum?.add(normal(m * n, seed), m);
    sum?.add(new Float64Array(0), 0);
    sum?.finish(G);
    return G;
  };
  const expected = found();
  const native = plainNative();
  multiplyBy(native);
  const G = found();
  expect(native.begun.length).toBeGreaterThan(0);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      expect(Math.abs(G[i * n + j] - expected[i * n + j])).toBeLessThan(1e-12 * 158);
      expect(G[i * n + j]).toBe(G[j * n + i]);
    }
});

describe("logSums", () => {
  interface Rows {
    best: number[];
    crossEntropy: number[];
    forces: Float64Array;
  }
  /** Two blocks, the second begun before the first is finished. */
  const found = (W: Float64Array, b: Float64Array, K: number, d: number, H: Float64Array, labels: number[]): Rows => {
    const rows: Rows = { best: [], crossEntropy: [], forces: new Float64Array(labels.length * K) };
    const sums = logSums(W, b, K, d);
    const first = Math.ceil(labels.length / 3);
    const begun = [
      { from: 0, to: first },
      { from: first, to: labels.length },
    ].map(({ from, to }) => ({ from, block: sums?.begin(H.subarray(from * d, to * d), labels.slice(from, to), to - from) }));
    for (const { from, block } of begun)
      block?.finish((seen) => {
        for (let i = 0; i < seen.labels.length; i++) {
          rows.best.push(seen.best(i));
          rows.crossEntropy.push(seen.crossEntropy(i));
          seen.force(i, rows.forces, (from + i) * K);
        }
      });
    sums?.close();
    return rows;
  };

  test.each([
    { K: 64, d: 64, m: 30 },
    { K: 101, d: 64, m: 600 },
    { K: 70, d: 9000, m: 9 },
    { K: 300, d: 9000, m: 3 },
  ])("are those of the kernel: %o", ({ K, d, m }) => {
    const [W, b, H] = [normal(K * d, 1).map((x) => x / Math.sqrt(d)), normal(K, 2), normal(m * d, 3)];
    const labels = Array.from({ length: m }, (_, i) => (7 * i) % K);
    const expected = found(W, b, K, d, H, labels);
    const native = plainNative();
    multiplyBy(native);
    for (const threads of [1, 3]) {
      shareProducts(threads);
      // Twice: rooms that were given back hold what was in them.
      for (let again = 0; again < 2; again++) {
        const rows = found(W, b, K, d, H, labels);
        expect(rows.best).toEqual(expected.best);
        rows.crossEntropy.forEach((x, i) => {
          expect(Math.abs(x - expected.crossEntropy[i])).toBeLessThan(1e-14 * Math.sqrt(d) * 10);
        });
        rows.forces.forEach((x, e) => {
          if (!(Math.abs(x - expected.forces[e]) < 1e-14 * Math.sqrt(d) * 10))
            expect.fail(`force ${e}: ${x}, ${expected.forces[e]}`);
        });
      }
    }
    expect(native.begun.length).toBeGreaterThan(0);
  });
});
