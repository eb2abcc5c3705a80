import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import type { MeasurementDocument } from "../../src/documents/index.ts";
import { encodeNpz } from "../../src/features/index.ts";
import { fromJson, measure as measureInMemory, toJson } from "../../src/index.ts";
import { random } from "../../src/math/index.ts";
import { factors, predict } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { runCommand } from "./run.ts";

/** Heads and labels of other forms than one row a class and one label a sample. */
const folder = mkdtempSync(join(tmpdir(), "nclab-heads-"));
afterAll(() => rmSync(folder, { recursive: true }));

const r = random(5);
const [n, d] = [50, 4];
const binary = Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 1 : 0));
const three = Array.from({ length: n }, (_, i) => (i * 7) % 3);
const features = Float64Array.from({ length: n * d }, (_, e) => r.normal() + (e % d === 0 ? 3 * binary[Math.floor(e / d)] : 0));
const normals = (size: number): Float64Array => Float64Array.from({ length: size }, () => r.normal());

type Saved = Record<string, { shape: number[]; data: Float64Array | Int32Array }>;
const sampled: Saved = { features: { shape: [n, d], data: features }, labels: { shape: [n], data: Int32Array.from(binary) } };

function save(name: string, arrays: Saved): string {
  const file = join(folder, `${name}.npz`);
  writeFileSync(file, encodeNpz(arrays));
  return file;
}

const json = async (...args: string[]): Promise<MeasurementDocument> =>
  fromJson((await runCommand(measure, ...args, "--json")).out) as MeasurementDocument;
/** Without what names the file or says how the head was read. */
const numbers = ({ file: _, notes: __, ...rest }: MeasurementDocument) => rest;

describe("one logit", () => {
  test.each([
    ["weight", "bias", []],
    ["fc.weight", "fc.bias", [1]],
    ["w", "b", []],
  ] as const)("a list %s of d numbers with one number %s is it", async (weight, bias, shape) => {
    const [data, one] = [normals(d), normals(1)];
    const list = save("list1", { ...sampled, [weight]: { shape: [d], data }, [bias]: { shape: [...shape], data: one } });
    const row = save("row1", { ...sampled, weight: { shape: [1, d], data }, bias: { shape: [1], data: one } });
    const m = await json(list);
    expect(numbers(m)).toEqual(numbers(await json(row)));
    expect(m.notes.join()).toMatch(/one logit/);
    const { out } = await runCommand(measure, list, "--list", "--json");
    const roles = (JSON.parse(out).files[0].arrays as { role: string | null }[]).map(({ role }) => role);
    expect(roles).toEqual(["features", "labels", "weight", "bias"]);
    const alone = save("alone1", { ...sampled, [weight]: { shape: [d], data } });
    expect((await json(alone)).Z).toBeNull();
    expect(numbers(await json(alone, "--keys", `weight=${weight}`)).nc2).toEqual(numbers(await json(row)).nc2);
  });

  const w = normals(d);
  const b = -0.7;
  const one = save("one", { ...sampled, weight: { shape: [1, d], data: w }, bias: { shape: [1], data: Float64Array.of(b) } });
  const column = save("column", {
    ...sampled,
    "dense/kernel": { shape: [d, 1], data: w },
    "dense/bias": { shape: [1], data: Float64Array.of(b) },
  });
  const W = Float64Array.from([...w].map((x) => -x / 2).concat([...w].map((x) => x / 2)));
  const two = save("two", {
    ...sampled,
    weight: { shape: [2, d], data: W },
    bias: { shape: [2], data: Float64Array.of(-b / 2, b / 2) },
  });

  test("is measured as the head of two rows, and said", async () => {
    const m = await json(one);
    expect(numbers(m)).toEqual(numbers(await json(two)));
    expect(m.notes[0]).toMatch(
      /weight: one logit \(a sigmoid\): measured as the head of two rows -w\/2 and w\/2.*decay X of w and b is one of 2X/,
    );
    // A kernel of Flax and Keras.
    expect(numbers(await json(column))).toEqual(numbers(m));
  });

  test("cross-entropy and accuracy are those of the sigmoid", async () => {
    let loss = 0;
    let right = 0;
    for (let i = 0; i < n; i++) {
      const z = w.reduce((sum, x, j) => sum + x * features[i * d + j], b);
      loss += Math.log1p(Math.exp(binary[i] === 1 ? -z : z)) / n;
      if (z > 0 === (binary[i] === 1)) right++;
    }
    const m = await json(one);
    expect(m.crossEntropy).toBeCloseTo(loss, 12);
    expect(m.accuracyOverall).toBe(right / n);
  });

  test.each([
    [["--weight-decay", "0.01"], ["--weight-decay", "0.02"], null],
    [["--weight-decay", "0.01", "--compare-effective"], ["--weight-decay", "0.02", "--compare-effective"], null],
    [
      ["--weight-decay", "0.01", "--ends", "batch-norm"],
      ["--weight-decay", "0.02", "--ends", "batch-norm", "--norm-weight-decay", "0.01"],
      null,
    ],
    [
      ["--weight-decay", "0.01", "--ends", "batch-norm-relu", "--bias-weight-decay", "0.03", "--norm-weight-decay", "0.005"],
      ["--weight-decay", "0.02", "--ends", "batch-norm-relu", "--bias-weight-decay", "0.06", "--norm-weight-decay", "0.005"],
      null,
    ],
    [["--lambda-z", "0.01"], ["--lambda-z", "0.01"], null],
  ])("%j means %j of the rows", async (ofOne, ofTwo) => {
    const [x, y] = [numbers(await json(one, ...ofOne)), numbers(await json(two, ...ofTwo))];
    // Without --ends nothing says how the normalizations decay: as the one logit.
    if (x.branches && y.branches && !ofTwo.includes("--norm-weight-decay")) y.branches.J /= 2;
    expect(x).toEqual(y);
  });

  test("a network at its minimum is at rest under its own decay", async () => {
    const X = 0.03;
    const counts = [40, 10];
    const p = problem({ counts, lambdaW: 2 * X, lambdaH: 0.002, lambdaB: 2 * X });
    const { Z, b: bias } = predict(p);
    const { W: rows, H, d: width } = factors(p, Z);
    const labels = counts.flatMap((count, k) => new Array<number>(count).fill(k));
    const trained = save("trained", {
      features: {
        shape: [50, width],
        data: Float64Array.from(labels.flatMap((k) => Array.from(H.subarray(k * width, k * width + width)))),
      },
      labels: { shape: [50], data: Int32Array.from(labels) },
      weight: { shape: [1, width], data: Float64Array.from({ length: width }, (_, j) => rows[width + j] - rows[j]) },
      bias: { shape: [1], data: Float64Array.of(bias[1] - bias[0]) },
    });
    const m = await json(trained, "--weight-decay", String(X), "--compare-effective");
    expect(m.effective?.stationarityResidual).toBeLessThan(1e-6);
    expect(m.effective?.lambdaH).toBeCloseTo(0.002, 8);
    expect(m.comparison?.Zerror.frobenius).toBeLessThan(1e-6);
    expect(m.comparison?.berror.frobenius).toBeLessThan(1e-6);
  });

  test("in memory the same, and in parts", async () => {
    const given = { features, labels: binary, headWeight: [Array.from(w)], headBias: [b], weightDecay: 0.01 };
    const m = await json(one, "--weight-decay", "0.01");
    expect(numbers(fromJson(toJson(measureInMemory(given))) as MeasurementDocument)).toEqual(numbers(m));
    const part = join(folder, "part.npz");
    await runCommand(measure, one, "--shard", "1/1", "--save", part);
    expect(numbers(await json("merge", part, "--weight-decay", "0.01"))).toEqual(numbers(m));
  });

  test("what one logit does not have is refused", async () => {
    for (const [args, message] of [
      [["--head", "cosine"], /^--head cosine: expected a head with a row a class, got one logit/],
      [["--lambda-z", "0.1", "--loss", "bce"], /^--loss: expected cross-entropy for a head of one logit/],
      [
        ["--hidden", one, "--keys", "hidden=features", "--weight-decay", "0.1"],
        /^--hidden: expected a head with a row a class, got "one logit"/,
      ],
    ] as [string[], RegExp][])
      await expect(json(one, ...args)).rejects.toThrow(message);
    expect(() => measureInMemory({ features, labels: binary, headWeight: w, head: "cosine" })).toThrow(
      /^head: expected a head with a row a class/,
    );
    const many = save("many", {
      ...sampled,
      labels: { shape: [n], data: Int32Array.from(three) },
      weight: { shape: [1, d], data: w },
    });
    await expect(json(many)).rejects.toThrow(/a class from 0 to at most 1/);
  });
});

describe("several heads", () => {
  const stack = { shape: [3, 2, d], data: normals(6 * d) };
  const biases = { shape: [3, 2], data: normals(6) };

  test("a stack is refused with the way out, and an index takes one with its bias", async () => {
    const file = save("stack", { ...sampled, weight: stack, bias: biases });
    await expect(json(file)).rejects.toThrow(
      /weight: shape: expected K x 4, a row a class, or one of a stack of heads \(--keys weight=weight\[0\] is the first of 3; --head none/,
    );
    for (const i of [0, 2]) {
      const alone = save("alone", {
        ...sampled,
        weight: { shape: [2, d], data: stack.data.slice(i * 2 * d, (i + 1) * 2 * d) },
        bias: { shape: [2], data: biases.data.slice(2 * i, 2 * i + 2) },
      });
      const m = await json(file, "--keys", `weight=weight[${i}]`);
      expect(numbers(m)).toEqual(numbers(await json(alone)));
      expect(m.notes.join()).not.toMatch(/bias/);
    }
    await expect(json(file, "--keys", "weight=weight")).rejects.toThrow(/--keys weight=NAME\[0\] takes the first of a stack/);
    expect((await json(file, "--head", "none")).Z).toBeNull();
    const { out } = await runCommand(measure, file, "--list", "--json", "--keys", "weight=weight[1],labels=labels[:]");
    const roles = (JSON.parse(out).files[0].arrays as { name: string; role: string | null }[]).map(({ name, role }) => [
      name,
      role,
    ]);
    expect(roles).toEqual([
      ["features", "features"],
      ["labels", "labels"],
      ["weight", "weight"],
      ["bias", "bias"],
    ]);
  });

  test("of several that fit one is taken by its name, and the others are said", async () => {
    const head = (): { shape: number[]; data: Float64Array } => ({ shape: [2, d], data: normals(2 * d) });
    const file = save("aux", {
      ...sampled,
      "classifier.weight": head(),
      "aux_classifier.weight": head(),
      "layer.weight": head(),
    });
    expect((await json(file)).notes[0]).toMatch(
      /: classifier\.weight was taken as the head; aux_classifier\.weight, layer\.weight have its shape too \(--keys weight=NAME/,
    );
    expect((await json(file, "--keys", "weight=aux_classifier.weight")).notes.join()).not.toMatch(/its shape too/);
    const list = save("list", { ...sampled, "heads.0.weight": head(), "heads.1.weight": head() });
    await expect(json(list)).rejects.toThrow(/--keys weight=NAME to choose.*heads\.1\.weight 2 x 4, heads\.0\.weight 2 x 4/);
    const tied = save("tied", { ...sampled, "lm_head.weight": head(), "embed_tokens.weight": head() });
    expect((await json(tied)).notes.join()).not.toMatch(/its shape too/);
    const kernel = (): { shape: number[]; data: Float64Array } => ({ shape: [d, 2], data: normals(2 * d) });
    const keras = save("keras", { ...sampled, "layers/dense_1/vars/0": kernel(), "layers/dense_2/vars/0": kernel() });
    expect((await json(keras)).notes.join("\n")).toMatch(
      /dense_2\/vars\/0 was taken as the head; layers\/dense_1\/vars\/0 has its shape too/,
    );
  });

  test("a head of more classes than the labels have, beside one of as many: both are said", async () => {
    const head = (K: number): { shape: number[]; data: Float64Array } => ({ shape: [K, d], data: normals(K * d) });
    const file = save("finetuned", { ...sampled, "fc.weight": head(9), "new_head.weight": head(2) });
    const m = await json(file);
    expect(m.K).toBe(9);
    expect(m.notes.join("\n")).toMatch(
      /fc\.weight was taken as the head, for 9 classes, and the labels have 2; new_head\.weight has a row for each of these \(--keys weight=new_head\.weight takes it\)/,
    );
    expect((await json(file, "--keys", "weight=new_head.weight")).notes.join()).not.toMatch(/was taken as the head/);
    const other = save("other", { ...sampled, "fc.weight": head(9), "inner.weight": head(3) });
    expect((await json(other)).notes.join()).not.toMatch(/was taken as the head/);
  });

  test.each([
    ["fc.base_layer.weight", "fc.base_layer.bias"],
    ["fc.weight", "fc.bias"],
  ])("a LoRA adapter beside %s is no part of it, and that is said", async (weight, bias) => {
    const file = save("lora", {
      ...sampled,
      [weight]: { shape: [2, d], data: normals(2 * d) },
      [bias]: { shape: [2], data: normals(2) },
      // Of as many rows as the head.
      "fc.lora_A.default.weight": { shape: [2, d], data: normals(2 * d) },
      "fc.lora_B.default.weight": { shape: [2, 2], data: normals(4) },
    });
    const { notes } = await json(file);
    expect(notes.join("\n")).not.toMatch(/its shape too/);
    expect(notes.join("\n")).toMatch(/without its LoRA adapter \(fc\.lora_A\.default\.weight, fc\.lora_B\.default\.weight\)/);
    expect(notes.join("\n")).not.toMatch(/no bias/);
  });

  test.each(["fc.parametrizations.weight.original", "fc.weight_orig"])(
    "%s without the rest of its parametrization has the layer's bias, and a note",
    async (weight) => {
      const arrays: Saved = { ...sampled, [weight]: { shape: [2, d], data: normals(2 * d) } };
      const m = await json(save("part", { ...arrays, "fc.bias": { shape: [2], data: normals(2) } }));
      expect(m.notes.join("\n")).toMatch(/it was taken as it is stored/);
      expect(m.notes.join("\n")).not.toMatch(/no bias/);
    },
  );
});

describe("several labels a sample", () => {
  const tasks = Int32Array.from(binary.flatMap((k, i) => [k, three[i]]));

  test("columns of tasks: the message takes one, and what it says works", async () => {
    const file = save("tasks", { features: sampled.features, labels: { shape: [n, 2], data: tasks } });
    const error = await json(file).catch((wrong: Error) => wrong.message);
    const way = /--keys (labels=labels\[:,0\])/.exec(error as string)?.[1] as string;
    expect(numbers(await json(file, "--keys", way))).toEqual(numbers(await json(save("first", sampled))));
    const second = save("second", { ...sampled, labels: { shape: [n], data: Int32Array.from(three) } });
    expect(numbers(await json(file, "--keys", "labels=labels[:,1]"))).toEqual(numbers(await json(second)));
    const alone = join(folder, "y.npy");
    writeFileSync(alone, (await import("../../src/features/index.ts")).encodeNpy({ shape: [n, 2], data: tasks }));
    const features = save("features", { features: sampled.features });
    await expect(json(features, "--labels", alone)).rejects.toThrow(
      /--keys labels=\[:,0\] takes in measure the first of 2 columns/,
    );
    expect(numbers(await json(features, "--labels", alone, "--keys", "labels=[:,1]"))).toEqual(numbers(await json(second)));
  });

  test("several ones a row are refused with the reason", async () => {
    const hot = Int32Array.from({ length: 3 * n }, (_, e) => ((e * 13) % 5 < 2 ? 1 : 0));
    const file = save("hot", { features: sampled.features, labels: { shape: [n, 3], data: hot } });
    await expect(json(file)).rejects.toThrow(
      /one label a sample.*labels\[:,0\].*all at once cannot be measured: with several ones, or none, a sample belongs to no one class/,
    );
    expect((await json(file, "--keys", "labels=labels[:,0]")).K).toBe(2);
    const table = join(folder, "hot.csv");
    writeFileSync(table, ["a,b,c", ...Array.from({ length: n }, (_, i) => hot.subarray(3 * i, 3 * i + 3).join(","))].join("\n"));
    await expect(json(file, "--labels", table)).rejects.toThrow(/all at once cannot be measured.*--keys labels=a takes a column/);
    expect((await json(save("bare", { features: sampled.features }), "--labels", table, "--keys", "labels=b")).K).toBe(2);
  });

  test("the class token of every sample: an index into the features", async () => {
    const tokens = Float64Array.from({ length: n * 3 * d }, (_, e) => {
      const [i, t, j] = [Math.floor(e / (3 * d)), Math.floor(e / d) % 3, e % d];
      return t === 1 ? features[i * d + j] : -1;
    });
    const file = save("tokens", { features: { shape: [n, 3, d], data: tokens }, labels: sampled.labels });
    expect(numbers(await json(file, "--keys", "features=features[:,1]"))).toEqual(numbers(await json(save("first", sampled))));
  });
});
