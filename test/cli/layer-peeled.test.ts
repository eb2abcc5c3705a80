import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { decodeNpz } from "../../src/features/index.ts";
import { runProgram, tableWith } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-layer-peeled-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

test("predict --layer-peeled: the document, and W and H that meet both bounds and make Z", async () => {
  const [EW, EH] = [2, 5];
  const words = [
    "--counts",
    "3x130,2x40,7",
    "--layer-peeled",
    `${EW},${EH}`,
    "--save",
    at("peeled.npz"),
    "--plot",
    at("peeled.svg"),
  ];
  const { code, out } = await runProgram("predict", ...words, "--json");
  expect(code).toBe(0);
  const d = JSON.parse(out);
  expect(d).toMatchObject({ schema: "nclab.prediction/1", certified: true, b: [0, 0, 0, 0, 0, 0] });
  expect(d.problem).toMatchObject({
    counts: [130, 130, 130, 40, 40, 7],
    K: 6,
    N: 477,
    layerPeeled: { EW, EH },
    lambdaZ: null,
    lambdaB: "inf",
  });
  expect(d.criticalCount).toBeCloseTo(477 * d.multiplier, 12);
  // The loss, by its definition.
  const loss = d.Z.reduce((sum: number, _: unknown, k: number) => {
    const column = d.Z.map((row: number[]) => row[k]);
    const ce = Math.log(column.reduce((s: number, z: number) => s + Math.exp(z), 0)) - column[k];
    return sum + (d.problem.counts[k] / 477) * ce;
  }, 0);
  expect(d.objective).toBeCloseTo(loss, 12);
  expect(statSync(at("peeled.svg")).size).toBeGreaterThan(2000);
  const arrays = decodeNpz(readFileSync(at("peeled.npz")));
  const data = (name: string): Float64Array => arrays[name].data as Float64Array;
  const squares = (name: string): number => data(name).reduce((sum, x) => sum + x * x, 0) / 6;
  expect(squares("W") / EW).toBeCloseTo(1, 9);
  expect(squares("H") / EH).toBeCloseTo(1, 9);
  for (let i = 0; i < 6; i++)
    for (let k = 0; k < 6; k++) {
      let z = 0;
      for (let l = 0; l < 5; l++) z += data("W")[i * 5 + l] * data("H")[k * 5 + l];
      expect(z).toBeCloseTo(d.Z[i][k], 9);
    }
  const text = (await runProgram("predict", "--counts", "3x130,2x40,7", "--layer-peeled", `${EW},${EH}`)).out;
  expect(text).toContain("Layer-Peeled Model, E_W = 2, E_H = 5");
  expect(tableWith("becomes", text).map((row) => row["samples each"])).toEqual(["130", "40", "7"]);
});

test("thresholds --layer-peeled: 12.1925 and 4.0005, in words and in the document", async () => {
  for (const [counts, nB, ratio] of [
    ["5x500,5x100", 100, 12.1925],
    ["7x500,3x20", 20, 4.0005],
  ] as const) {
    const { code, out } = await runProgram("thresholds", "--counts", counts, "--layer-peeled", "1,5", "--json");
    expect(code).toBe(0);
    const { schema, layerPeeled } = JSON.parse(out);
    expect(schema).toBe("nclab.thresholds/1");
    expect(Math.abs(layerPeeled.ratio - ratio)).toBeLessThan(1e-4);
    expect(layerPeeled.nA).toBeCloseTo(layerPeeled.ratio * nB, 10);
  }
  const { out } = await runProgram("thresholds", "--counts", "5x500,5x100", "--layer-peeled", "1,5");
  expect(out).toContain("from the ratio n_A/n_B = 12.1924 on, that is from n_A = 1219.24");
  expect(out).toContain("here the ratio is 5: its vectors are apart");
});

test("not proved to the tolerance: code 3, with the gap that is", async () => {
  const { code, err, out } = await runProgram("predict", "--counts", "50,20,5", "--layer-peeled", "1,5", "--tolerance", "1e-18");
  expect(code).toBe(3);
  expect(err).toMatch(/the asked relative gap of 1e-18 was not reached/);
  expect(out).toContain("not proved to the tolerance");
});

const beside = /expected nothing with --layer-peeled/;
test.each<[string[], RegExp]>([
  [["--layer-peeled", "0,5"], /^--layer-peeled: EW: expected a positive finite number, got 0/],
  [["--layer-peeled", "1,-5"], /^--layer-peeled: EH: expected a positive finite number, got -5/],
  [["--layer-peeled", "1"], /^--layer-peeled: expected EW,EH, two positive numbers, got "1"/],
  [["--layer-peeled", "1,inf"], /^--layer-peeled: EH: expected a number/],
  [["--layer-peeled", "1,1e9"], /^--layer-peeled: expected E_W E_H of at most .* got 1000000000/],
  ...(
    [
      ["--lambda-z", "0.1"],
      ["--lambda-w", "0.1"],
      ["--lambda-b", "0.1"],
      ["--lambda-b", "0"],
      ["--convention", "mean"],
      ["--weight-decay", "0.1"],
      ["--ends", "batch-norm"],
      ["--weights", "1,2"],
      ["--offsets", "1,2"],
      ["--smoothing", "0.1"],
      ["--nonnegative"],
      ["--loss", "square"],
      ["--dimension", "1"],
      ["--batch-size", "5"],
    ] as const
  ).map((words): [string[], RegExp] => [["--layer-peeled", "1,5", ...words], new RegExp(`^${words[0]}: ${beside.source}`)]),
])("predict refuses %j", async (words, message) => {
  const { code, err, out } = await runProgram("predict", "--counts", "50,20", "--save", at("none.npz"), ...words);
  expect(err.trim()).toMatch(message);
  expect([code, out, existsSync(at("none.npz"))]).toEqual([2, "", false]);
});

test.each<[string[], RegExp]>([
  [["--counts", "50,20,5"], /^--layer-peeled: expected classes of two different counts .* got "3 different counts"/],
  [["--counts", "5x20"], /got "1 different counts"/],
  [["--counts", "5x20,1x3"], /^--layer-peeled: expected two classes or more of the smaller count/],
  [["--counts", "5x20,2x3", "--lambda-z", "0.1"], new RegExp(`^--lambda-z: ${beside.source}`)],
  [["--counts", "5x20,2x3", "--plot", "x.svg"], /^--plot: expected nothing with --layer-peeled, which has one threshold/],
])("thresholds refuses %j", async (words, message) => {
  const { code, err } = await runProgram("thresholds", "--layer-peeled", "1,5", ...words);
  expect(err.trim()).toMatch(message);
  expect(code).toBe(2);
});
