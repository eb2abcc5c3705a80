import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "./process.ts";
import { runProgram } from "./run.ts";

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

test("below the table: classes of nonnegative features that share directions, run by run", () => {
  const page = readFileSync(at("r.html"), "utf8");
  const sharing = points().map(({ folder: point, options }, i) => {
    const last = JSON.parse(
      readFileSync(at("s", point, "metrics.jsonl"), "utf8")
        .trim()
        .split("\n")
        .at(-1) as string,
    );
    // After two epochs features behind a ReLU share most of what they have; linear ones have both signs.
    expect(last.shared === null).toBe(options.features === "linear");
    if (last.shared?.count) expect(page).toContain(`#${i + 1}: shared directions: ${last.shared.count} of 45 pairs`);
    return last.shared?.count ?? 0;
  });
  expect(Math.max(...sharing)).toBeGreaterThan(0);
  expect(page).not.toContain("residual branches in use");
});

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

/** The cells of the page's tables under a caption, as text. */
function tableOf(page: string, caption: string): string[][] {
  const tables = page.match(/<table[\s\S]*?<\/table>/g) ?? [];
  const html = tables.find((table) => table.replace(/<[^>]*>/g, "").includes(caption)) as string;
  const rows = html.match(/<tr[\s\S]*?<\/tr>/g) ?? [];
  return rows.map((row) => (row.match(/<t[hd][\s\S]*?<\/t[hd]>/g) ?? []).map((cell) => cell.replace(/<[^>]*>/g, "").trim()));
}

test("the table of classes has the run's last line of metrics beside the prediction of its settings", async () => {
  const { code } = await runProgram("report", at("run <1>"), "--out", at("classes.html"));
  expect(code).toBe(0);
  const last = readFileSync(at("run <1>", "metrics.jsonl"), "utf8").trim().split("\n").at(-1) as string;
  const { classes } = JSON.parse(last) as { classes: Record<string, number | string | null>[] };
  const predicted = JSON.parse((await runProgram("predict", "--counts", "10x6", "--lambda-z", "0.01", "--json")).out).classes;
  const [head, ...rows] = tableOf(readFileSync(at("classes.html"), "utf8"), "#1 run");
  expect(rows).toHaveLength(10);
  const cell = (row: string[], name: string): string => row[head.indexOf(name)];
  /** As tables print numbers: four digits. */
  const near = (text: string, value: unknown): void => {
    if (value === null) expect(text).toBe("–");
    else
      expect(Number(text.replace("−", "-"))).toBeCloseTo(Number(value), 3 - Math.floor(Math.log10(Math.abs(Number(value)) || 1)));
  };
  rows.forEach((row, k) => {
    expect(cell(row, "class").startsWith(String(k))).toBe(true);
    expect([cell(row, "samples"), cell(row, "becomes"), cell(row, "predicted")]).toEqual([
      "6",
      classes[k].status,
      predicted[k].status,
    ]);
    near(cell(row, "p_own"), classes[k].pOwn);
    near(cell(row, "margin in logits"), classes[k].margin);
    near(cell(row, "predicted p_own"), predicted[k].pOwn);
    near(cell(row, "predicted margin"), predicted[k].margin);
    expect(cell(row, "strongest rival").startsWith(String(classes[k].rival))).toBe(true);
  });
}, 60_000);

describe("what is damaged is named, the rest is shown, and the exit code is 1", () => {
  /** A copy of everything, so that no other test meets the damage. */
  const copied = (name: string): string => {
    cpSync(at("s"), at(name, "s"), { recursive: true });
    cpSync(at("run <1>"), at(name, "whole"), { recursive: true });
    return at(name);
  };

  test("a run beside others", async () => {
    const there = copied("d1");
    cpSync(join(there, "whole"), join(there, "cut"), { recursive: true });
    writeFileSync(join(there, "cut", "run.json"), readFileSync(join(there, "cut", "run.json"), "utf8").slice(0, 200));
    const page = join(there, "r.html");
    const { code, out, err } = await runProgram("report", join(there, "cut"), join(there, "whole"), "--out", page, "--json");
    expect(code).toBe(1);
    expect(err).toMatch(/cut\/run\.json: expected JSON, got .*; it is left out/);
    const d = JSON.parse(out);
    expect(d.sweeps).toEqual([{ name: "Runs", points: 2, runs: 1 }]);
    expect(d.skipped).toEqual([{ folder: join(there, "cut"), error: expect.stringMatching(/run\.json: expected JSON/) }]);
    const rows = tableOf(readFileSync(page, "utf8"), "Runs: every point");
    expect(rows.map((row) => row[2])).toEqual(["status", "broken", "done"]);
  }, 60_000);

  test("a point of a sweep, whose other points are there", async () => {
    const there = copied("d2");
    const broken = join(there, "s", points()[1].folder, "metrics.jsonl");
    writeFileSync(broken, readFileSync(broken, "utf8").replace("\n", '"}\n'));
    const { code, out, err } = await runProgram("report", join(there, "s"), "--out", join(there, "r.html"), "--json");
    expect(code).toBe(1);
    expect(err).toMatch(/metrics\.jsonl:1: expected a line of JSON.*left out/);
    expect(JSON.parse(out).sweeps).toEqual([{ name: "s", points: 4, runs: 3 }]);
  }, 60_000);

  test("a sweep.json: the runs beside it are shown, and it says how to have it back", async () => {
    const there = copied("d3");
    writeFileSync(join(there, "s", "sweep.json"), '{"schema": "nclab.sweep/1"');
    const { code, err } = await runProgram("report", join(there, "s"), join(there, "whole"), "--out", join(there, "r.html"));
    expect(code).toBe(1);
    expect(err).toMatch(/sweep\.json: expected JSON, got .*`nclab sweep` with the sweep's YAML file writes it anew.*left out/);
    expect(readFileSync(join(there, "r.html"), "utf8")).toContain("1 run.");
    for (const word of ["status", "collect"]) {
      const asked = await runProgram("sweep", word, join(there, "s"));
      expect(asked.code).toBe(2);
      expect(asked.err).toMatch(/sweep\.json: expected JSON, got .*`nclab sweep` with the sweep's YAML file writes it anew/);
    }
    // It does.
    expect((await run("sweep", at("s.yaml"), "--out", join(there, "s"))).code).toBe(0);
    expect((await runProgram("sweep", "status", join(there, "s"))).code).toBe(0);
  }, 60_000);

  test("nothing that is whole: nothing is written", async () => {
    const there = copied("d4");
    writeFileSync(join(there, "whole", "run.json"), "{}");
    const { code, err } = await runProgram("report", join(there, "whole"), "--out", join(there, "r.html"));
    expect(code).toBe(2);
    expect(err).toMatch(/run\.json: schema: expected nclab.run\/1/);
    expect(existsSync(join(there, "r.html"))).toBe(false);
  });
});

describe("what is refused", () => {
  test.each([
    [[], /expected a run folder, a sweep folder or a document of nclab measure --json, got none/],
    [
      [folder],
      /expected a run folder \(run.json\), a sweep folder \(sweep.json\) or a document of nclab measure --json, got neither/,
    ],
    [[at("s"), "--out", at("r.pdf")], /--out: expected a name that ends in .html/],
    [[at("s"), "--out", at("nowhere", "r.html")], /expected a writable place/],
  ])("%j", async (args, message) => {
    const { code, stderr } = await run("report", ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
