import { expect, test } from "vitest";
import { run } from "./process.ts";

const classes = ["--counts", "5x500,5x100", "--lambda-z", "0.0036", "--lambda-b", "0.02"];

test("the document has the contract's fields and nothing else goes to stdout", async () => {
  const { code, stdout } = await run("advise", ...classes, "--json");
  expect(code).toBe(0);
  const d = JSON.parse(stdout);
  expect(d).toMatchObject({ schema: "nclab.advice/1", merged: [[5, 6, 7, 8, 9]], criticalCount: expect.closeTo(116.64, 8) });
  expect(d.remedies.map((r: { kind: string }) => r.kind)).toEqual(["oversample", "weight", "lambda", "smoothing", "offset"]);
  for (const r of d.remedies) {
    expect(Object.keys(r)).toEqual(
      expect.arrayContaining(["kind", "feasible", "reason", "perClass", "resultingMargins", "extraSamples"]),
    );
    expect(r.perClass).toHaveLength(10);
    expect(r.resultingMargins).toHaveLength(10);
  }
  expect(d.problem.lambdaB).toBe(0.02);
});

test("the table names every remedy, and asks for the convention where it was not said", async () => {
  const { stdout } = await run("advise", ...classes);
  for (const word of ["oversample", "weight", "lambda", "smoothing", "offset", "which norm is penalized was not said"])
    expect(stdout).toContain(word);
  expect((await run("advise", ...classes, "--convention", "paper")).stdout).not.toContain("was not said");
});

test("--change names what may be changed", async () => {
  const { stdout } = await run("advise", ...classes, "--change", "weight,lambda", "--json");
  expect(JSON.parse(stdout).remedies.map((r: { kind: string }) => r.kind)).toEqual(["weight", "lambda"]);
});

test.each([
  [["--change", "weights"], "--change: expected any of oversample, weight, lambda, smoothing, offset, got weights"],
  [["--margin", "1"], "--margin: expected a number in [0, 1), got 1"],
  [["--weights", "10x0"], "weights[0]"],
  [["--offsets", "9x0,1e9"], "offsets[9]"],
  [["--convention", "none"], "--convention"],
])("bad input %j: exit code 2, what, rule and value", async (extra, message) => {
  const { code, stdout, stderr } = await run("advise", ...classes, ...extra);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(message);
});
