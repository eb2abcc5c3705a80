import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runProgram } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-features-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const told = async (...args: string[]) => {
  const { code, out, err } = await runProgram(...args, "--json");
  expect(code, err).toBe(0);
  return JSON.parse(out);
};

test("an mlp whose every layer decays is trained, saved, and held against the problem of its last two layers", async () => {
  const run = join(folder, "run");
  const settings = ["--counts", "5x8,5x4", "--weight-decay", "0.01", "--network", "mlp", "--dataset", "glyphs"];
  const { final } = await told(
    "train",
    ...settings,
    "--epochs",
    "4",
    "--batch",
    "30",
    "--last-layer",
    "40",
    "--save-features",
    "--out",
    run,
  );
  const dump = join(run, "features.npz");
  const m = await told("measure", dump, "--hidden", dump, "--weight-decay", "0.01");
  expect(m).toMatchObject({ N: 60, K: 10, d: 512, counts: final.counts, peeled: { p: 512, solved: "samples" } });
  const close = (found: number[], to: number[], digits: number) =>
    expect(found).toEqual(to.map((x) => expect.closeTo(x, digits)));
  close(m.Z.flat(), final.Z.flat(), 4);
  close(m.b, final.b, 6);
  expect(m.crossEntropy).toBeCloseTo(final.crossEntropy, 5);
  // The objective is that of the peeled problem: cross-entropy and the decay of the last two layers and the bias.
  expect(final.objective).toBeGreaterThan(m.peeled.dual * (1 - 1e-5));
  expect(final.objective).toBeLessThan(1.02 * m.peeled.objective);
});

test("train says that the counts do not tell where it ends, and where to look", async () => {
  const settings = [
    "--counts",
    "5x4,5x2",
    "--weight-decay",
    "0.01",
    "--network",
    "mlp",
    "--dataset",
    "glyphs",
    "--epochs",
    "1",
    "--batch",
    "30",
  ];
  const { code, out } = await runProgram("train", ...settings, "--out", join(folder, "said"));
  expect(code).toBe(0);
  expect(out).toMatch(
    /no prediction: what a dense layer without normalization takes decides, not the counts alone; --save-features and `nclab measure --hidden`/,
  );
  expect(out).not.toMatch(/branches/);
});
