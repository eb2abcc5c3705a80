import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { advise } from "../../src/cli/advise.ts";
import { measure } from "../../src/cli/measure.ts";
import { path } from "../../src/cli/path.ts";
import { phase } from "../../src/cli/phase.ts";
import { predict } from "../../src/cli/predict.ts";
import { thresholds } from "../../src/cli/thresholds.ts";
import { InputError } from "../../src/errors.ts";
import { matrix } from "../../src/math/matrix.ts";
import { singularValues } from "../../src/math/svd.ts";
import { problem } from "../../src/problem/index.ts";
import { squareLoss } from "../../src/theory/index.ts";
import { run } from "./process.ts";
import { runCommand } from "./run.ts";

const square = ["--loss", "square"];

describe("nclab predict --loss square", () => {
  test("without a bias: the closed form, in the document of every prediction", async () => {
    const { code, stdout } = await run("predict", "--counts", "5x500,5x100", "--lambda-z", "0.0039", ...square, "--json");
    expect(code).toBe(0);
    const d = JSON.parse(stdout);
    const { own, objective } = squareLoss(problem({ counts: d.problem.counts, lambdaZ: 0.0039 }));
    expect(d).toMatchObject({
      schema: "nclab.prediction/1",
      method: "square-loss",
      certified: true,
      rank: 5,
      vanished: [5, 6, 7, 8, 9],
    });
    expect(d.problem.loss).toBe("square");
    expect(Math.abs(d.objective / objective - 1)).toBeLessThan(1e-14);
    expect(d.Z.map((row: number[], k: number) => row[k])).toEqual(own);
    expect(d.singularValues[0]).toBeCloseTo(own[0] * Math.sqrt(500), 12);
    // The prediction of the square loss is the logit, and the law of a cluster holds of it: 1 - s/sqrt(n).
    expect(d.clusters[0].margin).toBeCloseTo(1 - (3000 * 0.0039) / Math.sqrt(500), 12);
    expect(d.classes[0].pOwn).toBe(own[0]);
    // No limit of vanishing regularization is claimed.
    expect(d.distances.limit).toBeNull();
  });

  test("at any lambda_Z, far below what residuals say whose digits are those of Z", async () => {
    const { out } = await runCommand(predict, "--counts", "500,20,3", "--lambda-z", "1e-14", ...square, "--json");
    expect(JSON.parse(out)).toMatchObject({ method: "square-loss", certified: true });
  });

  test.each([
    [["--lambda-b", "0.1"], "free"],
    [["--lambda-b", "0"], "free"],
    [["--smoothing", "0.1"], "free"],
    [["--weights", "1,2,1,0.5", "--lambda-b", "0.01", "--smoothing", "0.2"], "free"],
    [["--nonnegative", "--weights", "1,2,1,0.5"], "nonnegative"],
  ])("with %j: certified, the gap of its own objective and bound", async (more, kind) => {
    const { out, code } = await runCommand(
      predict,
      ...["--counts", "60,60,20,7", "--lambda-z", "0.02", ...square, "--json", ...more],
    );
    const d = JSON.parse(out);
    expect(code).toBe(0);
    expect(d.certified).toBe(true);
    expect(d.method).toMatch(kind === "free" ? /^(reduced|dense)$/ : /^nonnegative$/);
    expect(d.relativeGap).toBeLessThan(1e-10);
  });

  test("a loss that is not there is bad input", async () => {
    await expect(runCommand(predict, "--counts", "5,3", "--lambda-z", "0.1", "--loss", "hinge")).rejects.toThrow(
      /^--loss: expected one of cross-entropy, square.*, got "hinge"$/,
    );
  });

  test("behind a ReLU with a bias the model of directions of their own is proved, sharing bounded", async () => {
    const { out, code } = await runCommand(
      predict,
      ...["--counts", "60,60,20,7", "--lambda-z", "0.02", "--lambda-b", "0.01", "--nonnegative", ...square, "--json"],
    );
    const d = JSON.parse(out);
    expect(d.ufmPlus.certified).toBe(true);
    expect([code, d.certified]).toEqual([3, false]);
    expect(d.reason).toContain("share");
  });

  test("as text and in batches as with any other loss", async () => {
    const { out } = await runCommand(predict, "--counts", "5x50,20", "--lambda-z", "0.01", "--lambda-b", "0.1", ...square);
    expect(out).toContain("free features, loss square");
    const file = join(mkdtempSync(join(tmpdir(), "nclab-")), "lines.jsonl");
    writeFileSync(file, JSON.stringify({ counts: [50, 20], lambdaZ: 0.01, loss: "square" }));
    const { out: lines } = await runCommand(predict, "--batch", file);
    expect(JSON.parse(lines).problem.loss).toBe("square");
  });

  test.each([
    [
      ["--offsets", "1,0"],
      /^--offsets: expected none with the loss square: they belong to the logits inside a softmax, got \[1,0\]/,
    ],
    [["--factors", "1,2"], /^--factors: expected none with the loss square/],
    [["--weight-decay", "0.1", "--ends", "batch-norm", "--batch-size", "4"], /^--batch-size: expected the loss cross-entropy/],
  ])("refuses %j", async (more, message) => {
    const lambda = more.includes("--weight-decay") ? [] : ["--lambda-z", "0.1"];
    const call = runCommand(predict, "--counts", "5,3", ...lambda, ...square, ...more);
    await expect(call).rejects.toThrow(InputError);
    await expect(call).rejects.toThrow(message);
  });
});

describe("nclab thresholds and path --loss square", () => {
  test("without a bias every class vanishes at sqrt(n)/N, free or nonnegative", async () => {
    const { out } = await runCommand(thresholds, "--counts", "2x500,100,20", ...square, "--json");
    const d = JSON.parse(out);
    const N = 1120;
    const expected = [20, 100, 500].map((n) => Math.sqrt(n) / N);
    for (const events of [d.events, d.nonnegative.events]) {
      const at = [...new Set(events.map((e: { lambdaZ: number }) => e.lambdaZ))] as number[];
      expect(at.length).toBe(3);
      at.forEach((x, i) => {
        expect(Math.abs(x / expected[i] - 1)).toBeLessThan(1e-9);
      });
    }
    expect(d.events.map((e: { rankAfter: number }) => e.rankAfter).at(-1)).toBe(0);
  });

  test("rows along lambda_Z are certified", async () => {
    const { out, code } = await runCommand(
      path,
      ...["--counts", "2x500,100,20", "--lambda-z", "1e-3:1e-2:5", "--lambda-b", "0.1", ...square, "--json"],
    );
    expect(code).toBe(0);
    const d = JSON.parse(out);
    expect(d.problem.loss).toBe("square");
    expect(d.certified).toBe(true);
  });
});

test("nclab advise --loss square: weights that give every class the margin, without PyTorch's name for them", async () => {
  const { out } = await runCommand(
    advise,
    ...["--counts", "3x200,3x8", "--lambda-z", "0.004", "--change", "weight,offset", ...square, "--json"],
  );
  const d = JSON.parse(out);
  // Targets are 1 apart; z_kk = 1 - s/sqrt(n), no bias: what a weight has to make of it is s/(w sqrt(n)) = 1/2.
  expect(d.margin).toBe(0.5);
  const s = 624 * 0.004;
  expect(Math.min(...d.margins)).toBeCloseTo(1 - s / Math.sqrt(8), 9);
  const weight = d.remedies.find((r: { kind: string }) => r.kind === "weight");
  expect(weight).toMatchObject({ feasible: true, torch: null });
  expect(Math.min(...weight.classes.map((c: { margin: number }) => c.margin))).toBeGreaterThanOrEqual(0.5);
  expect(Math.abs(weight.perClass[5] * Math.sqrt(8) - 2 * s)).toBeLessThan(0.02 * s);
});

test("nclab phase and measure say why they take no other loss where they do not", async () => {
  await expect(runCommand(phase, ...square)).rejects.toThrow(/^--loss: expected cross-entropy: the phases .*, got "square"$/);
  await expect(runCommand(measure, "x.npz", "--weight-decay", "0.1", "--compare-effective", ...square)).rejects.toThrow(
    /^--loss: expected cross-entropy beside --compare-effective, got "square"$/,
  );
});

describe("--loss bce", () => {
  const bce = ["--loss", "bce"];

  test("predict: certified; the prediction is the sigmoid of the logit, and the law of a cluster holds of it", async () => {
    const { out, code } = await runCommand(
      predict,
      ...["--counts", "3x50,20", "--lambda-z", "0.01", "--lambda-b", "0.1", ...bce, "--json"],
    );
    expect(code).toBe(0);
    const d = JSON.parse(out);
    const sigmoid = (u: number): number => 1 / (1 + Math.exp(-u));
    expect(d.classes[0].pOwn).toBeCloseTo(sigmoid(d.Z[0][0] + d.b[0]), 14);
    // 1 - s/sqrt(n), s = 1.7.
    expect(sigmoid(d.Z[0][0] + d.b[0]) - sigmoid(d.Z[1][0] + d.b[1])).toBeCloseTo(1 - 1.7 / Math.sqrt(50), 9);
  });

  test("thresholds without a bias: clusters merge as under cross-entropy, all is 0 where the residuals of Z = 0 say so", async () => {
    const counts = [50, 50, 50, 10, 10];
    const N = 170;
    const { out } = await runCommand(thresholds, "--counts", counts.join(","), ...bce, "--json");
    const d = JSON.parse(out);
    const at = (events: { kind: string; lambdaZ: number }[], kind: string): number[] =>
      events.filter((e) => e.kind === kind).map((e) => e.lambdaZ * N);
    expect(at(d.events, "merge").map((s) => s ** 2)).toEqual([expect.closeTo(10, 9), expect.closeTo(50, 9)]);
    // Every prediction is 1/2 at Z = 0: residuals 1/2 - e_k, all columns times sqrt(n_k).
    const Y = Float64Array.from({ length: 25 }, (_, e) => (0.5 - (e % 6 === 0 ? 1 : 0)) * Math.sqrt(counts[e % 5]));
    expect(at(d.events, "complete")[0]).toBeCloseTo(singularValues(matrix(5, 5, Y))[0], 9);
    expect(at(d.nonnegative.events, "vanish").map((s) => s ** 2)).toEqual([
      expect.closeTo((10 * 5) / 4, 9),
      expect.closeTo((50 * 5) / 4, 9),
    ]);
  });
});

test.each([
  ["cross-entropy", "rank 2 of 2"],
  ["bce", "rank 3 of 3"],
])("a softmax leaves one direction of the logits free, others none: %s says %s", async (loss, words) => {
  const command = `predict --counts 9,8,7 --lambda-z 0.01 --lambda-b 0.1 --loss ${loss}`;
  const { stdout, code } = await run(...command.split(" "));
  expect(code).toBe(0);
  expect(stdout).toContain(`${words};`);
});
