import { afterEach, expect, test } from "vitest";
import { multiplyBy } from "../../src/math/index.ts";
import { random } from "../../src/math/random.ts";
import { addToSums, emptySums } from "../../src/measure/first-pass.ts";
import { frameOf } from "../../src/measure/frame.ts";
import { eachDistance, nearCandidates } from "../../src/measure/near-candidates.ts";
import { nearPredictions } from "../../src/measure/predictions.ts";
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
  /** `length`: of a vector in the metric. */
  change?: (X: Float64Array, p: number, length: (x: Float64Array) => number) => void;
  counts?: (k: number) => number;
}

function made({ n, p, change, counts = (k) => 1 + (k % 7) }: Case) {
  const r = random(n + p);
  const X = Float64Array.from({ length: n * p }, () => r.normal());
  const half = Float64Array.from({ length: p * p }, () => r.normal() / Math.sqrt(p));
  change?.(X, p, (x) => {
    const y = new Float64Array(p);
    for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) y[j] += x[i] * half[i * p + j];
    return Math.sqrt(y.reduce((sum, a) => sum + a * a, 0));
  });
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

/** x, x + d, x + e, x + 1.4 d, x + 1.4 e: the two nearest of x are as far as each other but for nine digits, beyond the limit, and nearer to others. */
function nearTies(X: Float64Array, p: number, length: (x: Float64Array) => number): void {
  const r = random(9);
  const vector = (size: number): Float64Array => {
    const v = Float64Array.from({ length: p }, () => r.normal());
    const scale = size / length(v);
    return v.map((a) => a * scale);
  };
  for (let k = 0; k + 4 < X.length / p; k += 5) {
    const [d, e] = [vector(4), vector(4 * (1 + (k % 2 ? 1e-9 : -1e-9)))];
    for (let j = 0; j < p; j++) {
      const x = X[k * p + j];
      X.set([x + d[j]], (k + 1) * p + j);
      X.set([x + e[j]], (k + 2) * p + j);
      X.set([x + 1.4 * d[j]], (k + 3) * p + j);
      X.set([x + 1.4 * e[j]], (k + 4) * p + j);
    }
  }
}

/** Two tight pairs on a line, whose link is nobody's nearest. */
function linked(X: Float64Array, p: number): void {
  for (const k of [0, 100])
    for (let j = 0; j < p; j++) {
      const v = X[(k + 5) * p + j];
      [0, 1e-3, 0.06, 0.061].forEach((t, i) => {
        X[(k + i) * p + j] = X[k * p + j] + t * v;
      });
    }
}

test.each<Case>([
  { n: 300, p: 64, change: nearTies },
  { n: 300, p: 64, change: linked },
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

test("pairs of mean predictions are the same by them, with classes that do not occur and unequal counts", () => {
  multiplyBy(plainNative());
  const [K, d] = [260, 70];
  const r = random(5);
  const labels = Int32Array.from({ length: 900 }, (_, i) => (i < 260 ? i : Math.floor(K * r.uniform() ** 2))).map((k) =>
    k % 9 === 4 ? 0 : k,
  );
  const means = Float64Array.from({ length: K * d }, () => r.normal());
  const features = Float64Array.from({ length: labels.length * d }, (_, e) => {
    return means[labels[Math.floor(e / d)] * d + (e % d)] + 0.1 * r.normal();
  });
  const sums = emptySums(K, d);
  addToSums(sums, { n: labels.length, features, labels });
  const frame = frameOf(sums);
  expect(frame.present.length).toBeLessThan(K);
  const head = { W: Float64Array.from(means, (x) => x + 0.3 * r.normal()), b: new Float64Array(K) };
  const [rough, exact] = [0, Number.POSITIVE_INFINITY].map((fewest) => nearPredictions(frame, head, undefined, fewest));
  for (const which of ["distance", "twin"] as const)
    rough[which].forEach((x, k) => {
      if (x !== exact[which][k] && !(Math.abs(x / exact[which][k] - 1) < 1e-11))
        expect.fail(`${which} of ${k}: ${x}, ${exact[which][k]}`);
    });
  expect([rough.nearest, rough.groups]).toEqual([exact.nearest, exact.groups]);
  expect(rough.largest / exact.largest).toBeCloseTo(1, 11);
  expect(rough.largest).not.toBe(0);
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
