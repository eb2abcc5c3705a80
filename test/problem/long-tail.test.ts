import { expect, test } from "vitest";
import { parseLongTail } from "../../src/problem/index.ts";

test("a product that rounding leaves just below a whole number is that number", () => {
  // 100 x 0.29 is 28.999999999999996 in floating point, 100 x 0.57 is 56.99999999999999.
  expect(parseLongTail("step:4:100:0.29")).toEqual([100, 100, 29, 29]);
  expect(parseLongTail("step:2:100:0.57")).toEqual([100, 57]);
  expect(parseLongTail("exp:2:100:0.29")).toEqual([100, 29]);
  // 1000 x 0.001^(k/3): 1000, 100, 10, 1.
  expect(parseLongTail("exp:4:1000:0.001")).toEqual([1000, 100, 10, 1]);
});

test("an imbalance given as a number above 1 is refused with the factor that it is", () => {
  expect(() => parseLongTail("exp:10:500:100")).toThrow(
    'factor: expected a number in (0, 1], the smallest count over the largest (an imbalance of 100 is 0.01), got "100"',
  );
  expect(() => parseLongTail("exp:10:50:0.01")).toThrow(
    'factor: expected at least one sample of every class (a larger factor or a larger nmax), got "0.01"',
  );
  expect(() => parseLongTail("step:10:500:8")).toThrow("(an imbalance of 8 is 0.125)");
  for (const text of ["0", "-1", "x", "inf", ""])
    expect(() => parseLongTail(`exp:10:500:${text}`)).toThrow(
      "factor: expected a number in (0, 1], the smallest count over the largest, got",
    );
});

test("whole percents of whole numbers, as whole arithmetic has them", () => {
  for (const n of [100, 500, 900, 1000, 5000, 50000, 1300000])
    for (let percent = 1; percent < 100; percent++)
      expect(parseLongTail(`step:2:${n}:${percent / 100}`)[1], `${percent} % of ${n}`).toBe((n * percent) / 100);
});

test("a number that is below a whole one by more than rounding is not rounded up", () => {
  expect(parseLongTail("step:2:1000000000:0.0289999999")[1]).toBe(28999999);
  expect(parseLongTail("step:2:1000:0.0289")[1]).toBe(28);
  expect(parseLongTail("exp:3:100:0.3")).toEqual([100, 54, 30]);
});
