import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "./process.ts";

/** `nclab report` over a sweep and a run of its own, `--tensorboard` and metrics.csv beside them. */
const folder = mkdtempSync(join(tmpdir(), "nclab-report-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  writeFileSync(
    at("s.yaml"),
    `base: {counts: "5x8,5x4", dataset: glyphs, epochs: 2, batch: 20, lambda-b: 0.02, evaluate-every: 1, tensorboard: true}
grid: {lambda-z: [0.004, 0.01], features: [linear, relu]}
`,
  );
  expect(await run("sweep", at("s.yaml"))).toMatchObject({ code: 0 });
  expect(
    await run(
      "train",
      ..."--counts 10x6 --lambda-z 0.01 --dataset glyphs --epochs 1 --batch 30".split(" "),
      "--out",
      at("run <1>"),
    ),
  ).toMatchObject({ code: 0 });
}, 120_000);

const points = (): { folder: string; options: Record<string, string>; result: Record<string, number> }[] =>
  JSON.parse(readFileSync(at("s", "sweep.json"), "utf8")).points;

test("one page, self-contained, with every point's numbers, pictures, settings and how to cite", async () => {
  const { code, stdout, stderr } = await run("report", at("s"), at("run <1>"), "--out", at("r.html"), "--json");
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout).sweeps).toEqual([
    { name: "s", points: 4, runs: 4 },
    { name: "Runs", points: 1, runs: 1 },
  ]);
  const page = readFileSync(at("r.html"), "utf8");
  for (const { result } of points()) expect(page).toContain(String(Number(result.ZerrorFrobenius.toPrecision(4))));
  expect(page).toContain("run &lt;1&gt;");
  expect(page).not.toMatch(/https?:|<script|src=|@import|url\(/);
  expect(page.match(/<svg/g)?.length).toBeGreaterThanOrEqual(8);
  expect(page).toContain("Hong and S. Ling");
  expect(page).toContain("Shared settings: counts 5x8,5x4, dataset glyphs");
  expect(page).not.toMatch(/NaN|undefined|\[object/);
}, 60_000);

test("metrics.csv has the lines of metrics.jsonl", () => {
  const [{ folder: point }] = points();
  const lines = readFileSync(at("s", point, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const [head, ...rows] = readFileSync(at("s", point, "metrics.csv"), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  expect(rows).toHaveLength(lines.length);
  const column = (name: string): number[] => rows.map((row) => Number(row[head.indexOf(name)]));
  expect(column("epoch")).toEqual([1, 2]);
  expect(column("objective")).toEqual(lines.map((line) => line.objective));
  expect(column("nc1ClassBalanced")).toEqual(lines.map((line) => line.nc1.classBalanced));
});

test("the event file that was asked for has the numbers of both epochs", async () => {
  const { readdirSync } = await import("node:fs");
  const [{ folder: point, result }] = points();
  const [name] = readdirSync(at("s", point)).filter((file) => file.startsWith("events.out.tfevents."));
  const bytes = readFileSync(at("s", point, name));
  // Tags as text, values as float32, at their places in the records (whose form test/features/tensorboard.test.ts checks).
  expect(bytes.toString("latin1").match(/objective/g)).toHaveLength(2);
  const after = bytes.lastIndexOf("objective") + "objective".length;
  expect(bytes.readFloatLE(after + 1)).toBe(Math.fround(result.objective));
});

describe("what is refused", () => {
  test.each([
    [[], /expected a run folder or a sweep folder, got none/],
    [[folder], /expected a run folder \(run.json\) or a sweep folder \(sweep.json\), got neither/],
    [[at("s"), "--out", at("r.pdf")], /--out: expected a name that ends in .html/],
    [[at("s"), "--out", at("nowhere", "r.html")], /expected a writable place/],
  ])("%j", async (args, message) => {
    const { code, stderr } = await run("report", ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
