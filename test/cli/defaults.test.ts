import { describe, expect, test } from "vitest";
import type { CommandInput } from "../../src/cli/command.ts";
import { parse } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/program.ts";
import { readRunConfig } from "../../src/cli/run-config.ts";
import { runProgram } from "./run.ts";

/** What happens where nothing is said: each command with no option at all, and what train takes when only the regularization is given. */
describe("a command with no option", () => {
  test.each([
    ["predict", "classes: expected exactly one of --counts, --labels, --long-tail, got none"],
    ["thresholds", "classes: expected exactly one of --counts, --labels, --long-tail, got none"],
    ["advise", "classes: expected exactly one of --counts, --labels, --long-tail, got none"],
    [
      "path",
      "expected a range FROM:TO[:POINTS][:log|:linear] in exactly one of --lambda-z, --weight-decay, --n-b, --imbalance, got none",
    ],
    ["limits", "classes: expected exactly one of --counts, --labels, --long-tail, got none"],
    ["measure", "--features: expected a file, got none"],
    ["ends", "nclab ends: expected one checkpoint, got none"],
    ["train", "expected --out DIR (a new run folder) or --resume DIR, got neither"],
    ["sweep", "expected one FILE.yaml, got none"],
    ["report", "expected a run folder, a sweep folder or a document of nclab measure --json, got none"],
    ["reproduce", "expected a figure"],
    ["data", "expected fetch, list or show, got nothing"],
  ])("nclab %s says what it needs", async (name, message) => {
    const { code, out, err } = await runProgram(name);
    expect(err).toContain(message);
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });

  test("nclab phase draws the paper's two clusters: n_B 100, 5 + 5 classes, no bias, over lambda_Z and the ratio", async () => {
    const { code, out } = await runProgram("phase", "--json");
    const { x, y, fixed, phases } = JSON.parse(out);
    expect(code).toBe(0);
    expect(fixed).toMatchObject({ nB: 100, kA: 5, kB: 5, lambdaB: "inf" });
    expect([x.parameter, y.parameter, phases.length, phases[0].length]).toEqual(["lambdaZ", "ratio", 400, 400]);
  });
});

async function settings(...argv: string[]) {
  const { options } = parse(await commands.train(), ["--counts", "10x40", "--dataset", "glyphs", ...argv]) as CommandInput;
  return (await readRunConfig(options)).settings;
}

describe("train", () => {
  test("with lambda_Z alone: the paper's section 4.3 for the small network", async () => {
    expect(await settings("--lambda-z", "0.002")).toMatchObject({
      network: "mlp",
      features: "linear",
      epochs: 120,
      batch: 128,
      schedule: "paper-4.3",
      weightDecay: 0,
      lambdaW: 0.02,
      lambdaH: 0.0002,
      lambdaB: Number.POSITIVE_INFINITY,
    });
  });

  test("with weight decay alone: everything decays, a network that ends in batch normalization, large batches, a decay that grows", async () => {
    const found = await settings("--weight-decay", "0.01");
    expect(found).toMatchObject({
      network: "mlp-bn",
      features: "linear",
      batch: 400,
      schedule: "decay-ramp",
      weightDecay: 0.01,
      normDecay: 0.01,
      lambdaW: 0.01,
      lambdaB: 0.01,
    });
    expect(found.lambdaH).toBeCloseTo(0.01 / 400, 15);
    expect((await settings("--weight-decay", "0.01", "--decay", "effective")).weightDecay).toBe(0);
  });
});
