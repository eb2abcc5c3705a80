import { describe, expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import {
  addToSums,
  addToWithin,
  emptySums,
  emptyWithin,
  frameOf,
  type InMemory,
  measureFeatures,
  mergeWithin,
  stateFromArrays,
  stateToArrays,
} from "../../src/measure/index.ts";

/** Clouds about K orthogonal means, and the head that is the means. */
function clouds(K: number, each: number, spread: number, d: number = K + 2): Required<Pick<InMemory, "head">> & InMemory {
  const r = random(7);
  const labels = Array.from({ length: K * each }, (_, i) => i % K);
  const features = Float64Array.from(
    { length: labels.length * d },
    (_, e) => (e % d === labels[Math.floor(e / d)] ? 4 : 0) + spread * r.normal(),
  );
  const W = Float64Array.from({ length: K * d }, (_, e) => (e % d === Math.floor(e / d) ? 4 : 0));
  return { features, labels, d, K, head: { W, b: new Float64Array(K) } };
}

/** Row k of the head becomes that of class `order[k]`. */
const reordered = (data: ReturnType<typeof clouds>, order: readonly number[]): InMemory => ({
  ...data,
  head: { W: Float64Array.from(order.flatMap((k) => [...data.head.W.subarray(k * data.d, (k + 1) * data.d)])), b: data.head.b },
});
const rolled = (K: number): number[] => Array.from({ length: K }, (_, k) => (k + 1) % K);
const warned = (data: InMemory): boolean =>
  /^head: .*another network's.*another order/.test(measureFeatures(data).notes[0] ?? "");

describe("a head that does not belong to the features", () => {
  test.each([2, 3, 4, 10, 30])("%d classes: rows in another order are told, those in order are not", (K) => {
    const data = clouds(K, 20, 0.5);
    expect(warned(data)).toBe(false);
    expect(warned(reordered(data, rolled(K)))).toBe(true);
  });

  test("labels by other numbers, and a head of random numbers", () => {
    const data = clouds(10, 20, 0.5);
    expect(warned({ ...data, labels: Array.from(data.labels, (k) => (k + 3) % 10) })).toBe(true);
    // Chance is sometimes right about three of ten classes.
    const told = Array.from({ length: 40 }, (_, seed) => {
      const r = random(seed);
      return warned({ ...data, head: { W: data.head.W.map(() => r.normal()), b: data.head.b } });
    }).filter((told) => told).length;
    expect(told).toBeGreaterThanOrEqual(30);
  });

  test("not where labels say nothing of the features, nor where two rows of ten are exchanged", () => {
    const data = clouds(10, 40, 0.5);
    expect(warned({ ...data, labels: random(3).shuffle([...Array.from(data.labels)]) })).toBe(false);
    expect(warned(reordered(data, [1, 0, 2, 3, 4, 5, 6, 7, 8, 9]))).toBe(false);
  });

  test("not a head of collapsed minorities on balanced samples, one that its bias decides, nor one of zeros", () => {
    const data = clouds(10, 20, 0.5);
    const { W, b } = data.head;
    const of = (head: InMemory["head"]): boolean => warned({ ...data, head });
    // Two large classes win wherever they are not nothing.
    const bias = Float64Array.from(b, (_, k) => (k < 2 ? 40 - k : 0));
    expect(measureFeatures({ ...data, head: { W, b: bias } }).accuracyOverall).toBeLessThanOrEqual(0.2);
    expect(of({ W, b: bias })).toBe(false);
    const collapsed = W.map((x, e) => (e < 2 * data.d ? x : 0));
    expect(of({ W: collapsed, b: Float64Array.from(b, (_, k) => (k < 2 ? 1 : 0)) })).toBe(false);
    expect(of({ W, b: Float64Array.from(b, (_, k) => (k === 3 ? 100 : 0)) })).toBe(false);
    expect(of({ W: W.map(() => 0), b })).toBe(false);
  });
});

test("nearestRight is what distances to the means say, in parts too, and is kept in their arrays", () => {
  const data = clouds(5, 12, 3);
  const { K, d, head } = data;
  const labels = Array.from(data.labels);
  const n = labels.length;
  const sums = emptySums(K, d);
  addToSums(sums, { n, features: data.features, labels });
  const frame = frameOf(sums);
  const half = n / 2;
  const parts = [0, 1].map((i) => {
    const within = emptyWithin(frame, head);
    const features = data.features.subarray(i * half * d, (i + 1) * half * d);
    addToWithin(within, frame, head, { n: half, features, labels: labels.slice(i * half, (i + 1) * half) });
    return within;
  });
  const whole = mergeWithin(parts[0], parts[1]);
  const means = Array.from({ length: K }, (_, k) => {
    const rows = labels.flatMap((label, i) => (label === k ? [i] : []));
    return Array.from({ length: d }, (_, j) => rows.reduce((sum, i) => sum + data.features[i * d + j], 0) / rows.length);
  });
  const distance = (i: number, k: number): number => means[k].reduce((sum, x, j) => sum + (data.features[i * d + j] - x) ** 2, 0);
  const right = labels.filter((label, i) => means.every((_, k) => k === label || distance(i, label) < distance(i, k))).length;
  expect(right).toBeLessThan(n);
  expect(whole.head?.nearestRight).toBe(right);
  const arrays = stateToArrays({ sums, within: whole, head });
  expect(stateFromArrays(arrays, "part").within.head?.nearestRight).toBe(right);
  // A part of an earlier version does not have it; then nothing is said.
  const { nearestRight: _, ...before } = arrays;
  const old = stateFromArrays(before, "part").within;
  expect(old.head?.nearestRight).toBeNull();
  expect(mergeWithin(old, parts[0]).head?.nearestRight).toBeNull();
});
