import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { advise as adviseCommand } from "../../src/cli/advise.ts";
import type { Command } from "../../src/cli/command.ts";
import { measure as measureCommand } from "../../src/cli/measure.ts";
import { path as pathCommand } from "../../src/cli/path.ts";
import { predict as predictCommand } from "../../src/cli/predict.ts";
import { thresholds as thresholdsCommand } from "../../src/cli/thresholds.ts";
import { encodeNpy, encodeNpz } from "../../src/features/index.ts";
import {
  type AdviseInput,
  advise,
  type MeasureInput,
  type MeasurementDocument,
  measure,
  type PathInput,
  type PredictInput,
  path,
  predict,
  type ThresholdsInput,
  thresholds,
  toJson,
  withUmap,
} from "../../src/index.ts";
import { random } from "../../src/math/index.ts";
import { runCommand } from "../cli/run.ts";

/**
 * A key is its option: the document of a plain object is the one that the command prints for the same words, character by character, but for the seconds that it took.
 */
const folder = mkdtempSync(join(tmpdir(), "nclab-documents-"));
afterAll(() => rmSync(folder, { recursive: true }));

const withoutTime = (json: string): string => json.replace(/"seconds":[\d.e+-]+/g, '"seconds":0');

async function printed(command: Command, options: string): Promise<string> {
  const { out } = await runCommand(command, ...options.split(" "), "--json");
  return withoutTime(out.trim());
}

const counts = [500, 500, 500, 500, 500, 100, 100, 100, 100, 100];
const K = 10;
const list = (value: (k: number) => number): number[] => Array.from({ length: K }, (_, k) => value(k));

const predictions: [string, PredictInput][] = [
  ["--counts 5x500,5x100 --lambda-z 0.0039 --lambda-b 0.02", { counts, lambdaZ: 0.0039, lambdaB: 0.02 }],
  ["--counts 5x500,5x100 --lambda-z 0.0039", { counts: "5x500,5x100", lambdaZ: 0.0039 }],
  ["--counts 5x500,5x100 --lambda-z 0.0039 --lambda-b inf", { counts: Int32Array.from(counts), lambdaZ: 0.0039, lambdaB: "inf" }],
  [
    "--counts 5x500,5x100 --lambda-w 0.001 --lambda-h 0.002 --lambda-b 0 --convention no-half",
    { counts, lambdaW: 0.001, lambdaH: 0.002, lambdaB: 0, convention: "no-half" },
  ],
  [
    "--counts 300,200,60,7 --lambda-z 0.01 --nonnegative --tolerance 1e-6",
    { counts: [300, 200, 60, 7], lambdaZ: 0.01, nonnegative: true, tolerance: 1e-6 },
  ],
  [
    "--long-tail exp:10:500:0.01 --weight-decay 0.05 --ends batch-norm-relu --branches 2 --bias-weight-decay inf",
    { longTail: "exp:10:500:0.01", weightDecay: 0.05, ends: "batch-norm-relu", branches: 2, biasWeightDecay: "inf" },
  ],
  [
    "--counts 5x500,5x100 --weight-decay 0.05 --ends batch-norm --norm-weight-decay 0.02 --batch-size 100 --optimizer sgd",
    { counts, weightDecay: 0.05, ends: "batch-norm", normWeightDecay: 0.02, batchSize: 100, optimizer: "sgd" },
  ],
  [
    "--counts 5x500,5x100 --lambda-z 0.003 --weights 5x1,5x2 --smoothing 0.1",
    { counts, lambdaZ: 0.003, weights: list((k) => (k < 5 ? 1 : 2)), smoothing: 0.1 },
  ],
  [
    "--counts 5x500,5x100 --lambda-z 0.003 --offsets 5x0,5x-1 --factors 5x1,5x0.5",
    { counts, lambdaZ: 0.003, offsets: list((k) => (k < 5 ? 0 : -1)), factors: list((k) => (k < 5 ? 1 : 0.5)) },
  ],
  [
    "--counts 5x500,5x100 --lambda-z 0.003 --loss square --lambda-b 0.1",
    { counts, lambdaZ: 0.003, loss: "square", lambdaB: 0.1 },
  ],
  ["--counts 5x500,5x100 --lambda-z 0.003 --loss bce", { counts, lambdaZ: 0.003, loss: "bce" }],
  ["--counts 5x500,5x100 --lambda-z 0.003 --dimension 20", { counts, lambdaZ: 0.003, dimension: 20 }],
  [
    "--counts 30,20,10,5 --lambda-z 0.003 --dimension 2 --starts 2",
    { counts: [30, 20, 10, 5], lambdaZ: 0.003, dimension: 2, starts: 2 },
  ],
  [
    "--counts 30,20,10,5 --weight-decay 0.01 --ends layer-norm --width 8 --starts 2",
    { counts: [30, 20, 10, 5], weightDecay: 0.01, ends: "layer-norm", width: 8, starts: 2 },
  ],
  ["--counts 5x500,5x100 --layer-peeled 1,2", { counts, layerPeeled: { EW: 1, EH: 2 } }],
  ["--counts dataset:cifar10-lt:100 --lambda-z 0.001", { counts: "dataset:cifar10-lt:100", lambdaZ: 0.001 }],
];

test.each(predictions)("predict %s", async (options, input) => {
  expect(withoutTime(toJson(predict(input)))).toBe(await printed(predictCommand, options));
});

test("predict: names of classes, and labels to be counted", async () => {
  const file = join(folder, "counts.csv");
  writeFileSync(file, "cat,500\ndog,100\nbee,40\n");
  const named = await printed(predictCommand, `--counts ${file} --lambda-z 0.01`);
  expect(withoutTime(toJson(predict({ counts: { cat: 500, dog: 100, bee: 40 }, lambdaZ: 0.01 })))).toBe(named);
  expect(
    withoutTime(
      toJson(
        predict({
          counts: new Map([
            ["cat", 500],
            ["dog", 100],
            ["bee", 40],
          ]),
          lambdaZ: 0.01,
        }),
      ),
    ),
  ).toBe(named);
  expect(withoutTime(toJson(predict({ counts: [500, 100, 40], classNames: ["cat", "dog", "bee"], lambdaZ: 0.01 })))).toBe(named);
  const labels = [0, 1, 1, 255, 2, 0, 0];
  const array = join(folder, "labels.npy");
  writeFileSync(array, encodeNpy({ shape: [labels.length], data: BigInt64Array.from(labels, BigInt) }));
  expect(withoutTime(toJson(predict({ labels: Int16Array.from(labels), ignoreLabel: 255, lambdaZ: 0.05 })))).toBe(
    await printed(predictCommand, `--labels ${array} --ignore-label 255 --lambda-z 0.05`),
  );
});

test("predict: soft labels", async () => {
  const file = join(folder, "targets.npy");
  const targets = [
    [0.9, 0.5, 0.1],
    [0.1, 0.5, 0.9],
  ];
  writeFileSync(file, encodeNpy({ shape: [2, 3], data: Float64Array.from(targets.flat()) }));
  const command = await printed(predictCommand, `--targets ${file} --counts 30,20,10 --lambda-z 0.01 --lambda-b 0.1`);
  const settings = { counts: [30, 20, 10], lambdaZ: 0.01, lambdaB: 0.1 };
  expect(withoutTime(toJson(predict({ ...settings, targets })))).toBe(command);
  expect(
    withoutTime(toJson(predict({ ...settings, targets: { rows: 2, cols: 3, data: Float64Array.from(targets.flat()) } }))),
  ).toBe(command);
});

test.each<[string, ThresholdsInput]>([
  ["--counts 5x500,5x100", { counts }],
  ["--counts 5x500,5x100 --lambda-z 0.004 --lambda-b 0.02", { counts, lambdaZ: 0.004, lambdaB: 0.02 }],
  ["--counts 2x50,20,5 --ends batch-norm --branches 2", { counts: [50, 50, 20, 5], ends: "batch-norm", branches: 2 }],
  [
    "--counts 5x500,5x100 --weight-decay 0.05 --ends batch-norm-relu --bias-weight-decay 0",
    { counts, weightDecay: 0.05, ends: "batch-norm-relu", biasWeightDecay: 0 },
  ],
  ["--counts 2x50,20,5 --weights 1,1,1,3 --smoothing 0.1", { counts: [50, 50, 20, 5], weights: [1, 1, 1, 3], smoothing: 0.1 }],
  ["--counts 5x500,5x100 --layer-peeled 1,1", { counts, layerPeeled: { EW: 1, EH: 1 } }],
])("thresholds %s", async (options, input) => {
  expect(withoutTime(toJson(thresholds(input)))).toBe(await printed(thresholdsCommand, options));
});

test.each<[string, PathInput]>([
  ["--counts 5x500,5x100 --lambda-z 1e-3:1e-2:7", { counts, lambdaZ: { from: 1e-3, to: 1e-2, points: 7 } }],
  [
    "--counts 5x500,5x100 --lambda-z 1e-3:1e-2:7:linear --lambda-b 0.02",
    { counts, lambdaZ: "1e-3:1e-2:7:linear", lambdaB: 0.02 },
  ],
  [
    "--counts 50,20,5 --weight-decay 0.01:0.5:5 --ends batch-norm-relu",
    { counts: [50, 20, 5], weightDecay: { from: 0.01, to: 0.5, points: 5 }, ends: "batch-norm-relu" },
  ],
  [
    "--counts 5x500,5x100 --lambda-z 0.004 --n-b 20:100:5:log",
    { counts, lambdaZ: 0.004, nB: { from: 20, to: 100, points: 5, scale: "log" } },
  ],
  [
    "--counts 100,50,20 --weight-decay 0.1 --ends batch-norm --imbalance 2:20:4 --tolerance 1e-8",
    { counts: [100, 50, 20], weightDecay: 0.1, ends: "batch-norm", imbalance: "2:20:4", tolerance: 1e-8 },
  ],
])("path %s", async (options, input) => {
  expect(withoutTime(toJson(path(input)))).toBe(await printed(pathCommand, options));
});

test.each<[string, AdviseInput]>([
  ["--counts 5x500,5x100 --lambda-z 0.0036 --lambda-b 0.02", { counts, lambdaZ: 0.0036, lambdaB: 0.02 }],
  [
    "--counts 50,20,5 --weight-decay 0.2 --ends batch-norm-relu --batch-size 25 --margin 2 --change offset,lambda",
    { counts: [50, 20, 5], weightDecay: 0.2, ends: "batch-norm-relu", batchSize: 25, margin: 2, change: ["offset", "lambda"] },
  ],
  [
    "--counts 50,20,5 --lambda-z 0.1 --loss square --change weight",
    { counts: [50, 20, 5], lambdaZ: 0.1, loss: "square", change: "weight" },
  ],
])("advise %s", async (options, input) => {
  expect(withoutTime(toJson(advise(input)))).toBe(await printed(adviseCommand, options));
});

describe("measure", () => {
  const d = 6;
  const r = random(7);
  // More than a block of rows: what is summed must not depend on how it is cut.
  const labels = Array.from({ length: 2500 }, (_, i) => (i % 5 === 0 ? 2 : i % 2));
  const features = Float64Array.from(
    { length: labels.length * d },
    (_, i) => r.normal() + (i % d === labels[Math.floor(i / d)] ? 3 : 0),
  );
  const headWeight = Float64Array.from({ length: 3 * d }, () => r.normal());
  const headBias = Float64Array.from({ length: 3 }, () => r.normal());
  const save = (name: string, shape: number[], data: Float64Array | BigInt64Array): string => {
    const file = join(folder, name);
    writeFileSync(file, encodeNpy({ shape, data }));
    return file;
  };
  const files = [
    `--features ${save("f.npy", [labels.length, d], features)}`,
    `--labels ${save("l.npy", [labels.length], BigInt64Array.from(labels, BigInt))}`,
  ].join(" ");
  const head = `--head-weight ${save("w.npy", [3, d], headWeight)} --head-bias ${save("b.npy", [3], headBias)}`;
  const data: MeasureInput = { features, labels };
  const withHead: MeasureInput = { ...data, headWeight, headBias };
  const rows = (all: Float64Array): number[][] =>
    Array.from({ length: all.length / d }, (_, i) => Array.from(all.subarray(i * d, i * d + d)));

  test.each<[string, MeasureInput]>([
    [files, data],
    [`${files} ${head}`, { ...withHead, features: rows(features), headWeight: rows(headWeight), headBias: Array.from(headBias) }],
    [`${files} ${head} --weight-decay 5e-4`, { ...withHead, weightDecay: 5e-4 }],
    [
      `${files} ${head} --weight-decay 5e-4 --compare-effective --lambda-b 0.1`,
      { ...withHead, weightDecay: 5e-4, compareEffective: true, lambdaB: 0.1 },
    ],
    [
      `${files} ${head} --weight-decay 0.05 --ends batch-norm --norm-weight-decay 0.02`,
      { ...withHead, weightDecay: 0.05, ends: "batch-norm", normWeightDecay: 0.02 },
    ],
    [
      `${files} ${head} --lambda-w 0.01 --lambda-h 0.001 --convention mean --nonnegative --loss square`,
      { ...withHead, lambdaW: 0.01, lambdaH: 0.001, convention: "mean", nonnegative: true, loss: "square" },
    ],
    [`${files} ${head} --head cosine --scale 16`, { ...withHead, head: "cosine", scale: 16 }],
    [`${files} --picture means`, { ...data, view: true }],
    [`${files} ${head} --picture means --seed 7 --head cosine`, { ...withHead, view: { seed: 7 }, head: "cosine" }],
  ])("%s", async (options, input) => {
    const printedDocument = JSON.parse(await printed(measureCommand, options)) as { file: string };
    const { file, ...inMemory } = JSON.parse(toJson(measure(input))) as { file: null };
    expect(file).toBeNull();
    expect(inMemory).toEqual((({ file: _, ...rest }) => rest)(printedDocument));
  });

  test.each(["linear", "cosine"] as const)("the layout by UMAP: measure, then withUmap, head %s", async (kind) => {
    const n = 120;
    const some = { ...withHead, features: features.subarray(0, n * d), labels: labels.slice(0, n), head: kind };
    const file = join(folder, "some.npz");
    writeFileSync(
      file,
      encodeNpz({ features: { shape: [n, d], data: some.features }, labels: { shape: [n], data: Int32Array.from(some.labels) } }),
    );
    const options = `${file} ${head} --head ${kind} --picture umap --seed 3`;
    const { view } = JSON.parse(await printed(measureCommand, options)) as MeasurementDocument;
    const seen: MeasureInput = { ...some, view: { seed: 3 } };
    const document = await withUmap(measure(seen), seen);
    expect(JSON.parse(toJson(document.view))).toEqual(view);
    expect(view?.umap?.points).toHaveLength(n);
    await expect(withUmap(measure(some), some)).rejects.toThrow(/^view: expected a measurement with a view/);
    await expect(
      withUmap(document, { ...some, features: features.subarray(0, 6 * d), labels: labels.slice(0, 6) }),
    ).rejects.toThrow(/^features: expected those of the document, of 6 numbers a row, got "6 x 6"/);
  });

  test("labels to be ignored", async () => {
    const some = labels.map((k, i) => (i % 11 === 0 ? 255 : k));
    const file = save("some.npy", [some.length], BigInt64Array.from(some, BigInt));
    const options = `${files.split(" --labels")[0]} --labels ${file} --ignore-label 255 ${head}`;
    const { notes: said, nc1, Z } = JSON.parse(await printed(measureCommand, options)) as MeasurementDocument;
    const { notes, ...inMemory } = measure({ ...withHead, labels: Int16Array.from(some), ignoreLabel: 255 });
    // Blocks are cut elsewhere where rows are left out: the same to rounding.
    expect(inMemory.nc1.paper).toBeCloseTo(nc1.paper as number, 12);
    inMemory.Z?.flat().forEach((z, i) => {
      expect(z).toBeCloseTo(Z?.flat()[i] as number, 12);
    });
    const seen = JSON.parse(await printed(measureCommand, `${options} --picture means`)) as MeasurementDocument;
    const view = measure({ ...withHead, labels: some, ignoreLabel: 255, view: true }).view;
    expect(view?.sample.rows).toEqual(seen.view?.sample.rows);
    expect(view?.sample.classes).toEqual(view?.sample.rows.map((i) => some[i]));
    expect(notes.map((note) => note.replace("labels: ", ""))).toEqual(said.map((note) => note.replace(`${file}: `, "")));
  });
});
