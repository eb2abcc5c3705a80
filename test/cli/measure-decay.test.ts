import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import { predict } from "../../src/cli/predict.ts";
import { decodeNpz, encodeNpz } from "../../src/features/index.ts";
import { runCommand } from "./run.ts";

let folder = "";
let file = "";
const counts = "5x50,5x10";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nclab-decay-"));
  // A network at its end under weight decay 0.1, J = 2, said in the lambdas of theory, section 9: 0.1 and 0.1/(2 300), bias 0.1.
  const saved = join(folder, "saved.npz");
  await runCommand(
    predict,
    "--counts",
    counts,
    "--lambda-w",
    "0.1",
    "--lambda-h",
    String(0.1 / 600),
    "--lambda-b",
    "0.1",
    "--save",
    saved,
  );
  const { W, H, b } = decodeNpz(readFileSync(saved), saved);
  const d = H.shape[1];
  const labels = Array.from({ length: 10 }, (_, k) => new Array<number>(k < 5 ? 50 : 10).fill(k)).flat();
  file = join(folder, "dump.npz");
  const rows = labels.flatMap((k) => Array.from(H.data.subarray(k * d, k * d + d), Number));
  writeFileSync(
    file,
    encodeNpz({
      features: { shape: [300, d], data: Float64Array.from(rows) },
      labels: { shape: [300], data: Int32Array.from(labels) },
      weight: { shape: W.shape, data: Float64Array.from(W.data, Number) },
      bias: { shape: b.shape, data: Float64Array.from(b.data, Number) },
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const measured = async (...args: string[]) => JSON.parse((await runCommand(measure, file, "--json", ...args)).out);

test("--weight-decay with --ends compares with what the decay leads to", async () => {
  const m = await measured("--weight-decay", "0.1", "--ends", "batch-norm", "--branches", "2");
  expect(m.comparison.Zerror.frobenius).toBeLessThan(1e-7);
  expect(m.comparison.berror.frobenius).toBeLessThan(1e-7);
  expect(m.comparedAt).toEqual({
    lambdaZ: expect.closeTo(0.1 / Math.sqrt(600), 12),
    lambdaB: 0.1,
    nonnegative: false,
    from: "stated",
  });
  expect(m.notes.join()).not.toMatch(/effective/);
  const relu = await measured("--weight-decay", "0.1", "--ends", "batch-norm-relu");
  expect(relu.comparedAt).toMatchObject({ nonnegative: true, lambdaZ: expect.closeTo(0.1 / Math.sqrt(300), 12) });
  expect(relu.comparison.Zerror.frobenius).toBeGreaterThan(0.01);
});

test("without --ends it is the effective regularization, whose comparison has a bias where the head has one", async () => {
  const m = await measured("--weight-decay", "0.1", "--compare-effective");
  expect(m.effective.lambdaH).toBeCloseTo(0.1 / 600, 9);
  expect(m.effective.stationarityResidual).toBeLessThan(1e-6);
  expect(m.comparedAt).toMatchObject({ from: "effective", lambdaB: 0.1 });
  expect(m.comparison.Zerror.frobenius).toBeLessThan(1e-6);
  expect((await measured("--weight-decay", "0.1", "--compare-effective", "--lambda-b", "inf")).comparedAt.lambdaB).toBe("inf");
});

test("a head that is not at rest is said first, and no advice is given", async () => {
  const args = ["--weight-decay", "0.2"];
  const m = await measured(...args);
  // Twice the decay of the head it is: the gradient balances half of it.
  expect(m.effective.stationarityResidual).toBeCloseTo(0.5, 6);
  expect(m.notes[0]).toMatch(/^effective: the head is not at rest .*residual 0\.5, above 0\.1/);
  const { out } = await runCommand(measure, file, ...args);
  expect(out.split("\n")[1]).toMatch(/^warning: effective: the head is not at rest/);
  expect(out).not.toMatch(/advise|remed/);
});

test("the warning begins where the residual is above 0.1, and goes to the page too", async () => {
  // At rest under 0.1: said to decay by X, its residual is |1 - 0.1/X|.
  for (const [X, isSaid] of [
    [0.1 / 0.905, false],
    [0.1 / 0.895, true],
    [0.1 / 1.105, true],
  ] as const) {
    const m = await measured("--weight-decay", String(X));
    expect(m.effective.stationarityResidual).toBeCloseTo(Math.abs(1 - 0.1 / X), 5);
    expect(
      m.notes.some((note: string) => /^effective: the head is not at rest/.test(note)),
      `${X}`,
    ).toBe(isSaid);
    const page = join(folder, "page.html");
    await runCommand(measure, file, "--weight-decay", String(X), "--report", page);
    expect(readFileSync(page, "utf8").includes("the head is not at rest"), `${X}`).toBe(isSaid);
  }
});

test("a head without a bias is compared with the bias-free problem at the effective lambdas", async () => {
  const { features, labels, weight } = decodeNpz(readFileSync(file), file);
  const headless = join(folder, "no-bias.npz");
  writeFileSync(headless, encodeNpz({ features, labels, weight } as Parameters<typeof encodeNpz>[0]));
  const m = JSON.parse((await runCommand(measure, headless, "--json", "--weight-decay", "0.1", "--compare-effective")).out);
  expect(m.comparedAt).toMatchObject({ from: "effective", lambdaB: "inf" });
  // The same features at the biased form: the comparison that its own head has.
  expect((await measured("--weight-decay", "0.1", "--compare-effective")).comparedAt.lambdaB).toBe(0.1);
});

test("the effective regularization offers no advice, at rest or not", async () => {
  for (const decay of ["0.1", "0.3"]) {
    const args = ["--weight-decay", decay, "--compare-effective"];
    const m = await measured(...args);
    expect(Object.keys(m).filter((key) => /remed|advi/.test(key))).toEqual([]);
    const { out, err } = await runCommand(measure, file, ...args);
    expect(out + err).not.toMatch(/advise|remed/);
  }
});

test("every class has its status, and the offsets, by the measurement alone", async () => {
  const m = await measured();
  expect(m.classes.every((c: { name: null }) => c.name === null)).toBe(true);
  expect(m.summary).toMatchObject({ own: expect.any(Number), offsetsRestore: expect.any(Boolean) });
  expect((await runCommand(measure, file)).out).toMatch(/\d+ of 10 classes are their own/);
});

test.each([
  [["--ends", "batch-norm"], /--weight-decay: expected a value/],
  [["--weight-decay", "0.1", "--ends", "batchnorm"], /--ends: expected batch-norm or batch-norm-relu/],
  [["--weight-decay", "0.1", "--ends", "none"], /--ends: .*without a normalization/],
  [["--weight-decay", "0.1", "--ends", "batch-norm", "--branches", "0.5"], /--branches: expected a number J of at least 1/],
  [["--weight-decay", "0.1", "--ends", "batch-norm", "--lambda-z", "0.1"], /no lambdas beside it, got "--lambda-z"/],
  [["--weight-decay", "0.1", "--ends", "batch-norm", "--lambda-b", "0.1"], /no lambdas beside it/],
  [["--weight-decay", "0.1", "--ends", "batch-norm", "--compare-effective"], /--compare-effective/],
  [["--weight-decay", "0.1", "--ends", "batch-norm", "--norm-weight-decay", "0"], /--norm-weight-decay: .*grow for ever/],
  [["--weight-decay", "0.1", "--optimizer", "adamw"], /adamw/],
])("%s is refused", async (args, rule) => {
  await expect(runCommand(measure, file, ...args)).rejects.toThrow(rule);
});
