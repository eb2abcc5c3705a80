import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { decodeNpz } from "../../src/features/index.ts";
import { runProgram } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-layer-norm-"));
afterAll(() => rmSync(folder, { recursive: true }));

const classes = ["--counts", "6x30"];
const ending = ["--weight-decay", "0.01", "--ends", "layer-norm", "--width", "64"];

test("the document: geometry with its pairs, closed forms, how it was searched; exit code 3", async () => {
  const { code, out, err } = await runProgram("predict", ...classes, ...ending, "--starts", "5", "--json");
  expect(code).toBe(3);
  expect(err).toMatch(/not proved: the model is not convex/);
  const d = JSON.parse(out);
  expect(d).toMatchObject({
    schema: "nclab.prediction/1",
    method: "layer-norm",
    certified: false,
    dual: null,
    gap: null,
    rank: 3,
    geometry: { name: "cross-polytope", rank: 3 },
    problem: { weightDecay: 0.01, ends: "layer-norm", width: 64, branches: null, lambdaB: 0.01, lambdaZ: null },
    search: { starts: 5, exchanges: 0 },
  });
  expect(d.geometry.pairs).toHaveLength(3);
  expect(d.closedForms.crossPolytope / d.objective).toBeCloseTo(1, 9);
  expect(d.closedForms.simplex).toBeGreaterThan(d.objective);
  expect(d.bound).toBeLessThan(d.objective);
  expect(d.Z).toHaveLength(6);
  expect(d.classes[0]).toMatchObject({ class: 0, name: null, count: 30, status: "own" });
});

test("for people: names, who is opposite to whom, what is proved and what is not", async () => {
  const names = join(folder, "counts.csv");
  writeFileSync(names, "name,count\ncat,40\ndog,40\ncar,8\nbus,8\n");
  const { code, out } = await runProgram("predict", "--counts", names, ...ending, "--bias-weight-decay", "inf");
  expect(code).toBe(3);
  expect(out).toContain("features out of layer normalization of 64 channels");
  expect(out).toContain("lambda_b inf");
  expect(out).toMatch(/opposite/);
  expect(out).toMatch(
    /best of 16 descents from random starts, 3 from groups and pairs of classes and \d+ exchanges of two classes, found by \d+ of the random ones/,
  );
  expect(out).toMatch(/not proved: no minimum lies below 0\.0\d+, and the model is not convex/);
  expect(out).not.toContain("closed forms");
  const plain = await runProgram("predict", ...classes, ...ending, "--starts", "3");
  expect(plain.out).toMatch(/a cross-polytope: 3 antipodal pairs, rank 3 of 5, cosines -1 to .*; pairs 0-\d, /);
  expect(plain.out).toMatch(/closed forms: simplex 0\.\d+ \(1\.\d+ of the best found\), cross-polytope/);
});

test("--save: a head and features that make Z; --plot", async () => {
  const [npz, svg] = [join(folder, "p.npz"), join(folder, "p.svg")];
  await runProgram("predict", ...classes, ...ending, "--starts", "2", "--save", npz, "--plot", svg);
  const arrays = decodeNpz(readFileSync(npz));
  const get = (name: string) => {
    const found = arrays[name];
    return { shape: found.shape, data: Array.from(found.data as Float64Array) };
  };
  const [Z, W, H] = ["Z", "W", "H"].map(get);
  const [, r] = W.shape;
  for (let i = 0; i < 6; i++)
    for (let k = 0; k < 6; k++) {
      let z = 0;
      for (let c = 0; c < r; c++) z += W.data[i * r + c] * H.data[k * r + c];
      expect(z).toBeCloseTo(Z.data[i * 6 + k], 10);
    }
  expect(readFileSync(svg, "utf8")).toContain("layer normalization of 64 channels");
});

test.each([
  [["--weight-decay", "0.01", "--ends", "layer-norm"], /^--width: expected d, .*got nothing/],
  [
    ["--weight-decay", "0.01", "--ends", "layer-norm", "--width", "2"],
    /^--width: expected a whole number of at least K\/2 = 3: .*got 2/,
  ],
  [[...ending, "--starts", "0"], /^--starts: expected a whole number of at least 1, got "0"/],
  [[...ending, "--starts", "1e9"], /^--starts: expected a whole number of at least 1, in digits \(1000000000\), got "1e9"/],
  [[...ending, "--starts", "1e300"], /^--starts: expected a whole number of at least 1 and below 2\^53, in digits, got "1e300"/],
  [["--weight-decay", "0.01", "--ends", "batch-norm", "--width", "64"], /^--width: expected nothing with batch-norm/],
  [
    ["--weight-decay", "0.01", "--ends", "batch-norm", "--starts", "4"],
    /^--starts: expected --ends layer-norm or a dimension beside it/,
  ],
  [["--lambda-z", "0.01", "--starts", "4"], /^--starts: expected --ends layer-norm or a dimension beside it/],
  [[...ending, "--norm-weight-decay", "0"], /^--norm-weight-decay: .*got 0: .*no minimum/],
  [
    ["--weight-decay", "1e-299", "--ends", "layer-norm", "--width", "16"],
    /^--weight-decay: expected a number from 1e-100 to 10000000000 with layer-norm, got 1e-299/,
  ],
  [[...ending, "--norm-weight-decay", "1e150"], /^--norm-weight-decay: expected a number from 1e-100 .*got 1e\+150/],
  [[...ending, "--branches", "2"], /^--branches: expected 1 with layer-norm/],
  [[...ending, "--nonnegative"], /^--nonnegative: expected nothing with layer-norm/],
  [[...ending, "--batch-size", "100"], /^--batch-size: expected nothing with layer-norm: its statistics are each sample/],
  [[...ending, "--tolerance", "1e-6"], /^--tolerance: expected nothing with --ends layer-norm/],
  [[...ending, "--loss", "square"], /^--loss: expected cross-entropy with layer-norm, got "square"/],
  [[...ending, "--lambda-z", "0.1"], /^--weight-decay: expected no --lambda-z beside it/],
  [[...ending, "--optimizer", "adamw"], /^--optimizer: .*decoupled/],
  [[...ending, "--plot", "p.gif"], /--plot/],
])("predict %s is refused", async (args, rule) => {
  const { code, err, out } = await runProgram("predict", ...classes, ...args);
  expect(err).toMatch(rule);
  expect(code).toBe(2);
  expect(out).toBe("");
});

test.each([["thresholds"], ["advise"], ["phase", "--x", "weight-decay:1e-3:1:3", "--y", "ratio:2:20:3", "--n-b", "50"]])(
  "%s refuses layer normalization in one sentence with the way out",
  async (command, ...args) => {
    const given = command === "phase" ? ["--ends", "layer-norm", "--width", "64"] : [...classes, ...ending];
    const { code, err } = await runProgram(command, ...args, ...given);
    expect(err).toMatch(/^--ends: .*got layer-norm: .*antipodal pairs .*`nclab predict --ends layer-norm --width d`/);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(code).toBe(2);
  },
);

test("--batch: layer normalization by line, among others", async () => {
  const file = join(folder, "b.jsonl");
  const line = { counts: [30, 30, 30, 30], weightDecay: 0.01, ends: "layer-norm", width: 64 };
  const lines = [
    { id: 1, ...line, starts: 6 },
    { id: 2, counts: [3, 4], lambdaZ: 0.1 },
    { id: 3, ...line, starts: 0 },
    { id: 4, counts: [3, 4], lambdaZ: 0.1, starts: 2 },
    { id: 5, ...line, width: "x" },
  ];
  writeFileSync(file, lines.map((x) => JSON.stringify(x)).join("\n"));
  const { code, out } = await runProgram("predict", "--batch", file);
  expect(code).toBe(3);
  const answers = out
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text));
  expect(answers[0]).toMatchObject({ id: 1, method: "layer-norm", search: { starts: 6 }, geometry: { name: "simplex" } });
  expect(answers[1]).toMatchObject({ id: 2, certified: true });
  expect(answers[2].error).toMatch(/^starts: .*got 0/);
  expect(answers[3].error).toMatch(/^starts: expected ends: layer-norm or a dimension beside it: else .* got 2/);
  expect(answers[4].error).toMatch(/^width: /);
});
