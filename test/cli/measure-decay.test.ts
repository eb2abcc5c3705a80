import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import { predict } from "../../src/cli/predict.ts";
import { decodeNpz, encodeNpz } from "../../src/features/index.ts";
import { resnet } from "../endings/checkpoints.ts";
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
    loss: "cross-entropy",
    from: "stated",
  });
  expect(m.notes.join()).not.toMatch(/effective/);
  const relu = await measured("--weight-decay", "0.1", "--ends", "batch-norm-relu");
  expect(relu.comparedAt).toMatchObject({ nonnegative: true, lambdaZ: expect.closeTo(0.1 / Math.sqrt(300), 12) });
  expect(relu.comparison.Zerror.frobenius).toBeGreaterThan(0.01);
});

test("J by balancedness is told, and the prediction of it offered", async () => {
  const notes = (m: { notes: string[] }): string => m.notes.filter((note) => note.startsWith("branches: ")).join();
  const plain = await measured("--weight-decay", "0.1", "--ends", "batch-norm");
  expect(plain.branches).toEqual({ J: expect.closeTo(2, 6), atMost: null });
  expect(notes(plain)).toMatch(/J = 2 by balancedness, and the prediction is that of J = 1: --branches 2 gives/);
  expect(notes(await measured("--weight-decay", "0.1", "--ends", "batch-norm", "--branches", "2"))).toBe("");
  // The prediction of that J is the one at the effective lambdas.
  expect((await measured("--weight-decay", "0.1")).branches.J).toBeCloseTo(2, 6);
  // Scale and shift that decay four times less: J = 1/2 is the J of no network.
  const fourth = await measured("--weight-decay", "0.1", "--ends", "batch-norm", "--norm-weight-decay", "0.025");
  expect(fourth.branches.J).toBeCloseTo(0.5, 6);
  expect(notes(fourth)).toMatch(/J = 0\.5, outside 1 to the number of branches/);
  expect((await measured()).branches).toBeNull();
  expect((await measured("--lambda-z", "0.01", "--weight-decay", "0.1")).branches).toBeNull();
  const { out } = await runCommand(measure, file, "--weight-decay", "0.1");
  expect(out).toMatch(/balancedness: J = 2 \(1 to the number of branches summed before the head, which `nclab ends` counts\)/);
});

test("a checkpoint beside the features says how many branches there are", async () => {
  const { features, labels, weight } = decodeNpz(readFileSync(file), file);
  const [K] = weight.shape;
  // One more channel, of zeros, for a width that is even.
  const wider = ({ shape: [n, d], data }: { shape: readonly number[]; data: ArrayLike<number | bigint> }) => ({
    shape: [n, d + 1],
    data: Float64Array.from({ length: n * (d + 1) }, (_, e) =>
      e % (d + 1) === d ? 0 : Number(data[Math.floor(e / (d + 1)) * d + (e % (d + 1))]),
    ),
  });
  const checkpoint = join(folder, "resnet.npz");
  const dump = join(folder, "features.npz");
  writeFileSync(dump, encodeNpz({ features: wider(features), labels } as Parameters<typeof encodeNpz>[0]));
  const network = resnet([1, 1], false, { base: (weight.shape[1] + 1) / 2, K }).map(({ name, shape }) => [
    name,
    name === "fc.weight" ? wider(weight) : { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5) },
  ]);
  writeFileSync(checkpoint, encodeNpz(Object.fromEntries(network)));
  const args = [dump, "--head-weight", checkpoint, "--weight-decay", "0.1", "--ends", "batch-norm-relu"];
  const { branches } = JSON.parse((await runCommand(measure, ...args, "--json")).out);
  // One block and its shortcut.
  expect(branches).toEqual({ J: expect.closeTo(2, 6), atMost: expect.closeTo(2, 12) });
  const page = join(folder, "branches.html");
  await runCommand(measure, ...args, "--report", page);
  expect(readFileSync(page, "utf8")).toMatch(/balancedness: J = 2 \(1 to 2\)/);
});

test("classes that share directions are named, for people and in the page", async () => {
  const features = [3, 0, 0, 0, 2, 0, 0, 0, 1, 2, 2, 0];
  const shared = join(folder, "shared.npz");
  const array = (shape: number[], data: number[]) => ({ shape, data: Float64Array.from(data) });
  writeFileSync(
    shared,
    encodeNpz({
      features: array([4, 3], features),
      labels: { shape: [4], data: Int32Array.from([0, 1, 2, 3]) },
      weight: array([4, 3], features),
      bias: array([4], [0, 0, 0, 0]),
    }),
  );
  const page = join(folder, "shared.html");
  const { out } = await runCommand(measure, shared, "--report", page);
  const words = "2 of 6 pairs of classes have mean features with a cosine of at least 0.33";
  expect(out).toContain(words);
  expect(out).toMatch(/0 and 3 \(0\.71\), 1 and 3 \(0\.71\)$/m);
  expect(readFileSync(page, "utf8")).toContain(words);
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
  [
    ["--weight-decay", "0.1", "--ends", "batch-norm", "--lambda-z", "0.1"],
    /--weight-decay: expected no --lambda-z beside it, got 0.1/,
  ],
  [
    ["--weight-decay", "0.1", "--ends", "batch-norm", "--lambda-b", "0.1"],
    /--weight-decay: expected no --lambda-b beside it, got 0.1/,
  ],
  [["--weight-decay", "0.1", "--ends", "batch-norm", "--compare-effective"], /--compare-effective/],
  [["--weight-decay", "0.1", "--ends", "batch-norm", "--norm-weight-decay", "0"], /--norm-weight-decay: .*grow for ever/],
  [["--weight-decay", "0.1", "--optimizer", "adamw"], /adamw/],
])("%s is refused", async (args, rule) => {
  await expect(runCommand(measure, file, ...args)).rejects.toThrow(rule);
});

const nothing = "nothing is compared, and it would have no effect";
test.each<[string[], string]>([
  [
    ["--lambda-b", "0.02"],
    `--lambda-b: expected --lambda-z (or --lambda-w with --lambda-h) or --compare-effective beside it: ${nothing}, got 0.02`,
  ],
  [["--lambda-b", "inf", "--weight-decay", "0.1"], "--lambda-b: expected --lambda-z"],
  [
    ["--nonnegative"],
    "--nonnegative: expected --lambda-z (or --lambda-w with --lambda-h), --compare-effective, or --weight-decay with ends beside it",
  ],
  [["--nonnegative", "--weight-decay", "0.1"], "--nonnegative: expected --lambda-z"],
  [
    ["--convention", "mean"],
    `--convention: expected --lambda-z (or --lambda-w with --lambda-h) or --weight-decay beside it: ${nothing}, got "mean"`,
  ],
  [
    ["--loss", "square"],
    `--loss: expected --lambda-z (or --lambda-w with --lambda-h) or --weight-decay beside it: ${nothing}, got "square"`,
  ],
])("%j compares nothing and is refused", async (words, message) => {
  await expect(runCommand(measure, file, ...words)).rejects.toThrow(message);
});

test("the same settings have an effect beside what they belong to", async () => {
  const stated = await measured(
    "--lambda-z",
    "0.01",
    "--lambda-b",
    "0.02",
    "--nonnegative",
    "--convention",
    "no-half",
    "--loss",
    "square",
  );
  expect(stated.comparedAt).toMatchObject({ lambdaZ: 0.02, lambdaB: 0.04, nonnegative: true, loss: "square" });
  const [paper, noHalf] = [
    await measured("--weight-decay", "0.1"),
    await measured("--weight-decay", "0.05", "--convention", "no-half"),
  ];
  expect(noHalf.effective.lambdaZ).toBeCloseTo(paper.effective.lambdaZ, 14);
  expect((await measured("--weight-decay", "0.1", "--loss", "square")).notes.join()).toContain("no effective regularization");
});
