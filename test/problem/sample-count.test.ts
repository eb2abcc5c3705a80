import { expect, test } from "vitest";
import { sampleCount } from "../../src/problem/sample-count.ts";
import { runProgram } from "../cli/run.ts";

test.each([
  [1_089_412.3, "1089412"],
  [136.89, "136.89"],
  [136.888888888, "136.889"],
  [99_999.94, "99999.9"],
  [0, "0"],
  [4e-7, "4e-7"],
  [1.25e20, "1.25e+20"],
  [Number.POSITIVE_INFINITY, "inf"],
])("a count of %d samples is printed as %s", (value, text) => {
  expect(sampleCount(value)).toBe(text);
});

test("predict, thresholds and advise print the same critical count", async () => {
  const N = 2 * 1_089_413 + 2 * 500;
  const lambdaZ = Math.sqrt(1_089_413) / N;
  const options = ["--counts", "2x1089413,2x500", "--lambda-z", String(lambdaZ)];
  for (const command of ["predict", "thresholds", "advise"])
    expect((await runProgram(command, ...options)).out).toContain("1089413");
});
