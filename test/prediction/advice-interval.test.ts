import { describe, expect, test } from "vitest";
import { enclosed, highest, narrowed, type Tried } from "../../src/prediction/advice/interval.ts";

/** Functions with one known crossing of 0 in [0, 1]: straight, bent either way, all but level before or after it, a step. */
const shapes: [string, number, (x: number) => number][] = [
  ["a line", 0.3, (x) => x - 0.3],
  ["a root that rises steeply", 0.1, (x) => (x < 0.1 ? -1e-3 : Math.sqrt(x - 0.1))],
  ["a class that comes up from 0 and is all but level", 0.7, (x) => Math.tanh(200 * (x - 0.7))],
  ["level for long, then steep", 0.9, (x) => Math.exp(30 * (x - 0.9)) - 1],
  ["a power of nine", 0.5, (x) => (x - 0.5) ** 9],
  ["a step", 1 / 3, (x) => (x < 1 / 3 ? -1 : 1)],
  ["a step up to nothing", 2 / 3, (x) => (x < 2 / 3 ? -100 : 0)],
];

const looking = (f: (x: number) => number): { look: (x: number) => Tried; tried: number[] } => {
  const tried: number[] = [];
  return {
    tried,
    look: (x) => {
      tried.push(x);
      return { x, over: f(x) };
    },
  };
};

describe.each(shapes)("%s", (_, root, f) => {
  test.each([1e-2, 1e-6, 1e-12])("narrowed to %d around the crossing, in little more than bisection would take", (width) => {
    const { look, tried } = looking(f);
    const [below, above] = narrowed(look, [look(0), look(1)], { width });
    expect(below.over).toBeLessThan(0);
    expect(above.over).toBeGreaterThanOrEqual(0);
    expect(above.x - below.x).toBeLessThanOrEqual(width);
    expect(below.x).toBeLessThanOrEqual(root);
    expect(above.x).toBeGreaterThanOrEqual(root);
    // Every third try halves.
    expect(tried.length).toBeLessThanOrEqual(3 * Math.ceil(Math.log2(1 / width)) + 2);
    for (const x of tried) expect(x >= 0 && x <= 1).toBe(true);
  });
});

test("where it is smooth, half as many tries do what bisection does in forty", () => {
  const { look, tried } = looking((x) => Math.exp(x) - 1.5);
  const [below, above] = narrowed(look, [look(0), look(1)], { width: 2 ** -40 });
  expect(below.x).toBeLessThan(Math.log(1.5));
  expect(above.x).toBeGreaterThanOrEqual(Math.log(1.5));
  expect(tried.length).toBeLessThanOrEqual(20);
});

test("where it jumps, every try is in the middle", () => {
  const { look, tried } = looking((x) => x - 0.3);
  narrowed(look, [look(0), look(1)], { width: 0.1, jumps: true });
  expect(tried.slice(2)).toEqual([0.5, 0.25, 0.375, 0.3125]);
});

test("an interval that is narrow enough, or has no number within, is left alone", () => {
  const { look, tried } = looking((x) => x - 1);
  const [low, high] = [look(1 - 2 ** -53), look(1)];
  expect(narrowed(look, [low, high], { width: 0 })).toEqual([low, high]);
  expect(narrowed(look, [look(0.5), high], { width: 0.5 })).toEqual([{ x: 0.5, over: -0.5 }, high]);
  expect(tried).toHaveLength(3);
});

describe("from a place near a crossing to an interval around it", () => {
  const around = (root: number, from: number, tries = 12): [number | undefined, number | undefined, number[]] => {
    const { look, tried } = looking((x) => x - root);
    const [low, high] = enclosed(look, look(from), { guess: 0.1, first: 0, last: 2, tries });
    return [low?.x, high?.x, tried];
  };

  test.each([
    ["up, each step twice the one before", 1, 0.55, [0.85, 1.25], [0.55, 0.65, 0.85, 1.25]],
    ["down", 1, 1.5, [0.8, 1.2], [1.5, 1.4, 1.2, 0.8]],
    ["a place at the crossing reaches what is asked for", 1, 1, [0.9, 1], [1, 0.9]],
    ["a place just short of it does not reach it", 1, 0.9995, [0.9995, 1.0995], [0.9995, 1.0995]],
    ["a step just short of it goes on", 0.6505, 0.55, [0.65, 0.85], [0.55, 0.65, 0.85]],
    ["up to the last", 1.9, 0.9, [1.6, 2], [0.9, 1, 1.2, 1.6, 2]],
    ["not even the last", 3, 1, [2, undefined], [1, 1.1, 1.3, 1.7, 2]],
    ["even the first", -1, 0.2, [undefined, 0], [0.2, 0.1, 0]],
  ])("%s", (_, root, from, ends, looked) => {
    const [low, high, tried] = around(root, from);
    for (const [seen, wanted] of [
      [low, ends[0]],
      [high, ends[1]],
    ])
      if (wanted === undefined) expect(seen).toBeUndefined();
      else expect(seen).toBeCloseTo(wanted, 12);
    expect(tried).toHaveLength(looked.length);
    tried.forEach((x, i) => {
      expect(x).toBeCloseTo(looked[i], 12);
    });
  });

  test("no more tries than allowed", () => {
    const [low, high, tried] = around(1.9, 0.9, 2);
    expect(low).toBeCloseTo(1.2, 12);
    expect(high).toBeUndefined();
    expect(tried).toHaveLength(3);
  });
});

describe("the highest place", () => {
  test.each<[string, number, (x: number) => number]>([
    ["a parabola", 0.37, (x) => -1 - (x - 0.37) ** 2],
    ["a kink", 0.81, (x) => -1 - Math.max(3 * (0.81 - x), 20 * (x - 0.81))],
    ["the lower end", 0, (x) => -1 - x],
    ["the upper end", 1, (x) => x - 2],
  ])("%s", (_, peak, f) => {
    const { look, tried } = looking(f);
    const found = highest(look, [look(0), look(1)], { width: 1e-6, flat: 1e-14 });
    expect(Math.abs(found.x - peak)).toBeLessThanOrEqual(2e-6);
    // Golden section: each try leaves 0.618 of the width.
    expect(tried.length).toBeLessThanOrEqual(2 + 2 + Math.ceil(Math.log(1e6) / Math.log(1.618)));
  });

  test("stops at the first that reaches what is asked for, and where all are alike", () => {
    const parabola = looking((x) => 0.2 - (x - 0.37) ** 2);
    expect(highest(parabola.look, [parabola.look(0.9), parabola.look(1)], { width: 1e-6, flat: 0 }).over).toBeLessThan(0);
    parabola.tried.length = 0;
    expect(
      highest(
        parabola.look,
        [
          { x: 0, over: -1 },
          { x: 1, over: -1 },
        ],
        { width: 1e-6, flat: 0 },
      ).over,
    ).toBeGreaterThan(0);
    expect(parabola.tried).toHaveLength(1);
    const level = looking(() => -0.5);
    expect(highest(level.look, [level.look(0), level.look(1)], { width: 1e-6, flat: 1e-9 }).over).toBe(-0.5);
    expect(level.tried).toHaveLength(4);
  });
});
