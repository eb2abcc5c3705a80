import { afterEach, expect, test } from "vitest";
import { multiplyBy, shareProducts } from "../../src/math/index.ts";
import { currentCrew } from "../../src/math/products.ts";
import { random } from "../../src/math/random.ts";
import { addToSums, emptySums, type Frame, frameOf, type Head } from "../../src/measure/index.ts";
import { logitsAhead } from "../../src/measure/logits-ahead.ts";
import { scanPredictions } from "../../src/measure/predictions.ts";
import { rowsIn } from "../../src/row-store.ts";
import { plainNative } from "../math/plain-native.ts";

/*
 * Mean predictions that are computed while others are gone through: to the last bit those of one thread, which computes them in one go; and those of sums written out.
 */
afterEach(() => {
  multiplyBy(null);
  shareProducts(1);
});

/** `present` classes of K occur, spread evenly. */
function made(K: number, d: number, present: number): { frame: Frame; head: Head } {
  const r = random(K);
  const sums = emptySums(K, d);
  const labels = Array.from({ length: present }, (_, i) => Math.floor((i * K) / present));
  addToSums(sums, { n: present, features: Float64Array.from({ length: present * d }, () => r.normal()), labels });
  const head = {
    W: Float64Array.from({ length: K * d }, () => r.normal()),
    b: Float64Array.from({ length: K }, () => r.normal()),
  };
  return { frame: frameOf(sums), head };
}

function scanned({ frame, head }: ReturnType<typeof made>) {
  const order = Array.from({ length: frame.K }, (_, k) => frame.K - 1 - k);
  const rows = new Map<number, Float64Array>();
  const told: number[] = [];
  const found = scanPredictions(
    frame,
    head,
    order,
    (k, z) => rows.set(k, z.slice()),
    (done, all) => told.push(done / all),
  );
  return { found, rows, told };
}

// A last block of one row is not for the kernel; 800 rows of W are two parts, of 400.
test.each([
  { K: 800, d: 30, present: 513 },
  { K: 800, d: 30, present: 300 },
  { K: 500, d: 70, present: 500 },
])("are the same to the last bit for every number of threads: %o", ({ K, d, present }) => {
  expect(K * K * d).toBeGreaterThan(2 ** 24);
  const data = made(K, d, present);
  const alone = scanned(data);
  expect(alone.rows.size).toBe(present);
  expect(alone.told.at(-1)).toBe(1);
  for (const threads of [2, 3]) {
    shareProducts(threads);
    const { found, rows, told } = scanned(data);
    expect(found).toEqual(alone.found);
    expect([...rows.keys()]).toEqual([...alone.rows.keys()]);
    for (const [k, z] of rows) expect(z.every((x, c) => Object.is(x, alone.rows.get(k)?.[c]))).toBe(true);
    expect(told).toEqual(alone.told);
  }
});

test("by native code they are the products", () => {
  const data = made(600, 70, 321);
  const native = plainNative();
  multiplyBy(native);
  const { rows } = scanned(data);
  expect(native.begun.length).toBeGreaterThan(0);
  const { frame, head } = data;
  const d = frame.d;
  expect(rows.size).toBe(321);
  for (const [k, z] of rows)
    for (let c = 0; c < frame.K; c += 37) {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += head.W[c * d + j] * frame.means[k * d + j];
      expect(Math.abs(z[c] - sum)).toBeLessThan(1e-12);
    }
});

test("a block of many rows takes room for so many results of a part of the classes, not of as many", () => {
  shareProducts(2);
  const [K, d, most] = [300, 256, 8192];
  const before = currentCrew()?.memory.buffer.byteLength ?? 0;
  const products = logitsAhead(rowsIn(new Float64Array(K * d), K, d), most);
  products.close();
  const after = currentCrew()?.memory.buffer.byteLength ?? 0;
  expect(before).toBeGreaterThan(0);
  // Rows twice, results twice, and a part of the head twice.
  expect(after - before).toBeLessThan(8 * 2 * (most * d + most * K + K * d) * 1.05 + 2 ** 20);
});
