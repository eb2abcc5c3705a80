import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import { encodeNpy, encodeNpz } from "../../src/features/index.ts";
import { featuresOf, inputs, trained } from "../measure/two-layers.ts";
import { runCommand, runProgram } from "./run.ts";

let folder = "";
const at = (name: string): string => join(folder, name);
const of = inputs([40, 20, 10, 6], 9, 1, 8);
const n = of.labels.length;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nclab-hidden-"));
  const layers = await trained(of, { d: 6, decay: 0.02 });
  const shared = {
    features: { shape: [n, 6], data: featuresOf(of, layers) },
    labels: { shape: [n], data: Int32Array.from(of.labels) },
    weight: { shape: [4, 6], data: layers.W },
    bias: { shape: [4], data: layers.b },
  };
  writeFileSync(at("dump.npz"), encodeNpz(shared));
  writeFileSync(at("all.npz"), encodeNpz({ ...shared, hidden: { shape: [n, 9], data: of.phi } }));
  writeFileSync(at("phi.npy"), encodeNpy({ shape: [n, 9], data: of.phi }));
  writeFileSync(at("short.npy"), encodeNpy({ shape: [n - 1, 9], data: of.phi.subarray(9) }));
  writeFileSync(at("flat.npy"), encodeNpy({ shape: [n], data: of.phi.subarray(0, n) }));
  writeFileSync(at("nan.npy"), encodeNpy({ shape: [n, 9], data: of.phi.map((x, e) => (e === 100 ? Number.NaN : x)) }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const measured = async (...args: string[]) => JSON.parse((await runCommand(measure, ...args, "--json")).out);

test("--hidden solves the last two layers' problem and holds the measured Z and b against it", async () => {
  const { peeled, notes } = await measured(at("dump.npz"), "--hidden", at("phi.npy"), "--weight-decay", "0.02");
  expect(peeled).toMatchObject({ solved: "samples", p: 9, weightDecay: 0.02, biasWeightDecay: 0.02 });
  expect(peeled.Z).toHaveLength(4);
  expect(peeled.Zerror.frobenius).toBeLessThan(0.01);
  expect(peeled.berror.frobenius).toBeLessThan(0.01);
  expect(peeled.gap / peeled.objective).toBeLessThan(1e-4);
  expect(peeled.dual).toBeCloseTo(peeled.objective - peeled.gap, 14);
  expect(notes.join()).not.toMatch(/peeled/);
  // In one file, and by the name of the array.
  const same = await measured(at("all.npz"), "--hidden", at("all.npz"), "--weight-decay", "0.02");
  expect(same.peeled).toEqual(peeled);
  const { out } = await runCommand(measure, at("all.npz"), "--hidden", at("all.npz"), "--weight-decay", "0.02");
  expect(out).toContain("the last two layers on what the feature layer takes (9 numbers)");
  expect((await measured(at("all.npz"))).peeled).toBeNull();
});

test("options of it: the means alone, the bias's decay, the convention, the accuracy", async () => {
  const means = await measured(at("all.npz"), "--hidden", at("all.npz"), "--weight-decay", "0.02", "--hidden-means");
  expect(means.peeled.solved).toBe("class-means");
  expect(means.peeled.gap).toBeGreaterThan(1e-3);
  const half = await measured(at("all.npz"), "--hidden", at("all.npz"), "--weight-decay", "0.01", "--convention", "no-half");
  expect(half.peeled.weightDecay).toBe(0.02);
  expect(half.peeled.Zerror.frobenius).toBeLessThan(0.01);
  const bias = await measured(at("all.npz"), "--hidden", at("all.npz"), "--weight-decay", "0.02", "--bias-weight-decay", "0.5");
  expect(bias.peeled.biasWeightDecay).toBe(0.5);
  expect(bias.peeled.berror.frobenius).toBeGreaterThan(0.5);
  const asked = ["measure", at("all.npz"), "--hidden", at("all.npz"), "--weight-decay", "0.02"];
  expect((await runProgram(...asked)).code).toBe(0);
  // Float64 ends before that.
  expect((await runProgram(...asked, "--tolerance", "1e-17")).code).toBe(3);
});

test.each([
  [[], "--hidden: expected --weight-decay X beside it (the decay of head and feature layer), got none"],
  [["--weight-decay", "0"], "--weight-decay: expected a positive finite number, got 0"],
  [["--weight-decay", "0.1", "--ends", "batch-norm"], "--ends: expected nothing beside --hidden"],
  [["--weight-decay", "0.1", "--head", "cosine"], "--head: expected linear beside --hidden"],
  [["--weight-decay", "0.1", "--nonnegative"], "--nonnegative: expected nothing beside --hidden"],
  [["--weight-decay", "0.1", "--tolerance", "0"], "--tolerance: expected a positive number, got 0"],
  [["--weight-decay", "0.1", "--bias-weight-decay", "-1"], "--bias-weight-decay: expected a number of at least 0"],
  [["--weight-decay", "0.1", "--shard", "1/2", "--save", "x.npz"], "--shard: expected nothing beside --hidden"],
])("refused beside --hidden: %j", async (args, message) => {
  const { code, err } = await runProgram("measure", at("dump.npz"), "--hidden", at("phi.npy"), ...args);
  expect(err).toContain(message);
  expect(code).toBe(2);
});

test.each([
  ["short.npy", "short.npy: shape: expected 76 rows of at least one number, one a row of"],
  ["flat.npy", "flat.npy: shape: expected N x p, a row a sample"],
  ["nan.npy", "hidden[11][1]: expected a finite number"],
  ["dump.npz", "dump.npz: hidden: expected an array named like hidden, or --keys hidden=NAME"],
  ["none.npy", "none.npy: expected a readable file"],
])("refused as hidden values: %s", async (file, message) => {
  const { code, err } = await runProgram("measure", at("dump.npz"), "--hidden", at(file), "--weight-decay", "0.1");
  expect(err).toContain(message);
  expect(code).toBe(2);
});

test("what needs --hidden says so, and it takes one file of features", async () => {
  expect((await runProgram("measure", at("dump.npz"), "--hidden-means")).err).toContain("--hidden-means: expected --hidden FILE");
  expect((await runProgram("measure", at("dump.npz"), "--tolerance", "1")).err).toContain("--tolerance: expected --hidden FILE");
  const two = ["measure", at("dump.npz"), at("all.npz"), "--hidden", at("phi.npy"), "--weight-decay", "0.1"];
  expect((await runProgram(...two)).err).toContain("--hidden: expected one file of features, got 2");
});
