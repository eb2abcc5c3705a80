import { afterEach, expect, test } from "vitest";
import { multiplyBy } from "../../src/math/index.ts";
import { random } from "../../src/math/random.ts";
import { eachDistance, nearCandidates } from "../../src/measure/near-candidates.ts";
import { nearness, sameLimit } from "../../src/prediction/index.ts";
import { rowsIn } from "../../src/row-store.ts";
import { plainNative } from "../math/plain-native.ts";

/*
 * Pairs that float32 leaves beside all pairs in float64: what `nearness` says of the former is what it says of the latter.
 */
afterEach(() => multiplyBy(null));

interface Case {
  n: number;
  p: number;
  change?: (X: Float64Array, p: number) => void;
  counts?: (k: number) => number;
}

function made({ n, p, change, counts = (k) => 1 + (k % 7) }: Case) {
  const r = random(n + p);
  const X = Float64Array.from({ length: n * p }, () => r.normal());
  change?.(X, p);
  const half = Float64Array.from({ length: p * p }, () => r.normal() / Math.sqrt(p));
  const U = new Float64Array(n * p);
  // G = A A', images X G.
  for (let k = 0; k < n; k++) {
    const y = new Float64Array(p);
    for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) y[j] += X[k * p + i] * half[i * p + j];
    for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) U[k * p + i] += half[i * p + j] * y[j];
  }
  return { n, p, X, U, counts: Float64Array.from({ length: n }, (_, k) => counts(k)) };
}

function squared({ p, X, U }: ReturnType<typeof made>, k: number, l: number): number {
  let sum = 0;
  for (let j = 0; j < p; j++) sum += (X[k * p + j] - X[l * p + j]) * (U[k * p + j] - U[l * p + j]);
  return Math.max(0, sum);
}

/** What is found by all pairs, and by those that are left; how many these are. */
function both(one: ReturnType<typeof made>) {
  const { n, p, X, U, counts } = one;
  const all = Array.from({ length: n }, (_, k) => k);
  let reach = 0;
  for (let k = 0; k < n; k++) {
    let sum = 0;
    for (let j = 0; j < p; j++) sum += X[k * p + j] * U[k * p + j];
    reach = Math.max(reach, Math.sqrt(sum));
  }
  const exact = nearness(all, counts, reach, sameLimit);
  for (let k = 0; k < n; k++) for (let l = k + 1; l < n; l++) exact.add(k, l, squared(one, k, l));
  const told: number[] = [];
  const [rows, images] = [rowsIn(X, n, p), rowsIn(U, n, p)];
  const candidates = nearCandidates(rows, images, counts, sameLimit(2 * reach) ** 2, (done, total) => told.push(done / total));
  const found = nearness(all, counts, reach, sameLimit);
  if (candidates) eachDistance(rows, images, candidates, (k, l, square) => found.add(k, l, square));
  return { exact: exact.result(), found: found.result(), candidates, told };
}

test.each([
  { n: 300, p: 80 },
  { n: 1100, p: 64 },
  { n: 700, p: 70, counts: () => 3 },
  { n: 400, p: 64, counts: (k: number) => k },
  {
    // Classes that have merged, and some that are a little apart.
    n: 500,
    p: 64,
    change(X: Float64Array, p: number) {
      for (let k = 1; k < 9; k++) X.copyWithin(k * p, 0, p);
      for (let k = 20; k < 30; k++) for (let j = 0; j < p; j++) X[k * p + j] = X[19 * p + j] * (1 + 1e-7 * (k - 19));
    },
  },
  {
    // One farther than all others, beside which float32 has fewer digits of these.
    n: 400,
    p: 64,
    change(X: Float64Array, p: number) {
      for (let j = 0; j < p; j++) X[37 * p + j] *= 5;
    },
  },
])("hold all that nearness says of all pairs, to the last bit: $n of $p", (one) => {
  multiplyBy(plainNative());
  const problem = made(one);
  const { exact, found, candidates, told } = both(problem);
  if (!candidates) throw new Error("expected candidates");
  expect(found).toEqual(exact);
  expect(candidates.k.length).toBeLessThan(16 * one.n);
  expect(told.at(-1)).toBe(1);
  expect(Array.from(candidates.k.keys()).every((e) => candidates.k[e] < candidates.l[e])).toBe(true);
});

test("are not looked for where float32 says nothing, leaves too many or nobody would multiply", () => {
  const same = made({ n: 300, p: 64, change: (X) => X.fill(1) });
  // Beside it all others are one.
  const far = made({ n: 300, p: 64, change: (X) => X.fill(1e5, 0, 64) });
  const long = made({ n: 50, p: 64, change: (X) => X.fill(1e16, 0, 4) });
  expect(both(same).candidates).toBeNull();
  multiplyBy(plainNative());
  expect(both(same).candidates).toBeNull();
  expect(both(far).candidates).toBeNull();
  expect(both(long).candidates).toBeNull();
});
