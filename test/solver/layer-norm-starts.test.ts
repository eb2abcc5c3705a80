import { describe, expect, it } from "vitest";
import { predictLayerNorm } from "../../src/prediction/index.ts";
import { layerNormProblem } from "../../src/problem/index.ts";
import { builtPredictions } from "../../src/solver/layer-norm-starts.ts";
import { codeValue, crossPolytope } from "../../src/theory/layer-norm.ts";

/** The best of 16 descents. */
const found = (counts: number[], weightDecay: number, width: number) =>
  predictLayerNorm(layerNormProblem({ counts, weightDecay, ends: "layer-norm", width })).prediction;

/**
 * K classes in two groups at the ends of one direction, logits c within a group and -c across: log(K/2 (1 + e^(-2c))) + Lambda c sqrt(K), by a plain search over c.
 */
function twoGroups(K: number, strength: number): number {
  let least = Math.log(K);
  for (let c = 0; c < 12; c += 1e-4)
    least = Math.min(least, Math.log(K / 2) + Math.log1p(Math.exp(-2 * c)) + strength * c * Math.sqrt(K));
  return least;
}

describe("near complete collapse the classes stand in two groups, which random starts miss", () => {
  it.each([
    [10, 3.6],
    [10, 4],
    [10, 4.9],
    [6, 6],
    [4, 7.9],
  ])("%d classes, decay %d", (K, weightDecay) => {
    const { objective, rank } = found(new Array<number>(K).fill(100), weightDecay, 256);
    const value = twoGroups(K, weightDecay / 16);
    expect(value).toBeLessThan(Math.log(K) - 5e-5);
    // The search over c misses its minimum by half a step: 1e-9 of the value.
    expect(Math.abs(objective / value - 1)).toBeLessThan(1e-8);
    expect(rank).toBe(1);
  });

  it("from Lambda sqrt(K) = 1 on nothing is below log K", () => {
    const { objective, rank } = found(new Array<number>(10).fill(100), (16 / Math.sqrt(10)) * 1.001, 256);
    expect(objective).toBeCloseTo(Math.log(10), 12);
    expect(rank).toBe(0);
  });
});

it.each([
  [10, 0.01, 5],
  [12, 0.005, 6],
  [16, 0.1, 8],
])("%d classes in half as many channels: not above the pairs, which have room", (K, weightDecay, width) => {
  const pairs = codeValue(crossPolytope(K), weightDecay / Math.sqrt(width)).objective;
  expect(found(new Array<number>(K).fill(50), weightDecay, width).objective).toBeLessThan(pairs * (1 + 1e-9));
});

it("begins with no more directions than there are channels, and with groups as alike as counts allow", () => {
  const of = (counts: number[], width: number) =>
    builtPredictions(layerNormProblem({ counts, weightDecay: 0.1, ends: "layer-norm", width }));
  expect(of([5, 4], 8)).toHaveLength(0);
  expect(of([9, 8, 7, 6, 5, 4], 6)).toHaveLength(5);
  expect(of([9, 8, 7, 6, 5, 4], 3)).toHaveLength(5);
  // Heaviest first into the lighter group: {9, 6, 5} and {8, 7, 4}.
  const [two] = of([9, 8, 7, 6, 5, 4], 6);
  expect(Array.from(two.subarray(0, 6), Math.sign)).toEqual([1, -1, -1, 1, 1, -1]);
  // Neighbours in count are opposite, whatever the order of the classes.
  const pairs = of([4, 9, 6, 7, 8, 5], 6).at(-1) as Float64Array;
  expect(Array.from(pairs.subarray(0, 6), Math.sign)).toEqual([1, 0, 0, 0, 0, -1]);
});
