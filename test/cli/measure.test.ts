import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "../../src/cli/command.ts";
import { measure } from "../../src/cli/measure.ts";
import { InputError } from "../../src/errors.ts";
import { encodeNpy, encodeNpz, encodeSafetensors } from "../../src/features/index.ts";
import { random } from "../../src/math/random.ts";
import { measureFeatures } from "../../src/measure/index.ts";

const K = 4;
const d = 6;
const counts = [30, 20, 10, 1];
const r = random(3);
const labels = r.shuffle(counts.flatMap((n, k) => new Array<number>(n).fill(k)));
const means = Array.from({ length: K * d }, () => 2 * r.normal());
const features = Float64Array.from(
  { length: labels.length * d },
  (_, e) => means[labels[Math.floor(e / d)] * d + (e % d)] + 0.3 * r.normal(),
);
const W = Float64Array.from(means);
const b = Float64Array.from({ length: K }, () => 0.1 * r.normal());
const N = labels.length;

let folder = "";
const at = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-measure-"));
  const arrays = {
    features: { shape: [N, d], data: features },
    labels: { shape: [N], data: Int32Array.from(labels) },
    weight: { shape: [K, d], data: W },
    bias: { shape: [K], data: b },
  };
  for (const [name, array] of Object.entries(arrays)) writeFileSync(at(`${name}.npy`), encodeNpy(array));
  writeFileSync(at("all.npz"), encodeNpz(arrays));
  writeFileSync(at("all.safetensors"), encodeSafetensors(arrays));
  writeFileSync(at("labels.csv"), ["name,label", ...labels.map((k, i) => `s${i},${k}`)].join("\n"));
  writeFileSync(at("paths.txt"), labels.map((k, i) => `train/${["ant", "bee", "cat", "dog"][k]}/${i}.png`).join("\n"));
  writeFileSync(at("pairs.txt"), labels.map((k, i) => `train/x/${i}.png ${k}`).join("\n"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

async function run(...args: string[]): Promise<{ code: number; out: string }> {
  let out = "";
  vi.spyOn(console, "log").mockImplementation((text) => {
    out += `${text}\n`;
  });
  const input = parse(measure, args);
  if (input === "help") throw new Error("asked for help");
  return { code: await measure.run(input), out };
}

const json = async (...args: string[]) => JSON.parse((await run(...args, "--json")).out);
const four = ["--features", "features.npy", "--labels", "labels.npy", "--head-weight", "weight.npy", "--head-bias", "bias.npy"];
const inFolder = (args: readonly string[]): string[] =>
  args.map((arg) => (/\.\w+$/.test(arg) && !/^[\d.]/.test(arg) ? at(arg) : arg));

describe("the same numbers from every kind of file", () => {
  const expected = () => measureFeatures({ features, labels, d, K, head: { W, b } }, { weightDecay: 0.01, branches: {} });
  test.each([
    [four],
    [["--features", "all.npz"]],
    [["all.safetensors"]],
    [["--features", "all.npz", "--labels", "labels.csv"]],
    [["--features", "all.npz", "--labels", "paths.txt"]],
    [["--features", "all.npz", "--labels", "pairs.txt"]],
    [["--features", "features.npy", "--labels", "all.npz", "--head-weight", "all.safetensors"]],
  ])("%j", async (args) => {
    const m = await json(...inFolder(args), "--weight-decay", "0.01");
    const { notes: _, ...rest } = JSON.parse(JSON.stringify(expected()));
    expect(m).toMatchObject(rest);
    expect(m.schema).toBe("nclab.measurement/1");
    expect(m.classes.map((c: { count: number }) => c.count)).toEqual(counts);
  });
});

test("the contract's names are all there", async () => {
  const m = await json(...inFolder(four), "--weight-decay", "0.01", "--lambda-z", "0.01", "--lambda-b", "0.1");
  for (const name of [
    "schema",
    "N",
    "K",
    "d",
    "counts",
    "nc1",
    "traceRatio",
    "cdnv",
    "nc2",
    "nc3",
    "nc4",
    "Z",
    "b",
    "blockDeviation",
    "effective",
    "comparison",
  ])
    expect(m).toHaveProperty(name);
  expect(Object.keys(m.effective).sort()).toEqual(["criticalCount", "lambdaH", "lambdaZ", "stationarityResidual"]);
  expect(Object.keys(m.comparison).sort()).toEqual(["Zerror", "berror", "mergedMeasured", "mergedPredicted"]);
  expect(m.comparedAt).toEqual({ lambdaZ: 0.01, lambdaB: 0.1, nonnegative: false, loss: "cross-entropy", from: "stated" });
});

test("tables for people and for spreadsheets", async () => {
  const { out } = await run(...inFolder(four), "--classes", at("classes.csv"));
  expect(out).toContain(`${N} samples, ${K} classes, ${d} features`);
  expect(out).toContain("nc1.paper");
  expect(readFileSync(at("classes.csv"), "utf8").trim().split("\n")).toHaveLength(K + 1);
  const lines = (await run(...inFolder(four), "--csv")).out.trim().split("\n");
  expect(lines).toHaveLength(2);
  expect(lines[0].split(",")).toHaveLength(lines[1].split(",").length);
});

describe("bad input names file, rule and value", () => {
  test.each([
    [[], /--features: expected a file, got none/],
    [["--features", "missing.npy"], /missing\.npy: expected a readable file, got ENOENT/],
    [["--features", "features.npy"], /--labels: expected a file/],
    [["--features", "labels.npy", "--labels", "labels.npy"], /shape: expected N x d.*got "61"/],
    [
      ["--features", "features.npy", "--labels", "weight.npy"],
      /expected one label a sample: a class number, or a one-hot row of 6 with a single 1, got \[-/,
    ],
    [["--features", "features.npy", "--labels", "bias.npy"], /class from 0 to at most/],
    [["--features", "weight.npy", "--labels", "labels.npy"], /labels: expected 4, one a row.*got 61/],
    [["--features", "features.npy", "--labels", "labels.npy", "--head-bias", "bias.npy"], /--head-bias: expected --head-weight/],
    [["--features", "features.npy", "--labels", "labels.npy", "--head-weight", "labels.npy"], /expected K x 6.*got "61"/],
    [[...four, "--weight-decay", "-1"], /--weight-decay: expected a positive finite number, got -1/],
    [[...four, "--lambda-w", "1"], /--lambda-z, or --lambda-w with --lambda-h, or a weight decay .*, got "only --lambda-w"/],
    [[...four, "--lambda-z", "0"], /--lambda-z: expected a positive finite number, got 0/],
    [[...four, "--compare-effective"], /--compare-effective: expected --weight-decay/],
    [[...four, "--keys", "weights=a"], /--keys: expected/],
    [["--features", "all.npz", "--keys", "labels=nothing"], /labels: expected one of .*got "nothing"/],
    [[...four, "--json", "--csv"], /either --json or --csv/],
    [["--features", "labels.csv", "--labels", "labels.npy"], /expected a \.npy, \.npz/],
  ])("%j", async (args, message) => {
    const error = await run(...inFolder(args)).catch((e) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toMatch(message);
  });
});

describe("parts of one measurement", () => {
  const save = async (n: number): Promise<string[]> => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const parts = Array.from({ length: n }, (_, i) => at(`part-${n}-${i + 1}.npz`));
    for (const [i, part] of parts.entries()) await run(at("all.npz"), "--shard", `${i + 1}/${n}`, "--save", part);
    return parts;
  };

  test.each([1, 3, 7])("%i parts in any order give the same numbers to 1e-12", async (n) => {
    const whole = await json(at("all.npz"), "--weight-decay", "0.01", "--lambda-z", "0.01");
    const parts = r.shuffle(await save(n));
    const together = await json("merge", ...parts, "--weight-decay", "0.01", "--lambda-z", "0.01");
    const compare = (a: unknown, b: unknown, where: string): void => {
      if (typeof a === "number") expect(Math.abs(a - (b as number)), where).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(a)));
      else if (a !== null && typeof a === "object")
        for (const key of Object.keys(a)) compare(a[key as never], (b as never)[key], `${where}.${key}`);
      else expect(b, where).toEqual(a);
    };
    compare(whole, together, "");
  });

  test("a part that is missing, twice or of another measurement is refused", async () => {
    const [a, b, c] = await save(3);
    const [other] = await save(1);
    const refused = async (...parts: string[]) => (await run("merge", ...parts).catch((e) => e)).message;
    expect(await refused(a, b)).toMatch(/expected all of 1 to 3, got "none of 3"/);
    expect(await refused(a, b, c, b)).toMatch(/expected every shard once, got "2\/3/);
    expect(await refused(a, other)).toMatch(/expected one of 3.*got "one of 1"/);
    expect(await refused()).toMatch(/got none/);
    expect(await refused(at("all.npz"))).toMatch(/expected an array of a part that --save wrote/);
    writeFileSync(
      at("shifted.npz"),
      encodeNpz({
        features: { shape: [N, d], data: features.map((x) => x + 1) },
        labels: { shape: [N], data: Int32Array.from(labels) },
        weight: { shape: [K, d], data: W },
      }),
    );
    vi.spyOn(console, "error").mockImplementation(() => {});
    await run(at("shifted.npz"), "--shard", "2/3", "--save", at("foreign.npz"));
    expect(await refused(a, at("foreign.npz"), c)).toMatch(/class sums: expected those of/);
    await expect(run(at("all.npz"), "--shard", "4/3", "--save", at("x.npz"))).rejects.toThrow(/--shard: expected i\/n/);
    await expect(run(at("all.npz"), "--shard", "1/3")).rejects.toThrow(/together/);
  });
});

test("a shard of more shards than rows has none, and what a part would ignore is refused", async () => {
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  await run(at("all.npz"), "--shard", "1/100000", "--save", at("none.npz"));
  expect(said.mock.calls.join("\n")).toMatch(/none\.npz: no rows/);
  for (const [option, value] of [
    ["--classes", at("c.csv")],
    ["--bootstrap", "10"],
  ])
    await expect(run(at("all.npz"), "--shard", "1/3", "--save", at("part.npz"), option, value)).rejects.toThrow(
      new RegExp(`^${option}: expected nothing beside --save`),
    );
});

test("bootstrap intervals: seeded, about the value, the same whatever the blocks", async () => {
  const once = (await json(at("all.npz"), "--bootstrap", "40", "--seed", "5")).intervals;
  expect(once).toEqual((await json(at("all.npz"), "--bootstrap", "40", "--seed", "5")).intervals);
  expect(once.of.accuracy.low).toBeLessThanOrEqual(once.of.accuracy.high);
  // A rank has a value, and no interval.
  const { geometry } = await json(at("all.npz"));
  expect([geometry.rank > 0, "geometry.rank" in once.of]).toEqual([true, false]);
  // The head is not resampled.
  expect(once.of["nc2.equinormWeights"].low).toBe(once.of["nc2.equinormWeights"].high);
  expect(once.of["nc1.paper"].low).toBeLessThan(once.of["nc1.paper"].high);
  expect((await json(at("all.npz"), "--bootstrap", "40", "--seed", "6")).intervals.of).not.toEqual(once.of);
});

test("a folder of epochs is one table and one plot", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const epochs = at("epochs");
  mkdirSync(epochs);
  for (const [i, name] of ["epoch10.npz", "epoch2.npz", "epoch1.npz"].entries())
    writeFileSync(
      join(epochs, name),
      encodeNpz({
        features: { shape: [N, d], data: features.map((x, e) => x + i * Math.sin(e)) },
        labels: { shape: [N], data: Int32Array.from(labels) },
      }),
    );
  const lines = (await run(epochs, "--csv", "--plot", at("epochs.svg"))).out.trim().split("\n");
  expect(lines.slice(1).map((line) => line.split(",")[0].split("/").at(-1))).toEqual(["epoch1.npz", "epoch2.npz", "epoch10.npz"]);
  expect(readFileSync(at("epochs.svg"), "utf8")).toContain("nc1.paper");
  expect((await json(epochs)).measurements).toHaveLength(3);
  await expect(run(epochs, "--picture", "means", "--plot", at("x.svg"))).rejects.toThrow(/^--picture: expected one file, got 3/);
});

test("the report: Gram matrices measured, predicted and of the ETF on one page that asks for nothing", async () => {
  await run(at("all.npz"), "--lambda-z", "0.01", "--report", at("report.html"), "--labels", at("paths.txt"));
  const page = readFileSync(at("report.html"), "utf8");
  for (const words of [
    "The features",
    "along the leading directions of the class means",
    "laid out in the plane by UMAP",
    "dog (n = 1)",
  ])
    expect(page).toContain(words);
  for (const text of ["measured", "predicted", "simplex ETF", "nc1.paper", "cat", "<svg"]) expect(page).toContain(text);
  for (const text of ["Rows and columns: classes.", "Color: entry, one scale", "Rows: logits i.", "Color: logit, one scale"])
    expect(page).toContain(text);
  expect(page).not.toMatch(/https?:|NaN/);
});

test("there are intervals of what the document has numbers of, and of nothing else", async () => {
  for (const loss of ["cross-entropy", "bce"]) {
    const document = await json(at("all.npz"), "--weight-decay", "0.001", "--loss", loss, "--bootstrap", "5");
    expect(document.effective === null).toBe(loss === "bce");
    expect(Object.keys(document.intervals.of).some((name) => name.startsWith("effective."))).toBe(loss !== "bce");
  }
});
