import { afterEach, expect, test } from "vitest";
import { multiplyBy, shareProducts, timesTranspose } from "../../src/math/products.ts";
import { random } from "../../src/math/random.ts";
import { type RowProduct, rowProducts } from "../../src/math/row-products.ts";
import { eachPair } from "../../src/measure/pairs.ts";
import { rowsIn } from "../../src/row-store.ts";
import { plainNative } from "./plain-native.ts";

/*
 * Products that are computed while the one before is used, beside timesTranspose to the last bit, which products.test.ts holds to sums written out.
 */
afterEach(() => {
  multiplyBy(null);
  shareProducts(1);
});

const normal = (length: number, seed: number): Float64Array => {
  const r = random(seed);
  return Float64Array.from({ length }, () => r.normal());
};

/** Blocks of the left side by blocks of the right one, in turns, each begun before the one before is taken. */
function all(p: number, heights: number[], widths: number[]): Float64Array[] {
  const products = rowProducts(p, Math.max(...heights, ...widths));
  if (!products) throw new Error("expected products");
  const found: Float64Array[] = [];
  let last: { m: number; n: number; product: RowProduct } | null = null;
  const finish = (): void => {
    if (!last) return;
    const { m, n, product } = last;
    const { numbers, stride } = product.take();
    const C = new Float64Array(m * n);
    for (let i = 0; i < m; i++) C.set(numbers.subarray(i * stride, i * stride + n), i * n);
    found.push(C);
  };
  heights.forEach((m, i) => {
    const A = normal(m * p, 10 + i);
    products.left(A, m);
    A.fill(Number.NaN);
    widths.forEach((n, j) => {
      expect(products.takes(m, n)).toBe(true);
      const B = normal(n * p, 100 + j);
      const product = products.begin(rowsIn(B, n, p), 0, n);
      B.fill(Number.NaN);
      finish();
      last = { m, n, product };
    });
  });
  finish();
  products.close();
  return found;
}

const directly = (p: number, heights: number[], widths: number[]): Float64Array[] =>
  heights.flatMap((m, i) =>
    widths.map((n, j) => {
      const C = new Float64Array(m * n);
      timesTranspose(C, normal(m * p, 10 + i), normal(n * p, 100 + j), m, n, p);
      return C;
    }),
  );

const bits = (x: Float64Array): BigUint64Array => new BigUint64Array(x.buffer, x.byteOffset, x.length);

test.each([
  { p: 2, heights: [50, 30], widths: [60, 33] },
  { p: 256, heights: [97, 12, 96], widths: [5, 100, 3, 64] },
  { p: 257, heights: [130], widths: [130, 2] },
  { p: 700, heights: [192, 5], widths: [101, 192, 10] },
])("are those of timesTranspose to the last bit, for every number of threads: %o", ({ p, heights, widths }) => {
  const expected = directly(p, heights, widths).map(bits);
  for (const threads of [2, 3, 5]) {
    shareProducts(threads);
    // Twice: rooms that were given back hold what was in them.
    for (let again = 0; again < 2; again++) expect(all(p, heights, widths).map(bits)).toEqual(expected);
  }
});

test("by native code they are the products, and each is waited for before it is given", () => {
  const sizes: [number, number[], number[]] = [70, [300, 64, 120], [65, 300]];
  const expected = directly(...sizes);
  const native = plainNative();
  multiplyBy(native);
  all(...sizes).forEach((C, which) => {
    C.forEach((x, e) => {
      if (!(Math.abs(x - expected[which][e]) < 1e-12)) expect.fail(`product ${which}, entry ${e}: ${x}, ${expected[which][e]}`);
    });
  });
  expect(native.begun.length).toBe(2 * 2 + 2 * 1 + 2 * 1);
});

test("by native code long rows of the right side are cut as those of the left are, and every part has a version of its own", () => {
  const sizes: [number, number[], number[]] = [4096, [300, 70], [290, 66]];
  const expected = directly(...sizes);
  const native = plainNative();
  multiplyBy(native);
  all(...sizes).forEach((C, which) => {
    C.forEach((x, e) => {
      if (!(Math.abs(x - expected[which][e]) < 1e-10)) expect.fail(`product ${which}, entry ${e}: ${x}, ${expected[which][e]}`);
    });
  });
  expect(native.begun.map(({ A, B }) => [A.rows, B.rows])).toEqual([
    [150, 145],
    [150, 145],
    [150, 145],
    [150, 145],
    [150, 66],
    [150, 66],
    [70, 145],
    [70, 145],
    [70, 66],
  ]);
  const [lefts, rights] = [new Set(native.begun.map(({ A }) => A.version)), new Set(native.begun.map(({ B }) => B.version))];
  expect([lefts.size, rights.size]).toEqual([3, 6]);
});

test("small products, long rows, and all where one thread is alone, are left to timesTranspose", () => {
  expect(rowProducts(100, 50)).toBeNull();
  shareProducts(2);
  expect(rowProducts(1, 50)).toBeNull();
  expect(rowProducts(4097, 50)).toBeNull();
  const products = rowProducts(100, 50);
  expect([products?.takes(1, 50), products?.takes(50, 1), products?.takes(3, 4), products?.takes(3, 5)]).toEqual([
    false,
    false,
    false,
    true,
  ]);
  products?.close();
});

test("pairs of rows are the same to the last bit for every number of threads, and in the metric of images", () => {
  const [n, p] = [1100, 40];
  const [rows, images] = [normal(n * p, 1), normal(n * p, 2)];
  rows.copyWithin(7 * p, 600 * p, 601 * p);
  const pairs = (images?: Float64Array): { found: bigint[]; told: number[] } => {
    const [dots, squares] = [new Float64Array(n * n), new Float64Array(n * n)];
    const told: number[] = [];
    eachPair(
      rowsIn(rows, n, p),
      (k, first, count, d, s, at) => {
        dots.set(d.subarray(at, at + count), k * n + first);
        squares.set(s.subarray(at, at + count), k * n + first);
      },
      { images: images && rowsIn(images, n, p), progress: (done, total) => told.push(done / total) },
    );
    return { found: [...bits(dots), ...bits(squares)], told };
  };
  expect(n * n * p).toBeGreaterThan(2 ** 24);
  for (const metric of [undefined, images]) {
    const alone = pairs(metric);
    expect(alone.told.at(-1)).toBe(1);
    for (const threads of [2, 3]) {
      shareProducts(threads);
      const found = pairs(metric);
      expect(found.told).toEqual(alone.told);
      expect(found.found.findIndex((x, e) => x !== alone.found[e])).toBe(-1);
    }
    shareProducts(1);
  }
});
