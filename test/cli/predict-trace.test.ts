import { expect, test } from "vitest";
import { run } from "./process.ts";

const long = ["--counts", "500,300,120,50,20,8,8,3", "--lambda-z", "0.001", "--lambda-b", "0.01"];

test("--trace: a line a step and a proof on stderr, the answer on stdout as without it", async () => {
  const plain = await run("predict", ...long, "--json");
  const traced = await run("predict", ...long, "--json", "--trace");
  expect([plain.code, traced.code]).toEqual([0, 0]);
  const [without, withIt] = [plain, traced].map(({ stdout }) => ({ ...JSON.parse(stdout), seconds: 0 }));
  expect(withIt).toEqual(without);
  expect(plain.stderr).toBe("");
  const [header, ...rows] = traced.stderr.trim().split("\n");
  expect(header.split(/ {2,}/)).toEqual(
    expect.arrayContaining(["stage", "step", "objective", "decrement", "relative gap", "rank", "products"]),
  );
  expect(rows.length).toBeGreaterThan(3);
  for (const row of rows) expect(row).toMatch(/^(factors|core|proof) +\d+ +0\.\d+ /);
  const last = rows.filter((row) => row.startsWith("proof")).at(-1) as string;
  expect(Number(last.split(/ +/)[2])).toBeCloseTo(without.objective, 12);
});

test("--trace of a closed form says that there is nothing; other problems refuse it", async () => {
  const closed = await run("predict", "--counts", "5x500,5x100", "--lambda-z", "0.0039", "--trace");
  expect(closed.code).toBe(0);
  expect(closed.stderr).toBe("two-clusters: a closed form, nothing to trace\n");
  const counts = ["--counts", "5,3", "--trace"];
  for (const [other, ...value] of [
    ["--layer-peeled", "1,1"],
    ["--dimension", "1", "--lambda-z", "0.1"],
    ["--ends layer-norm", "--ends", "layer-norm", "--weight-decay", "0.1", "--width", "4"],
  ]) {
    const refused = await run("predict", ...counts, ...(other.includes(" ") ? value : [other, ...value]));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`--trace: expected nothing beside ${other}, got a trace`);
  }
});

test("a tolerance that was not reached says what stopped the solver", async () => {
  const beyond = await run("predict", ...long, "--tolerance", "1e-18", "--json");
  expect(beyond.code).toBe(3);
  expect(beyond.stderr).toMatch(/was not reached: \S+ is what is proved; a relative gap of 1e-18 is below what float64 can tell/);
  expect(JSON.parse(beyond.stdout).stopped).toBe("rounding");
});
