import { describe, expect, test } from "vitest";
import { limits } from "../../src/cli/limits.ts";
import { predict } from "../../src/cli/predict.ts";
import { InputError } from "../../src/errors.ts";
import { problem } from "../../src/problem/index.ts";
import { etfRate, squareLoss, zeroLimit } from "../../src/theory/index.ts";
import { run } from "./process.ts";
import { runCommand } from "./run.ts";

describe("nclab limits", () => {
  test("prints the limits of the theory folder", async () => {
    const { out, code } = await runCommand(limits, "--counts", "5x500,5x100", "--json");
    const d = JSON.parse(out);
    expect(code).toBe(0);
    expect(d.schema).toBe("nclab.limits/1");
    expect(d.zeroRegularization).toEqual(zeroLimit(d.problem.counts));
    expect(d.manySamples).toEqual(etfRate(5, 5, 5));
    expect(d.notes).toEqual([]);
  });

  test("says why the limit of many samples is missing", async () => {
    const three = JSON.parse((await runCommand(limits, "--counts", "9,5,2", "--json")).out);
    expect(three.manySamples).toBeNull();
    expect(three.notes[0]).toMatch(/two different counts, here are 3/);
    const lone = JSON.parse((await runCommand(limits, "--counts", "9,2x5", "--json")).out);
    expect(lone.notes[0]).toMatch(/two classes or more of each count/);
    await expect(runCommand(limits)).rejects.toThrow(InputError);
  });

  test("the table's margins are those of E", async () => {
    const { offset } = zeroLimit([50, 20, 3]);
    const { out } = await runCommand(limits, "--counts", "50,20,3");
    expect(out).toContain(String(Number((offset[0][0] - offset[2][0]).toPrecision(5))));
  });
});

describe("nclab predict --loss square", () => {
  test("prints the closed form under the names of the prediction document", async () => {
    const { code, stdout } = await run(
      "predict",
      "--counts",
      "5x500,5x100",
      "--lambda-z",
      "0.0039",
      "--loss",
      "square",
      "--json",
    );
    expect(code).toBe(0);
    const d = JSON.parse(stdout);
    const { own, objective, thresholds } = squareLoss(problem({ counts: d.problem.counts, lambdaZ: 0.0039 }));
    expect(d).toMatchObject({
      schema: "nclab.square-prediction/1",
      method: "square-loss",
      objective,
      rank: 5,
      thresholds,
      vanished: [5, 6, 7, 8, 9],
    });
    expect(d.Z.map((row: number[], k: number) => row[k])).toEqual(own);
    expect(d.singularValues[0]).toBeCloseTo(own[0] * Math.sqrt(500), 12);
  });

  test.each([
    [["--lambda-b", "0.1"], /^--lambda-b: expected inf, no bias, with the square loss .*, got 0.1/],
    [["--lambda-b", "0"], /^--lambda-b: expected inf, no bias, with the square loss .*, got 0$/],
    [["--smoothing", "0.1"], /^smoothing: expected none with the square loss/],
    [["--save", "x.npz"], /^--save: expected nothing with --loss square/],
  ])("refuses %j", async (more, message) => {
    await expect(runCommand(predict, "--counts", "5,3", "--lambda-z", "0.1", "--loss", "square", ...more)).rejects.toThrow(
      message,
    );
  });

  test("under weight decay it is the bias's decay that is to be inf", async () => {
    const decay = ["--counts", "5x50,5x10", "--weight-decay", "0.1", "--ends", "batch-norm", "--loss", "square"];
    for (const [bias, value] of [
      [[], "0.1"],
      [["--bias-weight-decay", "0"], "0"],
    ] as const)
      await expect(runCommand(predict, ...decay, ...bias)).rejects.toThrow(
        new RegExp(`^--bias-weight-decay: expected inf, no bias, with the square loss .*, got ${value}$`),
      );
    const { out } = await runCommand(predict, ...decay, "--bias-weight-decay", "inf", "--json");
    // z_kk = 1 - s/sqrt(n), s = 0.1 sqrt(300).
    const { Z, problem } = JSON.parse(out);
    expect(problem).toMatchObject({ weightDecay: 0.1, ends: "batch-norm", branches: 1 });
    expect(Z[0][0]).toBeCloseTo(1 - 0.1 * Math.sqrt(300 / 50), 12);
  });

  test("an unknown loss is bad input", async () => {
    await expect(runCommand(predict, "--counts", "5,3", "--lambda-z", "0.1", "--loss", "hinge")).rejects.toThrow(InputError);
  });
});
