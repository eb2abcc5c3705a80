import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { limits } from "../../src/cli/limits.ts";
import { phase } from "../../src/cli/phase.ts";
import { predict } from "../../src/cli/predict.ts";
import { thresholds } from "../../src/cli/thresholds.ts";
import { decodeNpz } from "../../src/features/index.ts";
import { predict as predicted } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { etfRate, zeroLimit } from "../../src/theory/index.ts";
import { runCommand } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-decay-everywhere-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Each cell against the problem of its counts, solved: a different road than the closed forms of the grid.
test.each([
  ["--branches", "1"],
  ["--branches", "2.5"],
  ["--norm-weight-decay", "0.1"],
  ["--bias-weight-decay", "inf"],
  ["--bias-weight-decay", "0"],
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
  [["--ends", "batch-norm", "--lambda-b", "0.1"], /--weight-decay: expected no --lambda-b beside it, got 0.1/],
  [["--ends", "batch-norm", "--convention", "mean"], /no --?convention|no convention/],
  [["--ends", "batch-nrom"], /did you mean batch-norm\?/],
  [["--ends", "batch-norm", "--norm-weight-decay", "0"], /grow for ever/],
])("phase %s is refused", async (args, rule) => {
  await expect(runCommand(phase, ...args)).rejects.toThrow(rule);
});

test("limits of a weight decay: only the ratios of the decays count, J among them, and the bias stays", async () => {
  const of = async (...more: string[]) => JSON.parse((await runCommand(limits, "--counts", "3x50,2x20", "--json", ...more)).out);
  const plain = await of("--ends", "batch-norm", "--branches", "2");
  expect(plain.problem).toMatchObject({ ends: "batch-norm", branches: 2, nonnegative: false });
  expect(plain.problem.lambdaRatio).toBeCloseTo(1 / Math.sqrt(2 * 190), 15);
  const stated = await of("--ends", "batch-norm", "--branches", "2", "--weight-decay", "5e-4");
  expect(stated.problem.lambdaRatio / plain.problem.lambdaRatio).toBeCloseTo(1, 14);
  expect(stated.zeroRegularization.offset[0][4]).toBeCloseTo(plain.zeroRegularization.offset[0][4], 12);
  const decays = ["--weight-decay", "1e-3", "--norm-weight-decay", "4e-3", "--bias-weight-decay", "5e-4"];
  const own = await of("--ends", "batch-norm-relu", ...decays);
  expect(own.problem.lambdaRatio).toBeCloseTo((2 / 0.5) * (1 / Math.sqrt(190)), 12);
  expect(own.zeroRegularization).toEqual(zeroLimit([50, 50, 50, 20, 20], { ratio: own.problem.lambdaRatio, nonnegative: true }));
  // Against a prediction at a decay of 1e-8: b to O(1/log(1/s)).
  const off = 3 / Math.log(1 / (1e-8 * Math.sqrt(190 / 2)));
  const { b } = predicted(problem({ counts: [50, 50, 50, 20, 20], weightDecay: 1e-8, ends: "batch-norm", branches: 2 }));
  for (const [k, x] of b.entries()) expect(Math.abs(x - plain.zeroRegularization.biasOffset[k])).toBeLessThan(off * Math.abs(x));
  // And along the samples: the constants of two clusters with q = sqrt(N) lambda_Z / lambda_b = 1 / sqrt(J).
  const rate = etfRate(3, 2, 2.5, Math.sqrt(0.5));
  for (const key of ["bOverC", "aOverC", "dOverB"] as const) expect(plain.manySamples[key]).toBeCloseTo(rate[key], 12);
  const free = await of("--ends", "batch-norm", "--bias-weight-decay", "0");
  expect(free.problem.lambdaRatio).toBe("inf");
  expect(free.zeroRegularization).toEqual((await of("--lambda-b", "0")).zeroRegularization);
  expect(free.manySamples).toBeNull();
  expect(free.notes[0]).toMatch(/b\/c = n_A\/n_B/);
  const { out } = await runCommand(limits, "--counts", "3x50,2x20", "--ends", "batch-norm", "--bias-weight-decay", "0");
  expect(out).toMatch(/weight decay X -> 0, features out of batch-norm: Z \+ b 1' = log/);
  expect((await runCommand(limits, "--counts", "3x50,2x20", "--ends", "batch-norm-relu")).out).toMatch(
    /the last column is the limit of the bias/,
  );
});

test.each([
  [["--weight-decay", "1e-3"], /--ends: expected batch-norm or batch-norm-relu.*got nothing/],
  [["--ends", "batch-norm", "--lambda-b", "0"], /--weight-decay: expected no --lambda-b beside it/],
  [["--ends", "batch-norm", "--bias-weight-decay", "1e-4"], /--bias-weight-decay: expected --weight-decay beside it/],
  [
    ["--ends", "batch-norm-relu", "--bias-weight-decay", "0"],
    /--bias-weight-decay: expected a penalty on the bias, or no bias, with nonnegative features .*got 0/,
  ],
  [["--nonnegative", "--lambda-b", "0"], /--lambda-b: expected a penalty on the bias, or no bias, .*got 0/],
  [["--ends", "batch-nrom"], /did you mean batch-norm\?/],
])("limits %s is refused", async (args, rule) => {
  await expect(runCommand(limits, "--counts", "5x500,5x100", ...args)).rejects.toThrow(rule);
});

test("a bias that is not decayed: predict in a batch and alone, and phases, events and saved factors of its own problem", async () => {
  const counts = [300, 300, 300, 40, 40];
  const line = { counts, weightDecay: 0.3, ends: "batch-norm", biasWeightDecay: 0 };
  const file = join(folder, "free.jsonl");
  writeFileSync(file, `${JSON.stringify(line)}\n${JSON.stringify({ counts, lambdaZ: 0.009, lambdaB: 0 })}`);
  const [inBatch, byLambdas] = (await runCommand(predict, "--batch", file)).out
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text));
  const saved = join(folder, "free.npz");
  const words = ["--counts", counts.join(","), "--weight-decay", "0.3", "--ends", "batch-norm", "--bias-weight-decay", "0"];
  const alone = JSON.parse((await runCommand(predict, ...words, "--json", "--save", saved)).out);
  expect({ ...inBatch, seconds: 0 }).toEqual({ ...alone, seconds: 0 });
  expect(alone.problem.lambdaB).toBe(0);
  expect([alone.method, alone.certified, byLambdas.certified, byLambdas.problem.lambdaB]).toEqual([
    "two-clusters",
    true,
    true,
    0,
  ]);
  // Another route: the value of (P0) at the saved W, H and b, a feature a class, is the certified minimum.
  const arrays = decodeNpz(readFileSync(saved));
  const [W, H, b] = [arrays.W, arrays.H, arrays.b].map(({ data }) => Float64Array.from(data as Float64Array));
  const [K, d] = [5, W.length / 5];
  const N = 980;
  let value = 0;
  for (const w of W) value += (0.3 / 2) * w * w;
  for (let k = 0; k < K; k++) {
    const logits = Array.from(
      { length: K },
      (_, i) => b[i] + Array.from({ length: d }, (_, l) => W[i * d + l] * H[k * d + l]).reduce((x, y) => x + y),
    );
    value += (counts[k] / N) * (Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0)) - logits[k]);
    for (let l = 0; l < d; l++) value += (0.3 / N / 2) * counts[k] * H[k * d + l] ** 2;
  }
  expect(Math.abs(value / alone.dual - 1)).toBeLessThan(1e-9);
  // Its phase is in the diagram, and its events on either side of it.
  const grid = ["--x", "weight-decay:0.3:0.5:2", "--y", "ratio:7.5:10:2", "--n-b", "40", "--k-a", "3", "--k-b", "2"];
  const diagram = JSON.parse(
    (await runCommand(phase, ...grid, "--ends", "batch-norm", "--bias-weight-decay", "0", "--json")).out,
  );
  expect(diagram.phases[0][0]).toBe(alone.phase);
  const d2 = JSON.parse((await runCommand(thresholds, ...words, "--json")).out);
  expect(d2.problem).toMatchObject({ lambdaB: 0, weightDecay: 0.3, ends: "batch-norm", branches: 1 });
  const after = d2.events.filter((e: { weightDecay: number }) => e.weightDecay <= 0.3).at(-1);
  expect(after.rankAfter).toBe(alone.rank);
});

test("thresholds say which classes are 0 at every decay, and that the bias does not decay", async () => {
  const words = ["--counts", "2045,1352", "--ends", "batch-norm-relu", "--bias-weight-decay", "0"];
  const d = JSON.parse((await runCommand(thresholds, ...words, "--json")).out);
  expect(d.nonnegative.throughout).toEqual([0]);
  expect(d.problem).toMatchObject({ lambdaB: 0, weightDecay: null, lambdaZ: null, ends: "batch-norm-relu" });
  const { out } = await runCommand(thresholds, ...words);
  expect(out).toContain("at every weight decay predictions are 0 of: 0 (the bias, which costs nothing, predicts them by itself)");
  expect(out).toContain("a bias that does not decay");
  const decayed = await runCommand(thresholds, "--counts", "5x50,5x20", "--ends", "batch-norm");
  expect(decayed.out).toContain("the bias decays too");
  expect(decayed.out).not.toContain("at every");
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
