import { expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { parseCountTable, presets, saysCounts } from "../../src/problem/index.ts";

const of = (name: string): number[] => parseCountTable(`dataset:${name}`, "--counts").counts;

// Totals, extremes and numbers of different counts as the papers and the public lists have them (Liu et al. 2019, Gupta et al. 2019).
test.each([
  ["imagenet-lt", 1000, 115_846, 1280, 5, 310],
  ["places-lt", 365, 62_500, 4980, 5, 201],
  ["lvis-v1", 1203, 360_952, 1977, 1, 429],
])("%s has its classes, samples, extremes and different counts", (name, K, N, most, least, different) => {
  const counts = of(name);
  expect(counts).toHaveLength(K);
  expect(counts.reduce((a, b) => a + b, 0)).toBe(N);
  expect(Math.max(...counts)).toBe(most);
  expect(Math.min(...counts)).toBe(least);
  expect(new Set(counts).size).toBe(different);
});

test("ImageNet-LT has its many, medium and few classes: 385, 479 and 136 (Liu et al. 2019)", () => {
  const counts = of("imagenet-lt");
  expect(counts.filter((n) => n > 100)).toHaveLength(385);
  expect(counts.filter((n) => n >= 20 && n <= 100)).toHaveLength(479);
  expect(counts.filter((n) => n < 20)).toHaveLength(136);
});

test("CIFAR-LT is the formula, its factor written either way", () => {
  // Published totals of the formula (Cui et al. 2019; Cao et al. 2019): 12,406 and 10,847 images at 1:100, 20,431 and 19,573 at 1:10.
  const total = (name: string): number => of(name).reduce((a, b) => a + b, 0);
  expect(total("cifar10-lt:100")).toBe(12_406);
  expect(total("cifar100-lt:100")).toBe(10_847);
  expect(total("cifar10-lt:10")).toBe(20_431);
  expect(total("cifar100-lt:10")).toBe(19_573);
  for (const factor of [10, 50, 100, 200]) {
    expect(of(`cifar10-lt:${factor}`)).toEqual(of(`cifar10-lt:${1 / factor}`));
    expect(of(`cifar10-lt:${factor}`)[0]).toBe(5000);
    expect(of(`cifar10-lt:${factor}`)[9]).toBe(5000 / factor);
    expect(of(`cifar100-lt:${factor}`)[0]).toBe(500);
  }
  expect(of("cifar10-lt:1")).toEqual(new Array(10).fill(5000));
});

test("what a list of choices offers can be read", () => {
  for (const { text } of presets) {
    expect(saysCounts(text)).toBe(true);
    expect(of(text.replace("dataset:", "")).length).toBeGreaterThan(1);
  }
});

test.each([
  ["dataset:imagnet-lt", /did you mean imagenet-lt\?/],
  ["dataset:", /expected dataset:imagenet-lt/],
  ["dataset:toString", /expected dataset:imagenet-lt/],
  ["dataset:imagenet-lt:100", /no imbalance factor/],
  ["dataset:cifar10-lt", /F the imbalance factor as 0.01 or 100/],
  ["dataset:cifar10-lt:0", /imbalance factor/],
  ["dataset:cifar10-lt:-3", /imbalance factor/],
  ["dataset:cifar10-lt:ten", /imbalance factor/],
  ["dataset:cifar10-lt:100:2", /imbalance factor/],
])("%s is refused with the rule", (text, rule) => {
  expect(() => parseCountTable(text, "--counts")).toThrow(InputError);
  expect(() => parseCountTable(text, "--counts")).toThrow(rule);
});
