import { afterEach, expect, test } from "vitest";
import { shareProducts } from "../../src/math/index.ts";
import { random } from "../../src/math/random.ts";
import {
  addToSums,
  addToWithin,
  type Block,
  emptySums,
  emptyWithin,
  type Frame,
  frameOf,
  mergeWithin,
  type Within,
} from "../../src/measure/index.ts";
import { openPass } from "../../src/measure/second-pass.ts";

/*
 * A second pass so large that its sums stay where the threads compute them, beside its definitions, sample by sample. Sums of N terms are held to 1e-12 of the sum of amounts.
 */
afterEach(() => shareProducts(1));

function made(K: number, d: number, N: number, { absent = -1, single = false } = {}) {
  const r = random(K + d);
  const means = Float64Array.from({ length: K * d }, () => r.normal());
  const labels = Array.from({ length: N }, (_, i) => (i % K === absent ? (i + 1) % K : i % K));
  const all = Float64Array.from(
    { length: N * d },
    (_, e) => 2 + means[labels[Math.floor(e / d)] * d + (e % d)] + 0.9 * r.normal(),
  );
  const features = single ? Float32Array.from(all) : all;
  const head = {
    W: Float64Array.from({ length: K * d }, (_, e) => 0.1 * (means[e] + r.normal())),
    b: Float64Array.from({ length: K }, () => r.normal()),
  };
  const step = 333;
  const blocks: Block[] = [];
  for (let i = 0; i < N; i += step) {
    const n = Math.min(step, N - i);
    blocks.push({ n, features: features.subarray(i * d, (i + n) * d), labels: labels.slice(i, i + n) });
  }
  const sums = emptySums(K, d);
  for (const block of blocks) addToSums(sums, block);
  return { K, d, N, labels, features, head, blocks, frame: frameOf(sums) };
}

type Made = ReturnType<typeof made>;

function passed({ frame, head, blocks }: Made, force: boolean): Within {
  const within = emptyWithin(frame, head, { force, gram: false });
  const pass = openPass(within, frame, head);
  for (const block of blocks) pass.add(block);
  pass.close();
  return within;
}

const nearestTo = ({ K, d, counts, means }: Frame, h: ArrayLike<number>): number => {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < K; k++) {
    if (counts[k] === 0) continue;
    let square = 0;
    for (let j = 0; j < d; j++) square += (h[j] - means[k * d + j]) ** 2;
    if (square < least) [best, least] = [k, square];
  }
  return best;
};

function byDefinition({ K, d, N, labels, features, head, frame }: Made): Within {
  const { r, basis, means } = frame;
  const within = emptyWithin(frame, head, { gram: false });
  const sums = within.head as NonNullable<Within["head"]>;
  const force = sums.force as Float64Array;
  for (let i = 0; i < N; i++) {
    const h = features.subarray(i * d, i * d + d);
    const k = labels[i];
    const away = Array.from(h, (x, j) => x - means[k * d + j]);
    within.scatter[k] += away.reduce((sum, x) => sum + x * x, 0);
    const y = basis ? Array.from({ length: r }, (_, a) => away.reduce((sum, x, j) => sum + x * basis[a * d + j], 0)) : away;
    for (let a = 0; a < r; a++) for (let b = 0; b < r; b++) within.projected[a * r + b] += y[a] * y[b];
    const z = Array.from(head.b, (shift, c) => {
      let sum = shift;
      for (let j = 0; j < d; j++) sum += head.W[c * d + j] * h[j];
      return sum;
    });
    const top = Math.max(...z);
    const total = z.reduce((sum, x) => sum + Math.exp(x - top), 0);
    const best = z.indexOf(top);
    const nearest = nearestTo(frame, h);
    if (nearest !== best) sums.disagreements++;
    if (nearest === k) sums.nearestRight = (sums.nearestRight as number) + 1;
    if (best === k) sums.correct[k]++;
    sums.crossEntropy += Math.log(total) + top - z[k];
    for (let c = 0; c < K; c++)
      for (let j = 0; j < d; j++) force[c * d + j] += ((c === k ? 1 : 0) - Math.exp(z[c] - top) / total) * h[j];
  }
  within.seen = N;
  return within;
}

function agree(found: Within, expected: Within, tolerance: number): void {
  const near = (x: Float64Array, y: Float64Array): void => {
    const size = y.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    expect(x.length).toBe(y.length);
    expect(x.reduce((most, v, e) => Math.max(most, Math.abs(v - y[e])), 0)).toBeLessThanOrEqual(tolerance * size);
  };
  near(found.scatter, expected.scatter);
  near(found.projected, expected.projected);
  expect(found.seen).toBe(expected.seen);
  const [mine, theirs] = [found.head, expected.head] as NonNullable<Within["head"]>[];
  expect({ ...mine, force: 0, crossEntropy: 0 }).toEqual({ ...theirs, force: 0, crossEntropy: 0 });
  expect(Math.abs(mine.crossEntropy / theirs.crossEntropy - 1)).toBeLessThan(tolerance);
  if (mine.force && theirs.force) near(mine.force, theirs.force);
}

test.each([
  { what: "more classes than features", K: 90, d: 70, N: 4000 },
  { what: "fewer classes than features", K: 61, d: 90, N: 5000 },
  { what: "a class that does not occur, features of float32", K: 90, d: 70, N: 4000, absent: 7, single: true },
])("$what", ({ K, d, N, ...how }) => {
  const data = made(K, d, N, how);
  expect(Math.min(N * K * d, N * data.frame.r ** 2)).toBeGreaterThan(2 ** 24);
  const expected = byDefinition(data);
  agree(passed(data, true), expected, 1e-12);
  const without = passed(data, false);
  expect(without.head?.force).toBeNull();
  agree(without, expected, 1e-12);
});

test("equal to the last bit for every number of threads; block by block, and in parts, the same up to rounding", () => {
  const data = made(90, 70, 4000);
  const alone = passed(data, true);
  for (const threads of [2, 3]) {
    shareProducts(threads);
    expect(passed(data, true)).toEqual(alone);
    expect(passed(data, false)).toEqual({ ...alone, head: { ...alone.head, force: null } });
  }
  const { frame, head, blocks } = data;
  const single = emptyWithin(frame, head, { gram: false });
  for (const block of blocks) addToWithin(single, frame, head, block);
  agree(single, alone, 1e-13);
  const parts = [blocks.slice(0, 5), blocks.slice(5)].map((part) => passed({ ...data, blocks: part }, true));
  agree(mergeWithin(parts[0], parts[1]), alone, 1e-13);
});

test("two passes at a time do not meet", () => {
  shareProducts(2);
  const data = [made(90, 70, 4000), made(61, 90, 5000)];
  const most = Math.min(...data.map(({ blocks }) => blocks.length));
  const cut = data.map((one) => ({ ...one, blocks: one.blocks.slice(0, most) }));
  const states = cut.map(({ frame, head }) => emptyWithin(frame, head, { force: false, gram: false }));
  const passes = cut.map(({ frame, head }, i) => openPass(states[i], frame, head));
  for (let block = 0; block < most; block++)
    passes.forEach((pass, i) => {
      pass.add(cut[i].blocks[block]);
    });
  for (const pass of passes) pass.close();
  expect(states).toEqual(cut.map((one) => passed(one, false)));
});
