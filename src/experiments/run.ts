import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Dataset, firstClasses, type Images, imbalancedSubset, loadDataset } from "../data/index.ts";
import { startEngine } from "../engine/index.ts";
import { InputError, inputError } from "../errors.ts";
import { encodeNpz } from "../features/index.ts";
import {
  BusyError,
  IrregularError,
  makeFolders,
  moveAside,
  removeTemporaries,
  unwritable,
  withLock,
  writeFileAtomic,
} from "../files/index.ts";
import {
  checkSettings,
  type Dump,
  dumpOf,
  type Evaluation,
  fittingImages,
  Interrupted,
  startOf,
  type TrainingData,
  type TrainingProgress,
  type TrainingState,
  trainRun,
} from "../training/index.ts";
import { dropOlderCheckpoint, readCheckpoint, writeCheckpoint } from "./checkpoints.ts";
import { checkFinal } from "./final-arrays.ts";
import { appendMetrics, metricsCsv, rewriteMetrics, startMetrics } from "./metrics-files.ts";
import { readMetrics } from "./metrics-lines.ts";
import { decidingText, differences, runId } from "./run-id.ts";
import {
  hasRecord,
  isEmpty,
  type Metrics,
  NoRunError,
  type RunConfig,
  type RunRecord,
  readRecord,
  UnreadableError,
  versions,
  withoutRecord,
  writeRecord,
} from "./run-record.ts";
import { fromRunText } from "./run-text.ts";
import { versionsNote } from "./same-numbers.ts";
import { unlessStopped } from "./unless-stopped.ts";

/**
 * One training as a folder on disk:
 *
 *   run.json                what was asked, versions, hashes of the data, and the status: running, done or failed
 *   metrics.jsonl           a line per evaluated epoch
 *   checkpoint.safetensors  the state after the newest epoch that was saved; the run continues from it to the same final numbers
 *                           (beside it, until the run is done, the one before: checkpoints.ts)
 *   metrics.csv             the numbers of metrics.jsonl as a table, when the run is done
 *   events.out.tfevents.*   the same for TensorBoard, where that was asked for
 *   final.npz               Z, b, W, H (mean features), counts
 *   features.npz            where that was asked for, what `nclab measure` reads: features of all training images, labels, weight and bias of the head, and what the dense layer
 *                           before the features takes (hidden)
 *
 * A run that was killed or interrupted says "running" still and has no final.npz: only "done" is finished. While a process works on the folder it holds a lock in
 * it (files/lock.ts).
 */
export type { Metrics, RunConfig, RunRecord } from "./run-record.ts";

export interface RunHooks {
  onProgress?: (progress: TrainingProgress) => void;
  onMetrics?: (metrics: Metrics) => void;
  /** Told what went otherwise than it should without being an error: a damaged checkpoint. */
  onWarning?: (message: string) => void;
  /** Asked after each epoch; true: a checkpoint is written and Interrupted thrown. */
  stop?: () => boolean;
  /** Ends the reading of the data, before the first epoch, with Interrupted. */
  stopReading?: AbortSignal;
}

export interface RunResult {
  record: RunRecord;
  final: Metrics;
}

/** Trains into the folder `out`, new or empty. Throws InputError if it holds anything or cannot be made, before anything is trained. */
export async function startRun(out: string, config: RunConfig, hooks: RunHooks = {}): Promise<RunResult> {
  checkSettings(config.settings);
  if (existsSync(out) && !(await isEmpty(out))) refuseExisting(out);
  const { data, source } = await unlessStopped(trainingData(config, hooks.stopReading), hooks.stopReading);
  await makeFolder(out);
  return withLock(out, async () => {
    // Another may have been here between the first look and the lock.
    if (!(await isEmpty(out))) refuseExisting(out);
    await removeTemporaries(out);
    const record: RunRecord = {
      schema: "nclab.run/1",
      id: runId(config),
      status: "running",
      error: null,
      started: new Date().toISOString(),
      ...config,
      seconds: 0,
      versions: versions(await startEngine(config.settings.device)),
      source,
    };
    await writeRecord(out, record);
    await startMetrics(out, record);
    return train(out, record, data, undefined, hooks);
  });
}

/** Continues a run from its newest checkpoint (from the start if there is none); a run that is done is returned as it is. */
export async function resumeRun(out: string, hooks: RunHooks = {}, dataDir?: string): Promise<RunResult> {
  const finished = await finishedRun(out);
  if (finished) return finished;
  return withLock(out, async () => (await finishedRun(out)) ?? resume(out, hooks, dataDir));
}

/**
 * Starts the run of a folder, or continues it, whichever is due. A folder that cannot be read (a run.json or metrics.jsonl that is damaged, or gone while other files are there) is moved
 * aside, whole, and the run starts over. Throws InputError where the folder's run is not the one that `config` describes.
 */
export async function startOrResumeRun(out: string, config: RunConfig, hooks: RunHooks = {}): Promise<RunResult> {
  const begun = (): boolean => hasRecord(out);
  const why = (): Promise<string | null> => (begun() ? whyUnreadable(out, config) : withoutRecord(out));
  for (;;) {
    const before = begun();
    try {
      const unreadable = await why();
      if (unreadable === null && !before) return await startRun(out, config, hooks);
      if (unreadable === null) return await resumeRun(out, hooks, config.dataDir ?? undefined);
      const aside = await moveAside(out, async () => (await why()) !== null);
      if (aside) hooks.onWarning?.(`${unreadable}; everything that was in the folder is in ${aside} now, starting over`);
    } catch (error) {
      // Another process began it or moved it aside since the look at it: the next look tells what is due.
      const overtaken = error instanceof NoRunError || (error instanceof InputError && begun() !== before);
      if (!overtaken || error instanceof BusyError) throw error;
    }
  }
}

/** Why the folder's files cannot be gone on from; null: they can. Throws InputError where they are another run's. */
async function whyUnreadable(out: string, config: RunConfig): Promise<string | null> {
  try {
    const record = await readRecord(out);
    await readMetrics(out);
    if (record.status === "done") await checkFinal(out, await finalMetrics(out));
    if (runId(record) !== runId(config)) {
      const values = differences(fromRunText(decidingText(config)), fromRunText(decidingText(record))).join("; ");
      throw new InputError(`${join(out, "run.json")}: expected the run that was asked for, got another: ${values}`);
    }
    return null;
  } catch (error) {
    if (error instanceof UnreadableError || error instanceof IrregularError) return error.message;
    throw error;
  }
}

async function finishedRun(out: string): Promise<RunResult | null> {
  const record = await readRecord(out);
  return record.status === "done" ? { record, final: await finalMetrics(out) } : null;
}

/** The last line of a run that is done. */
async function finalMetrics(out: string): Promise<Metrics> {
  const final = (await readMetrics(out)).pop();
  if (!final) throw new UnreadableError(`${join(out, "metrics.jsonl")}: expected a line at least, as the run is done, got none`);
  return final;
}

async function resume(out: string, hooks: RunHooks, dataDir?: string): Promise<RunResult> {
  const record = await readRecord(out);
  const config = { ...record, dataDir: dataDir ?? record.dataDir };
  const { data, source } = await unlessStopped(trainingData(config, hooks.stopReading), hooks.stopReading);
  if (JSON.stringify(source) !== JSON.stringify(record.source))
    throw inputError(`${out}: data`, `the files the run began with (${hashes(record.source)})`, hashes(source));
  const from = await readCheckpoint(out, record, startOf(record.settings, data), hooks.onWarning);
  // Lines after the checkpoint will be written again; one that a crash cut short is gone already.
  const kept = (await readMetrics(out)).filter((line) => from && line.epoch <= from.epoch);
  await removeTemporaries(out);
  await rewriteMetrics(out, record, kept);
  const again: RunRecord = {
    ...config,
    ...continuedBy(record, from?.epoch ?? 0, versions(await startEngine(record.settings.device)), hooks),
    status: "running",
    error: null,
  };
  await writeRecord(out, again);
  return train(out, again, data, from, hooks);
}

/** What run.json says of this call, where it goes on under other versions than the call before it; then a warning says what that means. */
function continuedBy(
  record: RunRecord,
  epoch: number,
  now: Record<string, string>,
  hooks: RunHooks,
): Pick<RunRecord, "id" | "continued" | "versions"> {
  const before = record.continued?.at(-1)?.versions ?? record.versions;
  const id = runId(record);
  // Nothing of the earlier call is left in a run that starts over.
  if (epoch === 0) return { id, versions: now, continued: undefined };
  const note = versionsNote(before, now, record.settings.device);
  if (note === null) return { id, versions: record.versions };
  hooks.onWarning?.(note);
  return { id, versions: record.versions, continued: [...(record.continued ?? []), { epoch, versions: now }] };
}

async function train(
  out: string,
  record: RunRecord,
  data: TrainingData,
  resume: TrainingState | undefined,
  hooks: RunHooks,
): Promise<RunResult> {
  const began = performance.now();
  const seconds = (): number => record.seconds + (performance.now() - began) / 1000;
  try {
    const { final, state } = await trainRun(record.settings, data, {
      resume,
      evaluateEvery: record.evaluateEvery,
      checkpointEvery: record.checkpointEvery,
      onProgress: hooks.onProgress,
      stop: hooks.stop,
      onEvaluation: async (evaluation, progress) => {
        const line = metricsOf(evaluation, progress.last);
        await appendMetrics(out, record, line);
        hooks.onMetrics?.(line);
      },
      onCheckpoint: (state) => writeCheckpoint(out, record, state),
    });
    await writeFileAtomic(join(out, "final.npz"), finalArrays(final));
    if (record.saveFeatures)
      await writeFileAtomic(join(out, "features.npz"), featureArrays(await dumpOf(record.settings, data, state)));
    await writeFileAtomic(join(out, "metrics.csv"), metricsCsv(await readMetrics(out)));
    await dropOlderCheckpoint(out);
    const done: RunRecord = { ...record, status: "done", seconds: seconds() };
    await writeRecord(out, done);
    return { record: done, final: (await readMetrics(out)).pop() as Metrics };
  } catch (error) {
    if (error instanceof Interrupted) {
      await writeRecord(out, { ...record, seconds: seconds() });
      throw error;
    }
    const failed: RunRecord = { ...record, status: "failed", error: (error as Error).message, seconds: seconds() };
    // The first error is the one to report, whatever comes of writing it down.
    await writeRecord(out, failed).catch(() => {});
    throw error;
  }
}

/** Loads the data set and cuts its training half to the counts, seeded by the run's seed. */
export async function trainingData(
  config: Pick<RunConfig, "settings" | "dataset" | "dataDir" | "classes">,
  signal?: AbortSignal,
): Promise<{ data: TrainingData; source: Dataset["source"] }> {
  const { counts, seed, network } = config.settings;
  const options = { dataDir: config.dataDir ?? undefined, seed, perClass: Math.max(...counts), signal };
  const { normalization, classNames: names, source, ...all } = await loadDataset(config.dataset, options);
  const { classes } = config;
  const [train, test] = [all.train, all.test].map((images) => (classes === undefined ? images : firstClasses(images, classes)));
  const classNames = names.slice(0, classes);
  const fitting = (images: Images): Images => fittingImages(images, network);
  const data = { train: fitting(imbalancedSubset(train, counts, seed)), test: fitting(test), normalization, classNames };
  return { data, source };
}

function metricsOf({ W: _W, H: _H, ...rest }: Evaluation, batches: TrainingProgress["last"]): Metrics {
  return { ...rest, batches };
}

function featureArrays({ features, hidden, labels, weight, bias }: Dump): Uint8Array {
  return encodeNpz({
    features,
    ...(hidden ? { hidden } : {}),
    labels: { shape: [labels.length], data: labels },
    weight,
    ...(bias ? { bias } : {}),
  });
}

function finalArrays({ Z, b, W, H, counts, K, d }: Evaluation): Uint8Array {
  return encodeNpz({
    Z: { shape: [K, K], data: Float64Array.from(Z.flat()) },
    b: { shape: [K], data: Float64Array.from(b) },
    W: { shape: [K, d], data: W },
    H: { shape: [K, d], data: H },
    counts: { shape: [K], data: BigInt64Array.from(counts, BigInt) },
  });
}

async function makeFolder(out: string): Promise<void> {
  try {
    await makeFolders(dirname(resolve(out)));
    await mkdir(out);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await isEmpty(out))) return;
    if (code === "EEXIST") refuseExisting(out);
    throw unwritable(error as NodeJS.ErrnoException, `run folder ${out}`, "a place that can be written to");
  }
}

function refuseExisting(out: string): never {
  throw new InputError(
    `run folder ${out}: expected a folder that is not there yet or empty (--resume continues one), got an existing one`,
  );
}

function hashes(source: Dataset["source"]): string {
  return source.map(({ file, sha256 }) => `${file} ${sha256.slice(0, 12)}`).join(", ");
}
