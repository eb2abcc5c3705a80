import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import { report } from "../../src/cli/report.ts";
import { encodeNpz } from "../../src/features/index.ts";
import { clouds } from "../measure/plain.ts";
import { runCommand } from "./run.ts";

/** `nclab report` of what `nclab measure --json` printed. */
let folder = "";
const at = (...names: string[]): string => join(folder, ...names);
let document: { measurements: Record<string, unknown>[]; failed: unknown[] };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nclab-report-series-"));
  mkdirSync(at("epochs"));
  for (const [i, name] of ["epoch10", "epoch1", "epoch2"].entries()) {
    const { features, labels, d, K, head } = clouds([9, 6, 3], 4, 0.1 * (i + 1), 2);
    const n = labels.length;
    const arrays = {
      features: { shape: [n, d], data: features },
      labels: { shape: [n], data: Int32Array.from(labels) },
      weight: { shape: [K, d], data: head.W },
      bias: { shape: [K], data: head.b },
    };
    writeFileSync(at("epochs", `${name}.npz`), encodeNpz(arrays));
  }
  writeFileSync(at("epochs", "epoch5.npz"), "<p>");
  const { code, out } = await runCommand(measure, at("epochs"), "--json");
  expect(code).toBe(1);
  document = JSON.parse(out);
  writeFileSync(at("epochs.json"), out);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("measurements of several files: a row a file in the order of the epochs, curves over them, and what could not be used", async () => {
  const { code, out } = await runCommand(report, at("epochs.json"), "--out", at("r.html"), "--json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ sweeps: [], series: [{ name: "epochs.json", files: 3 }], skipped: [] });
  const page = readFileSync(at("r.html"), "utf8");
  const row = /<tr>(?:(?!<\/tr>).)*epoch(\d+)\.npz(?:(?!<\/tr>).)*<\/tr>/gs;
  expect([...page.matchAll(row)].map(([, epoch]) => Number(epoch))).toEqual([1, 2, 10]);
  for (const m of document.measurements) {
    const { paper } = m.nc1 as { paper: number };
    expect(page).toContain(String(Number(paper.toPrecision(4))));
  }
  expect(page).toMatch(/Could not be used: .*epoch5\.npz/);
  // Two pictures, each for a wide and for a narrow screen.
  expect(page.match(/<svg/g)).toHaveLength(4);
  for (const text of ["nc1.paper", "cdnv", "nc3", "accuracyOverall"]) expect(page).toContain(text);
  expect(page).not.toMatch(/NaN|undefined|\[object/);
});

test("one file's document is a table without curves; infinity and measures that an older version did not have are no fault", async () => {
  const [m] = document.measurements;
  const { accuracyOverall: _, ...older } = m;
  writeFileSync(at("one.json"), JSON.stringify({ ...older, nc3: "inf" }));
  const { code } = await runCommand(report, at("one.json"), "--out", at("one.html"));
  expect(code).toBe(0);
  const page = readFileSync(at("one.html"), "utf8");
  expect(page).not.toContain("<svg");
  expect(page).not.toContain("accuracyOverall");
  expect(page).toMatch(/<td[^>]*>inf<\/td>/);
});

test("a document of features in memory, which no file holds", async () => {
  writeFileSync(at("memory.json"), JSON.stringify({ ...document.measurements[0], file: null }));
  expect((await runCommand(report, at("memory.json"), "--out", at("memory.html"))).code).toBe(0);
  expect(readFileSync(at("memory.html"), "utf8")).toContain("features in memory");
});

test.each([
  ["{", /expected a document of nclab measure --json .*got no JSON/],
  ["[1]", /expected a document of nclab measure --json/],
  ['{"schema":"nclab.prediction/1"}', /schema: expected a document of nclab measure --json .*got "nclab\.prediction\/1"/],
  ['{"schema":"nclab.measurements/1","measurements":[]}', /measurements: expected a list of at least one measurement, got \[\]/],
  [
    '{"schema":"nclab.measurements/1","measurements":[{"file":3}]}',
    /measurements\[0\]\.file: expected the name of the measured file, got 3/,
  ],
  [
    '{"schema":"nclab.measurements/1","measurements":[{"file":"a","N":2,"K":2,"nc3":"small"}]}',
    /measurements\[0\]\.nc3: expected a number or null, got "small"/,
  ],
])("%s is refused", async (text, message) => {
  writeFileSync(at("bad.json"), text);
  await expect(runCommand(report, at("bad.json"), "--out", at("bad.html"))).rejects.toThrow(message);
});

test("beside a document that cannot be read the page has the others, and the exit code is 1", async () => {
  writeFileSync(at("bad.json"), "{");
  const { code, out, err } = await runCommand(report, at("epochs.json"), at("bad.json"), "--out", at("b.html"), "--json");
  expect(code).toBe(1);
  expect(JSON.parse(out).skipped).toHaveLength(1);
  expect(err).toMatch(/bad\.json.*left out/);
});
