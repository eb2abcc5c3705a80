import { join } from "node:path";
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
  for (const command of ["predict", "thresholds", "advise"]) {
    const { out } = await runProgram(command, ...options);
    expect(out).toContain("1089413");
    // Nor is it there in fewer digits beside: 1089000, 1.089e+6.
    expect(out.match(/\b10[89]\d{4}\b|\b1\.0[89]\d*e/g)?.filter((said) => said !== "1089413")).toEqual([]);
  }
});

test("measure prints the effective one as they would", async () => {
  const field = join(import.meta.dirname, "../fixtures/field");
  const of = (name: string): string => join(field, name);
  const args = ["--features", of("H.npy"), "--labels", of("y.npy"), "--head-weight", of("npscalar.pth"), "--weight-decay", "300"];
  const { criticalCount } = JSON.parse((await runProgram("measure", ...args, "--json")).out).effective;
  expect(criticalCount).toBeGreaterThan(1e6);
  expect((await runProgram("measure", ...args)).out).toMatch(new RegExp(`criticalCount +│ +${Math.round(criticalCount)} `));
});
