import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runProgram } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-sizes-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["thresholds", [], "classes: expected at most 300 different ones (the time grows with the fourth power), got 100000"],
  ["advise", ["--lambda-z", "1e-6"], "classes: expected at most 1000 different ones"],
  ["path", ["--lambda-z", "1e-6:1e-5:3"], "classes: expected at most 1000 different ones (exactly that takes days"],
  ["path", ["--lambda-z", "1e-6:1e-5:3", "--tolerance", "1e-4"], "classes: expected at most 10000 different ones"],
  [
    "path",
    ["--lambda-z", "1e-6:1e-5:1000"],
    "classes: expected at most 10000 with 1000 values (each row has all singular values), got 100000",
  ],
  ["limits", [], "classes: expected at most 2000, got 100000"],
])("nclab %s of 100,000 different counts is refused before it takes days or the memory", async (command, more, message) => {
  const many = join(folder, "many.json");
  writeFileSync(many, JSON.stringify(Array.from({ length: 100_000 }, (_, i) => 1000 + i)));
  const { code, out, err } = await runProgram(command, "--counts", many, ...more);
  expect(err).toContain(message);
  expect({ code, out }).toEqual({ code: 2, out: "" });
});

test.each(["1e-300", "1e100"])(
  "advise at the end of lambda_Z's range, %s: what another convention makes of it is no error",
  async (lambdaZ) => {
    const { code, out, err } = await runProgram("advise", "--counts", "2x50,3x7", "--lambda-z", lambdaZ);
    expect([0, 3], err).toContain(code);
    expect(out).toContain("none that can be computed");
  },
);
