import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { limits } from "../../src/cli/limits.ts";
import { phase } from "../../src/cli/phase.ts";
import { predict } from "../../src/cli/predict.ts";
import { predict as predicted } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { runCommand } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-decay-everywhere-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Each cell against the problem of its counts, solved: a different road than the closed forms of the grid.
test.each([
  ["--branches", "1"],
  ["--branches", "2.5"],
  ["--norm-weight-decay", "0.1"],
  ["--bias-weight-decay", "inf"],
])("phase along weight decay and ratio is the phase of each problem (%s %s)", async (option, value) => {
  const grid = ["--x", "weight-decay:0.05:0.9:7", "--y", "ratio:2:20:3", "--n-b", "50", "--ends", "batch-norm", option, value];
  const d = JSON.parse((await runCommand(phase, ...grid, "--json")).out);
  expect(d.x.parameter).toBe("weightDecay");
  expect(d.fixed).toMatchObject({ nB: 50, kA: 5, kB: 5, ends: "batch-norm" });
  const key = { "--branches": "branches", "--norm-weight-decay": "normWeightDecay", "--bias-weight-decay": "biasWeightDecay" }[
    option
  ] as string;
  const letters = new Set<string>();
  d.y.values.forEach((ratio: number, i: number) => {
    const n = Math.round(ratio * 50);
    if (Math.abs(n - ratio * 50) > 1e-9) return;
    d.x.values.forEach((weightDecay: number, j: number) => {
      const counts = [n, n, n, n, n, 50, 50, 50, 50, 50];
      const p = predicted(
        problem({ counts, weightDecay, ends: "batch-norm", [key]: value === "inf" ? Number.POSITIVE_INFINITY : Number(value) }),
      );
      expect(d.phases[i][j], `${n}, ${weightDecay}`).toBe(p.phase);
      letters.add(p.phase as string);
    });
  });
  expect(letters.size).toBeGreaterThan(1);
});

test("phase with a fixed weight decay, of features that end in a ReLU: no (b)", async () => {
  const d = JSON.parse(
    (
      await runCommand(
        phase,
        "--x",
        "k-a:2:9:8",
        "--y",
        "ratio:1:50:9",
        "--weight-decay",
        "0.2",
        "--ends",
        "batch-norm-relu",
        "--json",
      )
    ).out,
  );
  expect(d.nonnegative).toBe(true);
  expect(d.fixed).toMatchObject({ weightDecay: 0.2, branches: 1 });
  expect(d.fixed).not.toHaveProperty("lambdaZ");
  expect(d.phases.join("")).toMatch(/^[acd]+$/);
});

test.each([
  [["--x", "weight-decay:1e-3:1:9"], /--ends: expected batch-norm/],
  [["--weight-decay", "0.1", "--ends", "batch-norm"], /--weight-decay: expected no value for what is on an axis/],
  [
    ["--x", "lambda-z:1e-3:1:9", "--weight-decay", "0.1", "--ends", "batch-norm"],
    /weight-decay, ratio, n-b or k-a beside a weight decay/,
  ],
  [["--y", "lambda-b:1e-3:1:9", "--ends", "batch-norm"], /weight-decay, ratio, n-b or k-a/],
  [["--ends", "batch-norm", "--lambda-b", "0.1"], /--lambda-b: expected nothing beside a weight decay/],
  [["--ends", "batch-norm", "--convention", "mean"], /no --?convention|no convention/],
  [["--ends", "batch-nrom"], /did you mean batch-norm\?/],
  [["--ends", "batch-norm", "--norm-weight-decay", "0"], /grow for ever/],
])("phase %s is refused", async (args, rule) => {
  await expect(runCommand(phase, ...args)).rejects.toThrow(rule);
});

test("limits refuses a weight decay with the way out", async () => {
  await expect(runCommand(limits, "--counts", "5x500,5x100", "--weight-decay", "1e-3")).rejects.toThrow(
    /--weight-decay: expected none here.*nclab predict --weight-decay X/,
  );
});

test("predict --batch takes weight decay, and public data sets, by line", async () => {
  const file = join(folder, "b.jsonl");
  const line = {
    counts: "dataset:cifar10-lt:100",
    weightDecay: 0.01,
    ends: "batch-norm-relu",
    branches: 2,
    biasWeightDecay: "inf",
  };
  writeFileSync(file, [line, { ...line, lambdaZ: 1 }, { ...line, wightDecay: 1 }].map((x) => JSON.stringify(x)).join("\n"));
  const out = (await runCommand(predict, "--batch", file)).out
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text));
  expect(out[0].problem).toMatchObject({
    weightDecay: 0.01,
    ends: "batch-norm-relu",
    branches: 2,
    lambdaB: "inf",
    nonnegative: true,
  });
  // 12,406 samples: lambda_Z = 0.01/sqrt(2 * 12406).
  expect(out[0].problem.lambdaZ).toBeCloseTo(0.01 / Math.sqrt(24_812), 15);
  expect(out[1].error).toMatch(/expected no lambdaZ beside it/);
  expect(out[2].error).toMatch(/did you mean weightDecay\?/);
});
