import { expect, test } from "vitest";
import { intervalsOf } from "../../src/cli/measure/intervals.ts";
import { random } from "../../src/math/random.ts";
import { type Block, bootstrap, bothPasses, finish, quantile, type Stream } from "../../src/measure/index.ts";
import { clouds } from "./plain.ts";

test("quantiles between neighbours, by linear interpolation", () => {
  const five = [5, 1, 4, 2, 3];
  expect([0, 0.25, 0.5, 0.75, 1].map((q) => quantile(five, q))).toEqual([1, 2, 3, 4, 5]);
  expect(quantile(five, 0.1)).toBeCloseTo(1.4, 14);
  expect(quantile(five, 0.9)).toBeCloseTo(4.6, 14);
  expect(quantile([10, 20], 0.025)).toBeCloseTo(10.25, 13);
  expect(quantile([7], 0.3)).toBe(7);
  expect(quantile([], 0.5)).toBeNull();
  expect(five).toEqual([5, 1, 4, 2, 3]);
  // Of 0, 1, ..., 1000 the quantile q is 1000 q, whatever their order.
  const many = random(1).shuffle(Array.from({ length: 1001 }, (_, i) => i));
  for (const q of [0.025, 0.2, 0.5, 0.975]) expect(quantile(many, q)).toBeCloseTo(1000 * q, 10);
});

const { features, labels, d, K, head } = clouds([40, 25, 10], 4, 1, 3);
const stream: Stream = {
  d,
  K,
  head,
  async *blocks(from, to): AsyncGenerator<Block & { first: number }> {
    for (let first = from; first < to; first += 16) {
      const end = Math.min(to, first + 16);
      yield { first, n: end - first, features: features.subarray(first * d, end * d), labels: labels.slice(first, end) };
    }
  },
};

test("the intervals hold 95 % of the replicates: 2.5 % below, 2.5 % above", async () => {
  const { frame } = await bothPasses(stream, labels.length);
  const values: number[] = [];
  await bootstrap(stream, labels.length, frame.counts, { replicates: 81, seed: 4 }, (resampled, within) => {
    values.push(finish(resampled, within, head).nc1.paper as number);
  });
  expect(values).toHaveLength(81);
  const about = { name: "x", n: labels.length, classNames: null, notes: [], hidden: null, branchesAtMost: null, oneLogit: false };
  const input = { ...stream, ...about, close: async () => {} };
  const { of, level } = await intervalsOf(input, frame, {}, { replicates: 81, seed: 4 });
  expect(level).toBe(0.95);
  // Of 81 sorted values the quantiles 1/40 and 39/40 are the third and the third from the end.
  const sorted = values.sort((x, y) => x - y);
  expect(of["nc1.paper"]).toEqual({ low: sorted[2], high: sorted[78] });
});

test("a replicate is the same whether all are drawn at once or two at a time, as there is room for", async () => {
  // Features of half a million columns, all but the first 0: room for two replicates.
  const order = [0, 1, 1, 0, 2, 1, 3, 0, 2, 0];
  const means = async (d: number): Promise<number[][]> => {
    const wide: Stream = {
      d,
      K: 4,
      head: null,
      async *blocks() {
        for (const [first, k] of order.entries()) {
          const features = new Float32Array(d);
          features[0] = 2 ** first;
          yield { first, n: 1, features, labels: [k] };
        }
      },
    };
    const found: number[][] = [];
    const options = { replicates: 4, seed: 3 };
    await bootstrap(wide, order.length, [4, 3, 2, 1], options, (frame) =>
      found.push([0, 1, 2, 3].map((k) => frame.means[k * d])),
    );
    return found;
  };
  const narrow = await means(1);
  expect(new Set(narrow.map(String)).size).toBe(4);
  expect(await means(2 ** 19)).toEqual(narrow);
});

test("every replicate draws as many samples of a class as there are, each as often as the others on average", async () => {
  const { frame } = await bothPasses(stream, labels.length);
  const replicates = 400;
  const drawn: number[][] = [];
  const sums = new Float64Array(K * d);
  const squares = new Float64Array(K * d);
  await bootstrap(stream, labels.length, frame.counts, { replicates, seed: 9 }, (resampled) => {
    drawn.push(Array.from(resampled.counts));
    resampled.means.forEach((x, e) => {
      sums[e] += x / replicates;
      squares[e] += (x - frame.means[e]) ** 2 / replicates;
    });
  });
  for (const counts of drawn) expect(counts).toEqual([40, 25, 10]);
  // A resampled mean has the class's mean and its variance over n_k: five standard errors each.
  for (let k = 0; k < K; k++)
    for (let j = 0; j < d; j++) {
      const of = labels.flatMap((l, i) => (l === k ? [features[i * d + j]] : []));
      const n = of.length;
      const mean = of.reduce((s, x) => s + x, 0) / n;
      const variance = of.reduce((s, x) => s + (x - mean) ** 2, 0) / n / n;
      expect(Math.abs(sums[k * d + j] - mean)).toBeLessThan(5 * Math.sqrt(variance / replicates));
      expect(Math.abs(squares[k * d + j] / variance - 1)).toBeLessThan(5 * Math.sqrt(2 / replicates) * 1.3);
    }
});
