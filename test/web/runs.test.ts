import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeNpz } from "../../src/features/npz.ts";
import { random } from "../../src/math/random.ts";
import type { Prediction } from "../../src/prediction/index.ts";
import { readItems } from "../../web/runs/read.ts";
import { structureWords } from "../../web/runs/structure.ts";
import { run } from "../cli/process.ts";
import { doubles, executable } from "./browser.ts";
import { sharedExplorer } from "./shared-explorer.ts";

const lambdas = [0.015, 0.03];
let dir: string;
const texts: Record<string, string> = {};
let trained: { final: { comparison: { Zerror: { frobenius: number } }; nc1: { paper: number } } }[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nclab-runs-"));
  mkdirSync(join(dir, "runs"));
  for (const lambdaZ of lambdas) {
    const out = join(dir, "runs", `at-${lambdaZ}`);
    const words = `--counts 5x12,5x4 --lambda-z ${lambdaZ} --lambda-b 0.1 --dataset glyphs --epochs 4 --batch 16 --evaluate-every 2 --backend wasm`;
    const { stdout, code, stderr } = await run("train", ...words.split(" "), "--out", out, "--json");
    expect(code, stderr).toBe(0);
    trained = [...trained, JSON.parse(stdout)];
  }
  const generator = random(1);
  const normal = (n: number): Float64Array => Float64Array.from({ length: n }, () => generator.normal());
  const arrays = {
    features: { shape: [60, 5], data: normal(300) },
    labels: { shape: [60], data: BigInt64Array.from({ length: 60 }, (_, i) => BigInt(i % 3)) },
    weight: { shape: [3, 5], data: normal(15) },
  };
  writeFileSync(join(dir, "features.npz"), encodeNpz(arrays));
  mkdirSync(join(dir, "epochs"));
  for (const [i, epoch] of [10, 1, 2].entries()) {
    const features = { shape: [60, 5], data: arrays.features.data.map((x, e) => x + i * Math.sin(e)) };
    writeFileSync(join(dir, "epochs", `epoch${epoch}.npz`), encodeNpz({ ...arrays, features }));
  }
  writeFileSync(join(dir, "epochs", "epoch7.npz"), "<p>");
  texts.measurements = (await run("measure", join(dir, "epochs"), "--json")).stdout;
  const measured = await run("measure", join(dir, "features.npz"), "--lambda-z", "0.01", "--json");
  texts.measurement =
    measured.stdout || (await run("measure", "--features", join(dir, "features.npz"), "--lambda-z", "0.01", "--json")).stdout;
  texts.seen = (await run("measure", join(dir, "features.npz"), "--picture", "umap", "--json")).stdout;
  texts.prediction = (await run("predict", "--counts", "3x30,2x4", "--lambda-z", "0.01", "--json")).stdout;
  const pairs = "--counts 6x100 --weight-decay 0.01 --ends layer-norm --width 64 --starts 4";
  texts.pairs = (await run("predict", ...pairs.split(" "), "--json")).stdout;
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(dir, `${name}.json`), text);
}, 120_000);
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

it("reads what the command line writes", () => {
  const { items, problems } = readItems([
    { path: "m.json", text: texts.measurement },
    { path: "p.json", text: texts.prediction },
  ]);
  expect(problems).toEqual([]);
  expect(items.map((item) => item.kind)).toEqual(["measurement", "prediction"]);
  expect(items[1].predicted).toEqual((JSON.parse(texts.prediction) as Prediction).Z);
  expect(items[0].lines[0].nc1).toBe(JSON.parse(texts.measurement).nc1.paper);
});

it("reads measurements of several files, as the report does", () => {
  const { items, series, problems } = readItems([{ path: "a/epochs.json", text: texts.measurements }]);
  expect([items, problems]).toEqual([[], []]);
  const [{ name, text, table, measures, shares }] = series;
  expect(name).toBe("a/epochs.json");
  expect(text[0]).toBe("3 files, measured by nclab measure.");
  expect(text[1]).toMatch(/^Could not be used: .*epoch7\.npz/);
  expect(table.rows.map(([file, at]) => [file, at])).toEqual([
    ["epoch1.npz", 1],
    ["epoch2.npz", 2],
    ["epoch10.npz", 10],
  ]);
  const all = JSON.parse(texts.measurements).measurements as { file: string; nc1: { paper: number } }[];
  const paper = (epoch: number): number => all.find(({ file }) => file.endsWith(`epoch${epoch}.npz`))?.nc1.paper as number;
  expect(measures[0]).toEqual({ label: "nc1.paper", points: [1, 2, 10].map((epoch) => ({ epoch, value: paper(epoch) })) });
  expect(shares.map(({ label }) => label)).toEqual(["nc4", "accuracyOverall"]);
});

it("reads the view of the features, and refuses what is none", () => {
  const read = (text: string) => readItems([{ path: "m.json", text }]);
  const document = JSON.parse(texts.seen);
  expect(read(texts.seen).items[0].view).toEqual(document.view);
  expect(read(texts.measurement).items[0].view).toBeNull();
  const { view } = document;
  for (const wrong of [
    1,
    { ...view, shares: [1, 2, 3, 4] },
    { ...view, means: view.means.slice(1) },
    { ...view, covariances: view.means },
    { ...view, sample: { ...view.sample, classes: view.sample.classes.map(() => 3) } },
    { ...view, sample: { ...view.sample, points: view.sample.points.map(() => ["<b>"]) } },
    { ...view, umap: { ...view.umap, points: [] } },
  ])
    expect(read(JSON.stringify({ ...document, view: wrong })).problems.join()).toMatch(/^m\.json: view: expected shares, means/);
});

it("reads which figure the classes make, branches in use and shared directions", () => {
  const measured = JSON.parse(texts.measurement);
  const shared = { from: 1 / 3, count: 1, pairs: [{ classes: [0, 2], cosine: 0.5 }] };
  const text = JSON.stringify({ ...measured, branches: { J: 1.4, atMost: 3 }, shared });
  const { items, problems } = readItems([
    { path: "m.json", text },
    { path: "p.json", text: texts.pairs },
    { path: "q.json", text: texts.prediction },
  ]);
  expect(problems).toEqual([]);
  const words = items.map(({ structure, counts }) => (structure ? structureWords(structure, counts.length) : []));
  expect(words[0].join("; ")).toMatch(/told by balancedness: J = 1\.4 \(1 to 3\).*0 and 2 \(0\.5\)/);
  // The model of layer normalization has no lambda_Z: what it predicts stands in its document alone.
  expect(words[1].join("; ")).toContain("a cross-polytope: 3 antipodal pairs, rank 3 of 5");
  expect(items[1].problem).toBe(null);
  expect(items[1].predicted).toEqual(JSON.parse(texts.pairs).Z);
});

it.each([
  ["geometry", { name: "circle" }, "a figure with name, pairs, rank and cosines"],
  ["geometry", { name: "other", rank: 2, pairs: [[0, 7]], cosines: { least: 0, most: 1 } }, "a figure with name"],
  ["branches", { J: "2" }, "branches with J and atMost"],
  ["shared", { from: 0.3, count: 1, pairs: [null] }, "shared directions with from, count and pairs"],
])("refuses a measurement whose %s is %j", (name, value, rule) => {
  const text = JSON.stringify({ ...JSON.parse(texts.measurement), [name]: value });
  expect(readItems([{ path: "m.json", text }]).problems.join()).toContain(`m.json: ${name}: expected ${rule}`);
});

it.each([
  ["x.json", "{", "x.json: expected JSON"],
  ["x.json", "[]", "x.json: expected an object"],
  ["x.json", '{"schema":"nclab.phase/1"}', "nclab.measurement/1, nclab.measurements/1 or nclab.prediction/1"],
  ["x.json", '{"schema":"nclab.measurements/1","measurements":[]}', "x.json: measurements: expected a list of at least one"],
  ["x.json", '{"schema":"nclab.measurement/1","counts":[3,-1]}', "a positive integer"],
  ["x.json", '{"schema":"nclab.measurement/1","counts":[3,1],"Z":[[1,2],[3]]}', "2 x 2 numbers"],
  ["x.json", '{"schema":"nclab.measurement/1","counts":[3,1],"nc1":{"paper":"<b>"}}', "nc1.paper"],
  ["sweep.json", '{"schema":"nclab.sweep/1"}', "the whole folder of the sweep"],
  ["r/run.json", '{"schema":"other"}', "nclab.run/1"],
  ["r/run.json", '{"schema":"nclab.run/1","settings":{"counts":[3,3],"lambdaW":"much"}}', "settings.lambdaW"],
  ["r/metrics.jsonl", "{}\n", "expected a run.json beside it"],
])("refuses %s with %j", (path, text, message) => {
  const { items, problems } = readItems([{ path, text }]);
  expect(items).toEqual([]);
  expect(problems.join()).toContain(message);
});

describe.skipIf(!executable)("the page's fourth tab in a browser", () => {
  const explorer = sharedExplorer();

  it("shows a folder of runs with the numbers that they ended with", async () => {
    const { page, faults } = await explorer.open("#runs");
    await page.setInputFiles("#panel-runs input[webkitdirectory]", join(dir, "runs"));
    await page.waitForSelector("#figure-runs-separation svg");
    const rows = await page.$$eval("#table-runs tbody tr", (all) =>
      all.map((row) => [...row.querySelectorAll("data")].map((node) => Number(node.getAttribute("value")))),
    );
    expect(rows).toHaveLength(2);
    rows.forEach((row, i) => {
      expect(row[0]).toBeCloseTo(lambdas[i], 12);
      expect(row[1]).toBe(4);
      expect(row[2]).toBe(trained[i].final.comparison.Zerror.frobenius);
      expect(row[3]).toBe(trained[i].final.nc1.paper);
      // No run ends below what is proved to be the least.
      expect(row[row.length - 2]).toBeGreaterThan(row[row.length - 1]);
    });
    expect(await page.$$eval("#panel-runs figure svg", (all) => all.length)).toBe(4);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("takes a folder that is dropped", async () => {
    const { page, faults } = await explorer.open("#runs");
    const box = (await (await page.waitForSelector("#panel-runs .drop")).boundingBox()) as { x: number; y: number };
    const session = await page.context().newCDPSession(page);
    // As the browser gets it from the desktop: only so is what is dropped a folder.
    for (const type of ["dragEnter", "dragOver", "drop"] as const)
      await session.send("Input.dispatchDragEvent", {
        type,
        x: box.x + 20,
        y: box.y + 20,
        data: { items: [], files: [join(dir, "runs")], dragOperationsMask: 1 },
      });
    await page.waitForSelector("#figure-runs-separation svg");
    expect(await page.$$eval("#table-runs tbody th", (all) => all.map((cell) => cell.textContent))).toEqual(
      lambdas.map((x) => `runs/at-${x}`),
    );
    expect(faults).toEqual([]);
    await page.close();
  });

  it("shows measurements of several files: every number, curves over the files, what could not be used", async () => {
    const { page, faults } = await explorer.open("#runs", { width: 375 });
    expect(await page.isDisabled("#runs-clear")).toBe(true);
    await page.setInputFiles("#panel-runs input[multiple]", join(dir, "measurements.json"));
    await page.waitForSelector("#figure-series-0-shares svg");
    expect(await page.textContent("#runs-status")).toBe("A series of files.");
    expect(await page.isHidden("#figure-runs-z")).toBe(true);
    expect(await page.textContent("#runs-series")).toMatch(/3 files, measured by nclab measure.*epoch7\.npz/);
    const heads = await page.$$eval("#table-series-0 thead th", (all) => all.map((cell) => cell.textContent));
    expect(heads).toContain("NC1 (paper)");
    expect(heads.filter((head) => /\.|cdnv|accuracyOverall/.test(head ?? ""))).toEqual([]);
    expect(await page.$$eval("#table-series-0 tbody th", (all) => all.map((cell) => cell.textContent))).toEqual([
      "epoch1.npz",
      "epoch2.npz",
      "epoch10.npz",
    ]);
    const { measurements } = JSON.parse(texts.measurements) as {
      measurements: { nc1: { paper: number }; accuracyOverall: number }[];
    };
    const shown = await doubles(page, "#table-series-0");
    for (const m of measurements) for (const value of [m.nc1.paper, m.accuracyOverall]) expect(shown).toContain(value);
    expect(await page.textContent("#figure-series-0-measures")).toContain("NC1 (paper)");
    // The same document again stands once; one of one file beside it is a run's row.
    await page.setInputFiles("#panel-runs input[multiple]", [join(dir, "measurements.json"), join(dir, "measurement.json")]);
    await page.waitForSelector("#figure-runs-z svg");
    expect(await page.textContent("#runs-status")).toBe("1 shown, and a series of files.");
    expect(await page.$$eval("#runs-series section", (all) => all.length)).toBe(1);
    await page.setInputFiles("#panel-runs input[multiple]", join(dir, "seen.json"));
    await page.waitForSelector("#runs-features figure:nth-child(2) svg");
    expect(await page.textContent("#runs-features")).toMatch(
      /direction 1 \(\d+ %\).*seen\.json: along.*UMAP with 15 neighbours/s,
    );
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
    await page.click("#runs-clear");
    expect(await page.isDisabled("#runs-clear")).toBe(true);
    expect(await page.$$eval("#runs-features figure", (all) => all.length)).toBe(0);
    expect(await page.$$eval("#runs-series section", (all) => all.length)).toBe(0);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("shows documents, and says what is wrong with other files", async () => {
    const { page, faults } = await explorer.open("#runs", { width: 375, dark: true });
    await page.setInputFiles("#panel-runs input[multiple]", [join(dir, "measurement.json"), join(dir, "prediction.json")]);
    await page.waitForSelector("#figure-runs-z svg");
    expect(await page.textContent("#runs-structure")).toContain("measurement.json: ");
    await page.setInputFiles("#panel-runs input[multiple]", join(dir, "pairs.json"));
    await page.waitForFunction(() => document.querySelector("#runs-structure")?.textContent?.includes("3 antipodal pairs"));
    expect(await doubles(page, "#table-runs")).toContain(JSON.parse(texts.measurement).nc1.paper);
    await page.setInputFiles("#panel-runs input[multiple]", {
      name: "broken.json",
      mimeType: "application/json",
      buffer: Buffer.from("{"),
    });
    await page.waitForFunction(() =>
      document.querySelector("#panel-runs .error")?.textContent?.includes("broken.json: expected JSON"),
    );
    await page.setInputFiles("#panel-runs input[multiple]", { name: "a.png", mimeType: "image/png", buffer: Buffer.from("x") });
    await page.waitForFunction(() =>
      document.querySelector("#panel-runs .error")?.textContent?.includes("expected a run folder"),
    );
    expect(await page.$$eval("#table-runs tbody tr", (all) => all.length)).toBe(3);
    await page.click("#runs-clear");
    expect(await page.isHidden("#figure-runs-z")).toBe(true);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
    expect(faults).toEqual([]);
    await page.close();
  });
});
