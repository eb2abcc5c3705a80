import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readMetrics } from "../../src/experiments/metrics-lines.ts";
import { readItems } from "../../web/runs/read.ts";
import { runProgram } from "./run.ts";

/** Networks that end in layer normalization at the command line: what is held against the searched model, and what is not predicted. */
const folder = mkdtempSync(join(tmpdir(), "nclab-train-layer-norm-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shared = "--dataset glyphs --counts 4x8 --weight-decay 0.05 --network mlp-ln --epochs 1 --batch 32 --backend wasm";

const four = ["--classes", "4"];

async function train(name: string, more: string): Promise<{ out: string; path: string }> {
  const path = join(folder, name);
  const { code, out, err } = await runProgram("train", ...shared.split(" "), ...four, ...more.split(" "), "--out", path);
  expect(code, err).toBe(0);
  return { out, path };
}

/** As the page reads it. */
function item(path: string) {
  const text = (name: string) => ({ path: `run/${name}`, text: readFileSync(join(path, name), "utf8") });
  const { items, problems } = readItems([text("run.json"), text("metrics.jsonl")]);
  expect(problems).toEqual([]);
  return items[0];
}

// The simplex of four classes, least over its margin c: log(1 + 3 e^-c) + s c, s = lambda 3^(3/2) / sqrt(4 d), at c = log(3/s - 3).
const slope = (0.05 * 3 ** 1.5) / Math.sqrt(4 * 256);
const margin = Math.log(3 / slope - 3);
const simplex = Math.log1p(3 * Math.exp(-margin)) + slope * margin;

test("the best minimum found and the one to which descent from the network leads; not a word of certainty", async () => {
  const { out, path } = await train("decays", "--ends layer-norm --width 256");
  expect(out).toMatch(/error of Z .* beside the minimum to which descent from it leads/);
  expect(out).toContain(`the best that was found ${simplex.toFixed(6)}`);
  expect(out).toMatch(/of the best found +a simplex: rank 3/);
  expect(out).not.toMatch(/certified|predicted minimum/);
  const [line] = (await readMetrics(path)).slice(-1);
  expect(line.layerNorm?.best).toBeCloseTo(simplex, 6);
  expect(line.layerNorm?.settled).toBeGreaterThan(simplex - 1e-6);
  expect(line.comparison).toBeNull();
  // The model has no bias that is not 0 for equal counts: there is nothing to be wrong by a share of.
  expect(line.layerNorm?.berror).toEqual({ frobenius: null, sup: null });
  expect(item(path)).toMatchObject({ kind: "run", problem: null });
});

test.each([
  ["head", "--decay head", /no prediction: the decay spares scale and shift .* grow for ever/],
  ["relu", "--features relu", /no prediction: where a ReLU after layer normalization leads is open/],
])("nothing is predicted: %s", async (name, more, reason) => {
  const { out, path } = await train(name, more);
  expect(out).toMatch(reason);
  expect(out).not.toContain("predicted minimum");
  expect((await readMetrics(path)).at(-1)).toMatchObject({ predictedObjective: null, comparison: null, layerNorm: null });
  expect(item(path)).toMatchObject({ problem: null });
  const report = await runProgram("report", path, "--out", join(folder, `${name}.html`));
  expect(report.code, report.err).toBe(0);
});

test("what contradicts the network is refused", async () => {
  const refused = async (more: string) =>
    runProgram("train", ...shared.split(" "), ...more.split(" "), "--out", join(folder, "none"));
  expect(await refused("--classes 4 --width 512")).toMatchObject({
    code: 2,
    err: expect.stringMatching(/--width: expected 256.*got 512/),
  });
  expect(await refused("--classes 4 --ends batch-norm")).toMatchObject({
    code: 2,
    err: expect.stringMatching(/--ends: expected layer-norm/),
  });
  expect(await refused("--classes 11")).toMatchObject({
    code: 2,
    err: expect.stringMatching(/classes: expected .* 10 classes.*got 11/),
  });
  expect(await refused("--classes 5")).toMatchObject({ code: 2 });
});
