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
    expect(three.notes[0]).toMatch(/two clusters, here are 3/);
    const lone = JSON.parse((await runCommand(limits, "--counts", "9,2x5", "--json")).out);
    expect(lone.notes[0]).toMatch(/two classes or more in each/);
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
    [["--lambda-b", "0.1"], /^--lambda-b: expected none with the square loss/],
    [["--smoothing", "0.1"], /^smoothing: expected none with the square loss/],
    [["--save", "x.npz"], /^--save: expected nothing with --loss square/],
  ])("refuses %j", async (more, message) => {
    await expect(runCommand(predict, "--counts", "5,3", "--lambda-z", "0.1", "--loss", "square", ...more)).rejects.toThrow(
      message,
    );
  });

  test("an unknown loss is bad input", async () => {
    await expect(runCommand(predict, "--counts", "5,3", "--lambda-z", "0.1", "--loss", "hinge")).rejects.toThrow(InputError);
  });
});
