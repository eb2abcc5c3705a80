import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { onnxProducts } from "../../src/engine/onnx/products.ts";
import { findOnnx } from "../../src/engine/onnx/runtime.ts";
import { InputError, WorkError } from "../../src/errors.ts";
import { random } from "../../src/math/random.ts";
import type { NativeProducts, SharedMatrix, SharedProduct } from "../../src/native-products.ts";

/*
 * Products in native code beside sums written out: within 2 k eps of the sums of amounts, whichever way operands are stored; and to the last bit for every number of threads.
 */
const found = findOnnx();
const skipped = "missing" in found ? `, skipped: ${found.missing}` : "";

const bytesOf = (single: boolean): number => (single ? 4 : 8);
const numbersIn = (memory: ArrayBufferLike, single: boolean): Float32Array | Float64Array =>
  single ? new Float32Array(memory) : new Float64Array(memory);

interface Sizes {
  m: number;
  n: number;
  k: number;
  turned?: [boolean, boolean];
  onto?: boolean;
  single?: boolean;
  /** Numbers between the rows of each, which are nobody's. */
  apart?: number;
}

/** Operands of random numbers, with room between rows that holds NaN. */
function made({ m, n, k, turned = [false, false], onto = false, single = false, apart = 0 }: Sizes, seed: number) {
  const r = random(seed);
  const matrix = (at: number, rows: number, columns: number, turned: boolean): SharedMatrix => ({
    at: bytesOf(single) * at,
    rows,
    columns,
    stride: columns + apart,
    turned,
  });
  const size = ({ rows, stride }: SharedMatrix): number => rows * stride;
  const A = turned[0] ? matrix(3, k, m, true) : matrix(3, m, k, false);
  const B = turned[1] ? matrix(3 + size(A), n, k, true) : matrix(3 + size(A), k, n, false);
  const memory = new SharedArrayBuffer(bytesOf(single) * (3 + size(A) + size(B)));
  const C = {
    memory: new SharedArrayBuffer(bytesOf(single) * (2 + m * (n + apart))),
    at: 2 * bytesOf(single),
    stride: n + apart,
  };
  const numbers = numbersIn(memory, single).fill(Number.NaN);
  for (const { at, rows, columns, stride } of [A, B])
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) numbers[at / bytesOf(single) + i * stride + j] = r.normal();
  numbersIn(C.memory, single).fill(5);
  const product: SharedProduct = { memory, single, A, B, C, onto };
  return { product, m, n, k };
}

function expectProduct({ product, m, n, k }: ReturnType<typeof made>, what: string): void {
  const { memory, single, A, B, C, onto } = product;
  const [from, to] = [numbersIn(memory, single), numbersIn(C.memory, single)];
  const entry = ({ at, stride, turned }: SharedMatrix, i: number, j: number): number =>
    from[at / bytesOf(single) + (turned ? j * stride + i : i * stride + j)];
  const eps = single ? 2 ** -23 : Number.EPSILON;
  const seen = new Set<number>();
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = onto ? 5 : 0;
      let amounts = sum;
      for (let l = 0; l < k; l++) {
        sum += entry(A, i, l) * entry(B, l, j);
        amounts += Math.abs(entry(A, i, l) * entry(B, l, j));
      }
      const place = C.at / bytesOf(single) + i * C.stride + j;
      seen.add(place);
      if (!(Math.abs(to[place] - sum) <= 2 * (k + 1) * eps * amounts))
        expect.fail(`${what}: entry ${i}, ${j} is ${to[place]}, not ${sum}`);
    }
  expect(
    to.filter((_, e) => !seen.has(e)).every((x) => x === 5),
    `${what}: nothing beside`,
  ).toBe(true);
}

describe.skipIf("missing" in found)(`native products${skipped}`, () => {
  const pools = "missing" in found ? [] : [1, 2, 3, 5].map(onnxProducts);
  afterAll(() => {
    for (const pool of pools) pool.close();
  });

  it("are the products, whichever way operands are stored, dense or with other numbers between", () => {
    const native = pools[1];
    native.check();
    let seed = 1;
    for (const [m, n, k] of [
      [1, 1, 1],
      [1, 70, 130],
      [70, 1, 9],
      [33, 65, 257],
      [130, 90, 300],
    ])
      for (const turned of [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ] as [boolean, boolean][])
        for (const single of [false, true]) {
          const sizes = { m, n, k, turned, single, onto: seed % 2 === 0, apart: seed % 3 };
          const one = made(sizes, seed++);
          native.wait(native.begin(one.product));
          expectProduct(one, JSON.stringify(sizes));
        }
  });

  it("are equal to the last bit for every number of threads, many at a time", () => {
    const all = (native: NativeProducts): bigint[] => {
      const many = Array.from({ length: 12 }, (_, i) =>
        made({ m: 40 + 31 * i, n: 400 - 23 * i, k: 100 + 57 * i, turned: [i % 2 === 0, i % 3 === 0], onto: i % 4 === 0 }, i),
      );
      const begun = many.map(({ product }) => native.begin(product));
      for (const one of begun.reverse()) native.wait(one);
      return many.flatMap(({ product: { C } }) => [...new BigUint64Array(C.memory)]);
    };
    const [alone, ...others] = pools.map(all);
    for (const bits of others) expect(bits).toEqual(alone);
  });

  it("have equal columns where B has, so that ties stay ties", () => {
    const [m, n, k] = [50, 200, 700];
    const { product } = made({ m, n, k, turned: [false, true] }, 3);
    const numbers = new Float64Array(product.memory);
    const at = product.B.at / 8;
    for (const j of [1, 15, 16, 64, 133, 198, 199]) numbers.copyWithin(at + j * k, at, at + k);
    pools[1].wait(pools[1].begin(product));
    const C = new Float64Array(product.C.memory).subarray(2);
    for (let i = 0; i < m; i++) for (const j of [1, 15, 16, 64, 133, 198, 199]) expect(C[i * n + j]).toBe(C[i * n]);
  });

  it("keep a factor by its version, and read it anew once others took its room", () => {
    const native = pools[0];
    const [first, second] = [1, 2].map((seed) => made({ m: 3, n: 90, k: 50, turned: [false, true] }, seed));
    const withVersion = ({ product }: typeof first, version: number): SharedProduct => ({
      ...product,
      B: { ...product.B, version },
    });
    native.wait(native.begin(withVersion(first, 1e9)));
    expectProduct(first, "first");
    native.wait(native.begin(withVersion(second, 1e9 + 1)));
    expectProduct(second, "second");
    // The version says that it is the same, so that what stands there now is not looked at.
    const numbers = new Float64Array(first.product.memory);
    const kept = numbers.slice();
    numbers.fill(0, first.product.B.at / 8);
    native.wait(native.begin(withVersion(first, 1e9)));
    numbers.set(kept);
    expectProduct(first, "first, kept");
    // Seven of a million numbers, of which five are kept.
    const [n, k] = [1100, 1000];
    for (let version = 1; version <= 7; version++) {
      const memory = new SharedArrayBuffer(8 * (k + n * k + n));
      const large = new Float64Array(memory);
      for (let e = 0; e < k + n * k; e++) large[e] = (e + version) % 13;
      const A = { at: 0, rows: 1, columns: k, stride: k, turned: false };
      const B = { at: 8 * k, rows: n, columns: k, stride: k, turned: true, version: 2e9 + version };
      const C = { memory, at: 8 * (k + n * k), stride: n };
      native.wait(native.begin({ memory, single: false, A, B, C, onto: false }));
      for (const j of [0, 1, 500, n - 1]) {
        const dot = large.subarray(0, k).reduce((sum, x, l) => sum + x * large[k + j * k + l], 0);
        expect(large[k + n * k + j]).toBe(dot);
      }
    }
    // What stands there now is looked at.
    numbers.fill(0, first.product.B.at / 8);
    native.wait(native.begin(withVersion(first, 1e9)));
    expectProduct(first, "first again");
  });

  it("keep a left factor too, and room that is larger than need be holds what it should", () => {
    const native = pools[0];
    for (const [version, k] of [
      [1, 2000],
      [2, 1950],
      // Two million make room for 1.6.
      [3, 1900],
      [4, 1600],
      [5, 1650],
    ]) {
      const { product, ...sizes } = made({ m: 1000, n: 2, k, turned: [false, true] }, version);
      const A = { ...product.A, version: 3e9 + version };
      for (const what of ["read", "kept"]) {
        new Float64Array(product.C.memory).fill(5);
        const numbers = new Float64Array(product.memory);
        const there = numbers.slice();
        if (what === "kept") numbers.fill(0, 0, product.B.at / 8);
        native.wait(native.begin({ ...product, A }));
        numbers.set(there);
        expectProduct({ product, ...sizes }, `${k}, ${what}`);
      }
    }
  });

  it("do not take the room of their other factor, which together they leave", () => {
    const native = pools[0];
    const [m, n, k] = [1000, 950, 3000];
    const memory = new SharedArrayBuffer(8 * (m + n) * k);
    new Float64Array(memory).fill(1, 0, m * k).fill(2, m * k);
    const C = { memory: new SharedArrayBuffer(8 * m * n), at: 0, stride: n };
    const A = { at: 0, rows: m, columns: k, stride: k, turned: false, version: 5e9 };
    const B = { at: 8 * m * k, rows: n, columns: k, stride: k, turned: true, version: 5e9 + 1 };
    native.wait(native.begin({ memory, single: false, A, B, C, onto: false }));
    expect(new Float64Array(C.memory).every((x) => x === 2 * k)).toBe(true);
  });

  it("of rows that all begin at the same lines of the cache, which are stored with zeros between", () => {
    const native = pools[0];
    let version = 4e9;
    for (const single of [false, true])
      for (const k of [2048, 4096, 4608])
        for (const apart of [0, 3]) {
          const one = made({ m: 4, n: 6, k, turned: [false, true], single, apart }, version);
          const { product } = one;
          const kept = { ...product, A: { ...product.A, version: version++ }, B: { ...product.B, version: version++ } };
          for (const what of ["read", "kept"]) {
            numbersIn(product.C.memory, single).fill(5);
            native.wait(native.begin(kept));
            expectProduct(one, JSON.stringify({ single, k, apart, what }));
          }
          // The same right factor beside a left one that is turned has no zeros.
          const turned = made({ m: 4, n: 6, k, turned: [true, true], single, apart }, version);
          const at = turned.product.B.at / bytesOf(single);
          const from = numbersIn(product.memory, single).subarray(product.B.at / bytesOf(single));
          numbersIn(turned.product.memory, single).set(from, at);
          native.wait(native.begin({ ...turned.product, B: { ...turned.product.B, version: kept.B.version } }));
          expectProduct(turned, JSON.stringify({ single, k, apart, turned: true }));
        }
  });

  it("end whenever they are told to: before they have loaded, and with products under way", () => {
    // In native code the end of a thread ends the process: nothing of this file would be told.
    for (let again = 0; again < 5; again++) onnxProducts(2).close();
    const { product } = made({ m: 300, n: 700, k: 900, turned: [false, true] }, 1);
    for (let again = 0; again < 3; again++) {
      const native = onnxProducts(2);
      const begun = [1, 2, 3, 4, 5].map(() => native.begin(product));
      native.close();
      for (const one of begun) native.wait(one);
    }
    expect(process.env.ORT_DISABLE_TELEMETRY).toBe("1");
  });

  it("go on where the numbers are infinite or not numbers, as everywhere", () => {
    const { product } = made({ m: 2, n: 2, k: 2 }, 1);
    new Float64Array(product.memory).set([Number.POSITIVE_INFINITY, 1, 2, Number.NaN], product.A.at / 8);
    pools[0].wait(pools[0].begin(product));
    const C = new Float64Array(product.C.memory).subarray(2);
    expect([...C].map(Number.isFinite)).toEqual([false, false, false, false]);
  });
});

describe("where the package does not do", () => {
  const before = process.env.NCLAB_ONNX;
  const folder = mkdtempSync(join(tmpdir(), "nclab-products-"));
  afterEach(() => {
    if (before === undefined) delete process.env.NCLAB_ONNX;
    else process.env.NCLAB_ONNX = before;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function packageOf(name: string, text: string): void {
    const place = join(folder, name);
    mkdirSync(place);
    writeFileSync(join(place, "package.json"), JSON.stringify({ name, version: "1.2.3", main: "index.js" }));
    writeFileSync(join(place, "index.js"), text);
    process.env.NCLAB_ONNX = place;
  }
  const one = made({ m: 2, n: 2, k: 2 }, 1).product;

  it("says at once that it is not there, and refuses no threads", () => {
    process.env.NCLAB_ONNX = "/nowhere/onnxruntime-node";
    expect(() => onnxProducts(1)).toThrow("backend onnx: expected the package onnxruntime-node, but NCLAB_ONNX names");
    expect(() => onnxProducts(0)).toThrow("threads: expected a positive integer, got 0");
  });

  it("says that it does not load, as an error of input, at the first product and when asked", () => {
    packageOf("broken", 'throw new Error("no such\\nlibrary")');
    const native = onnxProducts(2);
    const words = "backend onnx: expected the package onnxruntime-node, but it does not load here: no such";
    expect(() => native.wait(native.begin(one))).toThrow(new InputError(words));
    expect(() => native.check()).toThrow(new InputError(words));
    native.close();
  });

  it("does not wait for a thread that has ended", () => {
    packageOf(
      "ending",
      `const session = { run: async () => process.exit(3) };
       module.exports = { InferenceSession: { create: async () => session }, Tensor: class {} };`,
    );
    const native = onnxProducts(1);
    native.check();
    expect(() => native.wait(native.begin(one))).toThrow(
      new WorkError("backend onnx: a product failed: its thread ended with code 3"),
    );
    native.close();
  });

  it("says that a product failed, and what the runtime says", () => {
    packageOf(
      "failing",
      `const session = { run: async () => { throw new Error("out of memory: ${"x".repeat(2000)}") } };
       module.exports = { InferenceSession: { create: async () => session }, Tensor: class {} };`,
    );
    const native = onnxProducts(1);
    native.check();
    const begun = native.begin(one);
    expect(() => native.wait(begun)).toThrow(WorkError);
    expect(() => native.wait(begun)).toThrow(/^backend onnx: a product failed: out of memory: x+$/);
    native.close();
  });
});
