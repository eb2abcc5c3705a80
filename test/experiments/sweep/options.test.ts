import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runOptions } from "../../../src/cli/run-config.ts";
import { run } from "../../cli/process.ts";

/**
 * A sweep whose points take every option that `nclab train` has, held against the same trainings by `nclab train`: those never pass the channel between the sweep and its workers, so what
 * gets lost there is seen.
 */
const folder = mkdtempSync(join(tmpdir(), "nclab-options-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]): string => join(folder, ...names);

const shared = { dataset: "glyphs", epochs: "2", batch: "20", backend: "wasm", "data-dir": "inf", "checkpoint-every": "3" };
const points: Record<string, string>[] = [
  { counts: "5x8,5x4", "lambda-z": "0.01" },
  { counts: "5x8,5x4", "lambda-z": "0.01", weights: "5x1,5x2", offsets: "5x0,5x-0.7", factors: "5x1,5x0.5", smoothing: "0.1" },
  {
    labels: at("labels.csv"),
    "ignore-label": "255",
    "lambda-w": "0.1",
    "lambda-h": "0.001",
    "lambda-b": "inf",
    convention: "no-half",
    repeats: "5x1,5x2",
  },
  {
    "long-tail": "exp:10:8:0.5",
    "lambda-z": "0.01",
    "lambda-b": "0.02",
    network: "mlp",
    "micro-batch": "10",
    "weight-decay": "1e-3",
    decay: "all",
  },
  {
    counts: "5x8,5x4",
    "lambda-z": "0.01",
    features: "relu",
    schedule: "cosine",
    warmup: "1",
    "last-layer": "3",
    seed: "7",
    "evaluate-every": "1",
    tensorboard: "true",
    "save-features": "true",
  },
  {
    counts: "5x8,5x4",
    "weight-decay": "0.05",
    decay: "effective",
    network: "mlp-bn",
    ends: "batch-norm",
    branches: "1",
    "norm-weight-decay": "0.04",
    "bias-weight-decay": "inf",
    optimizer: "sgd",
    "whole-set": "2",
    loss: "square",
  },
  {
    counts: "4x8",
    classes: "4",
    "weight-decay": "0.05",
    decay: "effective",
    network: "mlp-ln",
    ends: "layer-norm",
    width: "256",
    schedule: "decay-peak",
    peak: "5",
    "last-layer": "2",
  },
];

test(
  "every option of train reaches the workers, infinities too: the numbers are those of `nclab train`",
  async () => {
    const used = new Set([...Object.keys(shared), ...points.flatMap((point) => Object.keys(point))]);
    expect([...used].sort()).toEqual(Object.keys(runOptions).sort());
    const labels = [8, 8, 8, 8, 8, 4, 4, 4, 4, 4].flatMap((n, k) => new Array<number>(n).fill(k));
    writeFileSync(at("labels.csv"), `${[255, ...labels].join("\n")}\n`);
    const list = points.map((point) => `  - ${JSON.stringify(point)}`).join("\n");
    writeFileSync(at("s.yaml"), `name: inf\nbase: ${JSON.stringify(shared)}\nlist:\n${list}\n`);

    const swept = await run("sweep", at("s.yaml"), "--out", at("sweep"), "--json");
    expect(swept.code, swept.stderr).toBe(0);
    const document = JSON.parse(swept.stdout) as {
      name: string;
      points: { id: string; status: string; options: object; config: { settings: { lambdaB: unknown } } }[];
    };
    expect(document.points.map(({ status }) => status)).toEqual(points.map(() => "done"));
    expect(document.points.map(({ options }) => options)).toEqual(points.map((point) => ({ ...shared, ...point })));
    expect(document.name).toBe("inf");
    // Without a bias, by default and by name; with weight decay on the head too its own lambda_b and the decay.
    expect(document.points.map(({ config }) => config.settings.lambdaB)).toEqual([
      "inf",
      "inf",
      "inf",
      0.021,
      "inf",
      "inf",
      0.05,
    ]);

    await Promise.all(
      points.map(async (point, i) => {
        const options = Object.entries({ ...shared, ...point }).flatMap(([name, value]) =>
          runOptions[name].type === "boolean" ? [`--${name}`] : [`--${name}=${value}`],
        );
        const alone = await run("train", ...options, "--out", at(`alone-${i}`), "--threads", "1");
        expect(alone.code, alone.stderr).toBe(0);
        for (const file of ["metrics.jsonl", "final.npz", "checkpoint.safetensors"])
          expect(
            readFileSync(at("sweep", "runs", document.points[i].id, file)).equals(readFileSync(at(`alone-${i}`, file))),
            `${i} ${file}`,
          ).toBe(true);
      }),
    );
  },
  5 * 60_000,
);
