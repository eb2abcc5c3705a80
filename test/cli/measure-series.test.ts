import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import { encodeNpz } from "../../src/features/index.ts";
import { shortNames } from "../../src/words/index.ts";
import { clouds } from "../measure/plain.ts";
import { runCommand } from "./run.ts";

let folder = "";
const at = (...names: string[]): string => join(folder, ...names);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-series-"));
  for (const [i, name] of ["epoch1", "epoch2", "epoch10"].entries()) {
    const { features, labels, d } = clouds([9, 6, 3], 4, 0.3 / (i + 1), 2);
    const n = labels.length;
    const bytes = encodeNpz({
      features: { shape: [n, d], data: features },
      labels: { shape: [n], data: Int32Array.from(labels) },
    });
    mkdirSync(at("runs", name), { recursive: true });
    mkdirSync(at("good"), { recursive: true });
    mkdirSync(at("mixed"), { recursive: true });
    writeFileSync(at("runs", name, "features.npz"), bytes);
    writeFileSync(at("good", `${name}.npz`), bytes);
    writeFileSync(at("mixed", `${name}.npz`), name === "epoch2" ? "not an archive" : bytes);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a series with a file that cannot be used goes on, says so, and ends with 1; its numbers are those of the files alone", async () => {
  const { code, out, err } = await runCommand(measure, at("mixed"), "--json");
  expect(code).toBe(1);
  expect(err).toMatch(/mixed.epoch2\.npz: .*left out/);
  const document = JSON.parse(out);
  expect(document.schema).toBe("nclab.measurements/1");
  expect(document.failed).toEqual([{ file: at("mixed", "epoch2.npz"), error: expect.stringContaining("epoch2.npz") }]);
  const alone: unknown[] = [];
  for (const name of ["epoch1", "epoch10"])
    alone.push(JSON.parse((await runCommand(measure, at("mixed", `${name}.npz`), "--json")).out));
  expect(document.measurements).toEqual(alone);
});

test("a table and a picture of what is left; a series without a fault ends with 0 and an empty list", async () => {
  const table = await runCommand(measure, at("mixed"), "--plot", at("s.svg"));
  expect(table.code).toBe(1);
  expect(table.out).toMatch(/measure +│ +epoch1\.npz +│ +epoch10\.npz/);
  const ticks = [...readFileSync(at("s.svg"), "utf8").matchAll(/>(\d+)<\/text>/g)].map((match) => Number(match[1]));
  expect(Math.max(...ticks)).toBe(10);
  const { code, out } = await runCommand(measure, at("good"), "--json");
  expect([code, JSON.parse(out).failed, JSON.parse(out).measurements.length]).toEqual([0, [], 3]);
});

test("where no file can be used that is bad input", async () => {
  const bad = at("mixed", "epoch2.npz");
  await expect(runCommand(measure, bad, bad)).rejects.toThrow(/epoch2\.npz/);
});

test("equal base names stand with their folders in the table", async () => {
  const files = ["epoch1", "epoch10"].map((name) => at("runs", name, "features.npz"));
  const { out } = await runCommand(measure, ...files);
  expect(out).toMatch(/measure +│ +epoch1\/features\.npz +│ +epoch10\/features\.npz/);
});

test.each([
  [
    ["a/x.npz", "a/y.npz"],
    ["x.npz", "y.npz"],
  ],
  [
    ["a/x.npz", "b/x.npz", "c/y.npz"],
    ["a/x.npz", "b/x.npz", "c/y.npz"],
  ],
  [
    ["/r/a/1/x.npz", "/r/b/1/x.npz"],
    ["a/1/x.npz", "b/1/x.npz"],
  ],
  [
    ["x.npz", "a/x.npz"],
    ["x.npz", "a/x.npz"],
  ],
  [
    ["a/x.npz", "a/x.npz"],
    ["x.npz", "x.npz"],
  ],
])("%j are called %j", (files, names) => {
  expect(shortNames(files)).toEqual(names);
});

test("a folder with a distributed checkpoint is told, with the way to one file", async () => {
  mkdirSync(at("dcp"), { recursive: true });
  for (const name of [".metadata", "__0_0.distcp"]) writeFileSync(at("dcp", name), "x");
  await expect(runCommand(measure, at("dcp"))).rejects.toThrow(/dcp: .*got a distributed checkpoint: .*dcp_to_torch_save/);
});
