import { expect, test } from "vitest";
import { format, formatAtLeast, formatAtMost } from "../src/number-text.ts";

test.each([
  [0.14526, "0.1452", "0.1453"],
  [0.99996, "0.9999", "1"],
  [0.1452, "0.1452", "0.1452"],
  [-0.14526, "-0.1453", "-0.1452"],
  [123456.7, "123400", "123500"],
  [1.23456e-7, "1.234e-7", "1.235e-7"],
  [1e-4 - 1e-9, "9.999e-5", "0.0001"],
  [0, "0", "0"],
  [7, "7", "7"],
  [Number.POSITIVE_INFINITY, "inf", "inf"],
])("%d is at least %s and at most %s, to four digits", (value, below, above) => {
  expect(formatAtMost(value)).toBe(below);
  expect(formatAtLeast(value)).toBe(above);
  expect([below, above]).toContain(format(value));
});
