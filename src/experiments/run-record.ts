import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Dataset, type DatasetName, datasetNames } from "../data/index.ts";
import { arithmetic, type Engine } from "../engine/index.ts";
import { InputError, inputError } from "../errors.ts";
import { isLock, isTemporary, textOf, writeFileAtomic } from "../files/index.ts";
import { isObject, toJson } from "../json.ts";
import { checkSettings, type Evaluation, noRemedies, type TrainingProgress, type TrainingSettings } from "../training/index.ts";
import { settingsInCheckpoint } from "./checkpoints.ts";
import { decidingText, differences, runId } from "./run-id.ts";
import { fromRunText } from "./run-text.ts";

/** run.json: what it says, and reading and writing it. */
export interface RunConfig {
  settings: TrainingSettings;
  dataset: DatasetName;
  /** As given; null: found by the usual rules (NCLAB_DATA). */
  dataDir: string | null;
  evaluateEvery: number;
  checkpointEvery: number;
  /** Only the first so many classes of the data set; absent: all. */
  classes?: number;
  /** Whether an event file of TensorBoard is written. */
  tensorboard?: boolean;
  /** Whether features.npz is written at the end. */
  saveFeatures?: boolean;
}

export interface RunRecord extends RunConfig {
  schema: "nclab.run/1";
  /** Hash of what decides the numbers (run-id.ts), written at the start: a file that was edited later is known by it. Absent in folders from before it existed. */
  id?: string;
  status: "running" | "done" | "failed";
  error: string | null;
  started: string;
  /** Of all calls that worked on this run and ended by themselves. */
  seconds: number;
  /** Of the call that began the run. */
  versions: Record<string, string>;
  /** Calls that went on under other versions than the one before, and from which epoch. */
  continued?: { epoch: number; versions: Record<string, string> }[];
  /** Every data file with its sha256. */
  source: Dataset["source"];
}

/** A line of metrics.jsonl. */
export type Metrics = Omit<Evaluation, "W" | "H"> & { batches: TrainingProgress["last"] };

/** A file of a run folder that is there and cannot be understood: damaged, or none of ours. */
export class UnreadableError extends InputError {
  override name = "UnreadableError";
}

/** A folder without a run.json. */
export class NoRunError extends InputError {
  override name = "NoRunError";
}

/** Whether a folder has a run.json; a link that leads nowhere is none. */
export const hasRecord = (out: string): boolean => existsSync(join(out, "run.json"));

/** What is wrong with a folder that has no run.json and holds other things; null: nothing, a run can begin in it. */
export async function withoutRecord(out: string): Promise<string | null> {
  return !existsSync(out) || (await isEmpty(out))
    ? null
    : `${join(out, "run.json")}: expected the settings of the run whose files are beside it, got none`;
}

/** Whether a folder holds nothing: as a run leaves it that was killed before it wrote its settings down. */
export async function isEmpty(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => null);
  return names?.every((name) => isTemporary(name) || isLock(name)) ?? false;
}

/** Throws NoRunError where there is none, InputError where it was edited, UnreadableError where it cannot be understood. */
export async function readRecord(out: string): Promise<RunRecord> {
  const file = join(out, "run.json");
  const text = await textOf(file);
  if (text === undefined) throw new NoRunError(`run folder ${out}: expected a run.json in it, got none`);
  let value: unknown;
  try {
    value = fromRunText(text);
  } catch (error) {
    throw new UnreadableError(`${file}: expected JSON, got ${(error as Error).message}`);
  }
  const record = recordOf(value, file);
  if (record.id !== undefined && record.id !== runId(record)) throw new InputError(`${file}: ${await edited(out, record)}`);
  return record;
}

export function writeRecord(out: string, record: RunRecord): Promise<void> {
  return writeFileAtomic(join(out, "run.json"), `${toJson(record, 2)}\n`);
}

/** What was edited: both values, where a checkpoint still has the first. */
async function edited(out: string, record: RunRecord): Promise<string> {
  const begun = await settingsInCheckpoint(out, record.id as string);
  const values = begun
    ? differences(begun, fromRunText(decidingText(record))).join("; ")
    : `hash: expected ${record.id}, got ${runId(record)}`;
  return `the file was edited since the run began: ${values}. Put it back, or begin a run with the new settings in another folder`;
}

/** Checks every field: whoever gets a record may rely on its type. */
function recordOf(value: unknown, file: string): RunRecord {
  if (!isObject(value)) throw unreadable(file, "an object", value);
  if (value.schema !== "nclab.run/1") throw inputError(`${file}: schema`, "nclab.run/1", value.schema);
  const check = checkerOf(value, `${file}: `);
  check("id", optional(isText), "a text");
  check("status", (x) => ["running", "done", "failed"].includes(x as string), "running, done or failed");
  check("error", (x) => x === null || isText(x), "a text or null");
  check("started", (x) => isText(x) && !Number.isNaN(Date.parse(x)), "a time");
  check("seconds", (x) => Number.isFinite(x) && (x as number) >= 0, "a number of at least 0");
  check("versions", areTexts, "names with texts");
  const continuation = (x: unknown): boolean => isObject(x) && Number.isSafeInteger(x.epoch) && areTexts(x.versions);
  check(
    "continued",
    optional((x) => Array.isArray(x) && x.every(continuation)),
    "a list of epochs with versions",
  );
  const dataFile = (x: unknown): boolean => isObject(x) && isText(x.file) && isText(x.sha256);
  check("source", (x) => Array.isArray(x) && x.every(dataFile), "a list of files with their sha256");
  return { ...(value as unknown as RunRecord), ...checkConfig(value, file) };
}

/** The part of a record that says what was asked. Throws UnreadableError. */
export function checkConfig(value: unknown, where: string): RunConfig {
  if (!isObject(value)) throw unreadable(where, "an object", value);
  const check = checkerOf(value, `${where}: `);
  const whole = (x: unknown): boolean => Number.isSafeInteger(x) && (x as number) >= 1;
  check("dataset", (x) => (datasetNames as readonly unknown[]).includes(x), datasetNames.join(", "));
  check("dataDir", (x) => x === null || isText(x), "a text or null");
  check("classes", optional(whole), "a whole number of at least 1");
  check("evaluateEvery", whole, "a whole number of at least 1");
  check("checkpointEvery", whole, "a whole number of at least 1");
  for (const name of ["tensorboard", "saveFeatures"])
    check(
      name,
      optional((x) => typeof x === "boolean"),
      "true or false",
    );
  check("settings", isObject, "an object");
  const config = value as unknown as RunConfig;
  // A folder from before a setting existed was trained without it.
  const { microBatch = null, remedies } = config.settings as Partial<TrainingSettings>;
  if (remedies !== undefined && !isObject(remedies)) throw unreadable(`${where}: settings.remedies`, "an object", remedies);
  try {
    return { ...config, settings: checkSettings({ ...config.settings, microBatch, remedies: { ...noRemedies, ...remedies } }) };
  } catch (error) {
    throw new UnreadableError(`${where}: settings: ${(error as Error).message}`);
  }
}

const isText = (x: unknown): x is string => typeof x === "string";
const areTexts = (x: unknown): boolean => isObject(x) && Object.values(x).every(isText);
const optional =
  (valid: (x: unknown) => boolean) =>
  (x: unknown): boolean =>
    x === undefined || valid(x);
const unreadable = (what: string, rule: string, value: unknown): UnreadableError =>
  new UnreadableError(inputError(what, rule, value).message);
const checkerOf =
  (of: Record<string, unknown>, prefix: string) =>
  (name: string, valid: (x: unknown) => boolean, rule: string): void => {
    if (!valid(of[name])) throw unreadable(`${prefix}${name}`, rule, of[name]);
  };

/** What decides the last bits of a training beside its settings: versions of nclab and Node, WebAssembly's `arithmetic` (engine/arithmetic.ts), and what the engine says of itself. */
export function versions({ about = {} }: Partial<Pick<Engine, "about">> = {}): Record<string, string> {
  const require = createRequire(import.meta.url);
  const { version } = require("../../package.json") as { version: string };
  return { nclab: version, node: process.versions.node, arithmetic: arithmetic(), ...about };
}
