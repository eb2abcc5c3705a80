import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Dataset, DatasetName } from "../data/index.ts";
import { InputError, inputError } from "../errors.ts";
import { writeFileAtomic } from "../features/index.ts";
import { checkSettings, type Evaluation, noRemedies, type Progress, type TrainingSettings } from "../training/index.ts";

/** The two readable files of a run folder, run.json and metrics.jsonl: what they say, and reading and writing them. */
export interface RunConfig {
  settings: TrainingSettings;
  dataset: DatasetName;
  /** As given; null: found by the usual rules (NCLAB_DATA). */
  dataDir: string | null;
  evaluateEvery: number;
  checkpointEvery: number;
  /** Whether an event file of TensorBoard is written. */
  tensorboard?: boolean;
}

export interface RunRecord extends RunConfig {
  schema: "nclab.run/1";
  status: "running" | "done" | "failed";
  error: string | null;
  started: string;
  /** Of all calls that worked on this run and ended by themselves. */
  seconds: number;
  versions: Record<string, string>;
  /** Every data file with its sha256. */
  source: Dataset["source"];
}

/** A line of metrics.jsonl. */
export type Metrics = Omit<Evaluation, "W" | "H"> & { batches: Progress["last"] };

export async function readRecord(out: string): Promise<RunRecord> {
  const file = join(out, "run.json");
  const text = await readFile(file, "utf8").catch(absent);
  if (text === undefined) throw new InputError(`run folder ${out}: expected a run.json in it, got none`);
  try {
    const record = fromText(text) as RunRecord;
    if (record.schema !== "nclab.run/1") throw inputError("schema", "nclab.run/1", record.schema);
    // A folder from before a setting existed was trained without it.
    const { microBatch = null, remedies } = record.settings as Partial<TrainingSettings>;
    const settings = { ...record.settings, microBatch, remedies: { ...noRemedies, ...remedies } };
    return { ...record, settings: checkSettings(settings) };
  } catch (error) {
    throw new InputError(`${file}: ${(error as Error).message}`);
  }
}

export async function readMetrics(out: string): Promise<Metrics[]> {
  const text = (await readFile(join(out, "metrics.jsonl"), "utf8").catch(absent)) ?? "";
  // Only whole lines: a crash may have cut the last one short.
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => fromText(line) as Metrics);
}

export function writeRecord(out: string, record: RunRecord): Promise<void> {
  return writeFileAtomic(join(out, "run.json"), `${toText(record, 2)}\n`);
}

function fromText(text: string): unknown {
  return JSON.parse(text, (key, x) => (key === "lambdaB" && x === "inf" ? Number.POSITIVE_INFINITY : x));
}

/** JSON with infinity (lambda_b) as "inf". */
export function toText(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, x) => (x === Number.POSITIVE_INFINITY ? "inf" : x), indent);
}

export function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw new InputError(`${error.path}: expected a readable file, got ${error.code}`);
}

export function versions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const { version, dependencies } = require("../../package.json") as { version: string; dependencies: Record<string, string> };
  return { nclab: version, node: process.versions.node, "@jax-js/jax": dependencies["@jax-js/jax"] };
}
