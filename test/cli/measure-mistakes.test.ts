import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNpz } from "../../src/features/index.ts";
import { random } from "../../src/math/random.ts";
import { runProgram } from "./run.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-mistakes-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Arrays = Parameters<typeof encodeNpz>[0];
const stored = (arrays: Arrays): string => {
  const file = join(folder, "a.npz");
  writeFileSync(file, encodeNpz(arrays));
  return file;
};
const matrix = (n: number, d: number, of: (i: number, j: number) => number) => ({
  shape: [n, d],
  data: Float64Array.from({ length: n * d }, (_, e) => of(Math.floor(e / d), e % d)),
});
const column = (labels: readonly number[]) => ({ shape: [labels.length], data: Int32Array.from(labels) });
const measured = async (...args: string[]) => {
  const { code, out, err } = await runProgram("measure", ...args, "--json");
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out);
};
const refused = async (...args: string[]): Promise<string> => {
  const { code, out, err } = await runProgram("measure", ...args);
  expect([code, out]).toEqual([2, ""]);
  return err;
};

describe("labels that are no classes say what was meant", () => {
  const r = random(2);
  const d = 3;
  const features = (n: number) => matrix(n, d, () => r.normal());
  const cycle = (classes: readonly number[], n = 24): number[] =>
    Array.from({ length: n }, (_, i) => classes[i % classes.length]);
  const from1 = cycle([1, 2, 3, 4]);

  test.each([
    ["-1 and 1, one logit", cycle([-1, 1]), 1, /labels -1 and 1: write them as 0 and 1, \(y \+ 1\) \/ 2/],
    ["-1 and 1, no head", cycle([-1, 1]), 0, /labels -1 and 1: write them as 0 and 1/],
    ["from 1, a head of as many rows", from1, 4, /at most 3 \(no label is 0: are they counted from 1\?.*y - 1\), got 4/],
    ["1 and 2, one logit", cycle([1, 2]), 1, /are they counted from 1\?/],
    ["a mark beside classes", cycle([0, 1, 2, -1]), 3, /\(--ignore-label -1: samples that belong to no class\)/],
    ["another", cycle([0, 1, 255]), 2, /\(--ignore-label 255: /],
    ["another", cycle([0, 1, -100]), 0, /\(--ignore-label -100: /],
    ["ids", cycle([1314187, 1314190, 7]), 0, /ids instead of numbers of classes\? Write them as words, or renumber them/],
    ["ids beside a head", cycle([0, 1, 300, 412]), 2, /ids instead of numbers/],
  ])("%s", async (_, labels, rows, message) => {
    const head: Arrays = rows === 0 ? {} : { weight: matrix(rows, d, () => r.normal()) };
    const err = await refused(stored({ features: features(labels.length), labels: column(labels), ...head }));
    expect(err).toMatch(message);
    const file = join(folder, "y.txt");
    writeFileSync(file, labels.join("\n"));
    expect(await refused(stored({ features: features(labels.length), ...head }), "--labels", file)).toMatch(message);
  });

  test.each([
    ["several", cycle([0, 1, -1, -2])],
    ["no usual mark", cycle([0, 1, 2, -7])],
    ["one that is all there is", cycle([-1])],
  ])("%s: nothing is to be thrown away", async (_, labels) => {
    const err = await refused(stored({ features: features(labels.length), labels: column(labels) }));
    expect(err).toMatch(/expected a class from 0 to at most 65535, got -\d/);
  });

  test("a label to be ignored that no sample has is said", async () => {
    const file = stored({ features: features(24), labels: column(cycle([0, 1])) });
    expect((await measured(file, "--ignore-label", "99")).notes.join("\n")).toMatch(
      /no sample has the label 99 that is to be ignored/,
    );
    const y = join(folder, "y.txt");
    writeFileSync(y, cycle([0, 1]).join("\n"));
    const { code, err } = await runProgram("predict", "--labels", y, "--ignore-label", "99", "--lambda-z", "0.01", "--json");
    expect([code, err]).toEqual([0, expect.stringMatching(/no sample has the label 99/)]);
  });
});

test("features whose rows and columns are exchanged are told, with a head and without", async () => {
  const [n, d, K] = [60, 8, 3];
  const labels = column(Array.from({ length: n }, (_, i) => i % K));
  const features = matrix(d, n, (j, i) => Math.sin(3 * i + j));
  const message =
    /features\S*: shape: expected 60 rows, one for each of the 60 labels \(transposed\? A row is a sample: .*\), got "8 x 60"/;
  expect(await refused(stored({ features, labels }))).toMatch(message);
  expect(await refused(stored({ features, labels, "fc.weight": matrix(K, d, () => 1) }))).toMatch(message);
  expect(await refused(stored({ features: matrix(n, d, () => 1), labels, "fc.weight": matrix(K, d + 1, () => 1) }))).toMatch(
    /fc\.weight\S*: shape: expected K x 8/,
  );
});

describe("names that are numbers have two orders", () => {
  const tree = (name: string, classes: readonly string[]): string => {
    for (const k of classes) {
      mkdirSync(join(folder, name, k), { recursive: true });
      for (const i of [1, 2]) writeFileSync(join(folder, name, k, `${i}.png`), "");
    }
    return join(folder, name);
  };
  const names = (K: number, width = 0): string[] => Array.from({ length: K }, (_, k) => String(k).padStart(width, "0"));
  const features = (K: number) => matrix(2 * K, 3, (i, j) => Math.cos(5 * i + j));

  test("class folders are sorted as text, paths are taken as numbers: each says so", async () => {
    const file = stored({ features: features(12) });
    expect((await measured(file, "--labels", tree("t12", names(12)))).notes.join("\n")).toMatch(
      /numbered sorted as text, as torchvision's ImageFolder does: "10" is class 2, "2" class 4/,
    );
    const paths = join(folder, "paths.txt");
    writeFileSync(
      paths,
      names(12)
        .flatMap((k) => [`${k}/a.png`, `${k}/b.png`])
        .join("\n"),
    );
    const { notes, counts } = await measured(file, "--labels", paths);
    expect(counts).toEqual(new Array(12).fill(2));
    expect(notes.join("\n")).toMatch(
      /taken as the classes' numbers; torchvision's ImageFolder sorts such names as text: "10" is its class 2, "2" its class 4/,
    );
  });

  test("where both are one, nothing is said", async () => {
    const few = stored({ features: features(10) });
    expect((await measured(few, "--labels", tree("t10", names(10)))).notes.join("\n")).not.toMatch(/ImageFolder/);
    const padded = stored({ features: features(12) });
    expect((await measured(padded, "--labels", tree("t12p", names(12, 2)))).notes.join("\n")).not.toMatch(/ImageFolder/);
    const plain = join(folder, "plain.txt");
    writeFileSync(
      plain,
      names(12)
        .flatMap((k) => [k, k])
        .join("\n"),
    );
    expect((await measured(padded, "--labels", plain)).notes.join("\n")).not.toMatch(/ImageFolder/);
  });
});

describe("features that are something else", () => {
  const [K, d, n] = [4, 6, 80];
  const r = random(4);
  const labels = column(Array.from({ length: n }, (_, i) => i % K));
  const logits = (i: number, k: number): number => (k === i % K ? 2.5 : 0) + Math.sin(7 * i + k);
  const softmax = (i: number, k: number): number => {
    const all = Array.from({ length: K }, (_, c) => Math.exp(logits(i, c)));
    return all[k] / all.reduce((sum, x) => sum + x, 0);
  };

  test("probabilities are told as logits are, in float32 too, and refused where a head makes them", async () => {
    const words =
      /the features look like probabilities, not features: there are 4 a sample, as many as classes, none is negative/;
    const features = matrix(n, K, softmax);
    expect((await measured(stored({ features, labels }))).notes.join("\n")).toMatch(words);
    const single = { shape: features.shape, data: Float32Array.from(features.data) };
    expect((await measured(stored({ features: single, labels }))).notes.join("\n")).toMatch(words);
    expect(await refused(stored({ features, labels, weight: matrix(K, d, () => r.normal()) }))).toMatch(
      /expected what enters the last layer, N x 6 .* got numbers that look like probabilities/,
    );
    expect((await measured(stored({ features: matrix(n, K, logits), labels }))).notes.join("\n")).toMatch(/look like logits/);
    // Nonnegative features of as many columns as classes are features.
    const relu = matrix(n, K, (i, k) => Math.max(0, logits(i, k)));
    expect((await measured(stored({ features: relu, labels }))).notes.join("\n")).not.toMatch(/look like/);
  });

  test("tokens and positions that were flattened are said, unless the head takes them all", async () => {
    const data = Float64Array.from({ length: n * 3 * d }, (_, e) => Math.sin(e) + (Math.floor(e / (3 * d)) % K));
    const tokens = { shape: [n, 3, d], data };
    const words = /80 x 3 x 6 was flattened to 18 features a sample.*--keys features=NAME\[:,0\].*mean over tokens or positions/;
    expect((await measured(stored({ features: tokens, labels }))).notes.join("\n")).toMatch(words);
    const maps = { shape: [n, 3, 2, 3], data };
    expect((await measured(stored({ features: maps, labels }))).notes.join("\n")).toMatch(/80 x 3 x 2 x 3 was flattened/);
    const narrow = matrix(K, d, () => r.normal());
    expect(await refused(stored({ features: tokens, labels, "fc.weight": narrow }))).toMatch(words);
    const wide = stored({ features: tokens, labels, "fc.weight": matrix(K, 3 * d, () => r.normal()) });
    expect((await measured(wide)).notes.join("\n")).not.toMatch(/flattened/);
    const pooled = { shape: [n, 18, 1, 1], data };
    expect((await measured(stored({ features: pooled, labels }))).notes.join("\n")).not.toMatch(/flattened/);
    const first = await measured(stored({ features: tokens, labels, "fc.weight": narrow }), "--keys", "features=features[:,0]");
    expect([first.d, first.notes.join("\n")]).toEqual([6, expect.not.stringMatching(/flattened/)]);
  });

  test("a head in another order stands above all: in the document and in the table, which says what traceRatio is", async () => {
    const features = matrix(n, d, (i, j) => (j === i % K ? 3 : 0) + 0.3 * r.normal());
    const weight = matrix(K, d, (k, j) => (j === (k + 1) % K ? 3 : 0));
    const file = stored({ features, labels, weight });
    expect((await measured(file, "--ignore-label", "99")).notes[0]).toMatch(/^head: it is right for a share of 0 of the samples/);
    const { out } = await runProgram("measure", file);
    expect(out.split("\n")[1]).toMatch(/^warning: head: /);
    expect(out).toMatch(
      /traceRatio: tr Sigma_W \/ tr Sigma_B, Sigma_B as in nc1\.paper: about the mean of all samples, weighted 1\/K/,
    );
  });
});
