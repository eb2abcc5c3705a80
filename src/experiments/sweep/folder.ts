import { join } from "node:path";
import { InputError, inputError } from "../../errors.ts";
import {
  BusyError,
  makeFolders,
  ownerOf,
  removeTemporaries,
  textOf,
  unwritable,
  withLock,
  writeFileAtomic,
} from "../../files/index.ts";
import { isObject, toJson } from "../../json.ts";
import { csvCell } from "../../separated.ts";
import { checkFinal } from "../final-arrays.ts";
import { readMetrics } from "../metrics-lines.ts";
import { type Result, resultOf } from "../result.ts";
import { runId } from "../run-id.ts";
import { checkConfig, hasRecord, type RunConfig, readRecord, versions, withoutRecord } from "../run-record.ts";
import { fromRunText } from "../run-text.ts";

/**
 * A sweep as a folder on disk:
 *
 *   sweep.json   every point: settings, where its run is, how far, its final numbers
 *   sweep.csv    the same as a table, a line a point
 *   runs/ID      the run folder of a point, named by a hash of its settings (see run.ts)
 *
 * The run folders are the truth; sweep.json and sweep.csv are collected from them and hold nothing that depends on when or where a point was run.
 */
export interface SweepPoint {
  /** Hash of what decides the point's numbers. */
  id: string;
  /** What was given for it, as options of `nclab train`. */
  options: Record<string, string>;
  config: RunConfig;
}

export interface Sweep {
  name: string;
  /** Options whose values differ between points. */
  varied: readonly string[];
  points: readonly SweepPoint[];
}

/**
 * missing: not begun. running: a living process has it. interrupted: begun, and nobody is at it; goes on from its checkpoint. failed: ended by an error.
 * broken: its run.json, metrics.jsonl or final.npz cannot be read, or is another run's; or there are files and no run.json.
 */
export type PointStatus = "done" | "running" | "interrupted" | "failed" | "broken" | "missing";

export interface PointState {
  status: PointStatus;
  error: string | null;
  result: Result | null;
}

export const folderOf = (out: string, { id }: Pick<SweepPoint, "id">): string => join(out, "runs", id);

/** Points with their names; throws InputError where two are the same. */
export function sweepOf(name: string, varied: readonly string[], points: readonly Omit<SweepPoint, "id">[]): Sweep {
  const seen = new Map<string, Record<string, string>>();
  return {
    name,
    varied,
    points: points.map(({ options, config }) => {
      const id = runId(config);
      const same = seen.get(id);
      if (same)
        throw new InputError(
          `sweep ${name}: expected points that differ, got twice the settings ${describeOptions(same)} and ${describeOptions(options)}`,
        );
      seen.set(id, options);
      return { id, options, config };
    }),
  };
}

/** `lambda-z 0.002, seed 1`; of all options, or of those that vary. */
export function describeOptions(options: Record<string, string>, names: readonly string[] = Object.keys(options)): string {
  return names
    .filter((name) => name in options)
    .map((name) => `${name} ${options[name]}`)
    .join(", ");
}

/** Makes the folders of a sweep and writes sweep.json; throws InputError where that cannot be done, before anything is trained. */
export async function prepareFolder(out: string, sweep: Sweep): Promise<void> {
  try {
    await makeFolders(join(out, "runs"));
  } catch (error) {
    throw unwritable(error as NodeJS.ErrnoException, `sweep folder ${out}`, "a place that can be written to");
  }
  await collect(out, sweep);
}

/** How a point stands, from its run folder. */
export async function stateOf(out: string, point: SweepPoint): Promise<PointState> {
  const folder = folderOf(out, point);
  const none = { error: null, result: null };
  if (!hasRecord(folder)) {
    if (await ownerOf(folder)) return { ...none, status: "running" };
    const error = await withoutRecord(folder);
    return { ...none, status: error === null ? "missing" : "broken", error };
  }
  try {
    const record = await readRecord(folder);
    if (runId(record) !== point.id)
      return { ...none, status: "broken", error: `run.json: expected the settings with hash ${point.id}, got ${runId(record)}` };
    const last = (await readMetrics(folder)).pop();
    if (record.status === "done") {
      if (!last) return { ...none, status: "broken", error: "no metrics" };
      await checkFinal(folder, last);
      return { ...none, status: "done", result: resultOf(last) };
    }
    if (await ownerOf(folder)) return { ...none, status: "running" };
    return record.status === "failed" ? { ...none, status: "failed", error: record.error } : { ...none, status: "interrupted" };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { ...none, status: "broken", error: error.message };
  }
}

/** Writes sweep.json and sweep.csv from the run folders; the states in the order of the points. */
export async function collect(out: string, sweep: Sweep): Promise<PointState[]> {
  return alone(out, async () => {
    const states: PointState[] = [];
    for (const point of sweep.points) states.push(await stateOf(out, point));
    await removeTemporaries(out);
    await writeFileAtomic(join(out, "sweep.json"), `${toJson(sweepDocument(sweep, states), 1)}\n`);
    await writeFileAtomic(join(out, "sweep.csv"), sweepCsv(sweep, states));
    return states;
  });
}

/** RFC 4180; a line a point: what varies, the status, the numbers at full precision. */
function sweepCsv(sweep: Sweep, states: readonly PointState[]): string {
  const names = [...new Set(states.flatMap(({ result }) => Object.keys(result ?? {})))];
  const lines = [
    ["id", ...sweep.varied, "status", ...names],
    ...sweep.points.map(({ id, options }, i) => [
      id,
      ...sweep.varied.map((name) => options[name] ?? ""),
      states[i].status,
      ...names.map((name) => states[i].result?.[name] ?? ""),
    ]),
  ];
  return lines.map((line) => `${line.map(csvCell).join()}\n`).join("");
}

/** The contents of sweep.json. */
export function sweepDocument(sweep: Sweep, states: readonly PointState[]): object {
  const { nclab } = versions();
  return {
    schema: "nclab.sweep/1",
    name: sweep.name,
    varied: sweep.varied,
    versions: { nclab },
    points: sweep.points.map((point, i) => ({
      id: point.id,
      folder: `runs/${point.id}`,
      options: point.options,
      ...states[i],
      config: point.config,
    })),
  };
}

/** Reads the sweep of a folder; throws InputError where it is none, with the way out where it is damaged. */
export async function readSweep(out: string): Promise<Sweep> {
  const file = join(out, "sweep.json");
  const text = await textOf(file);
  if (text === undefined) throw new InputError(`sweep folder ${out}: expected a sweep.json in it, got none`);
  try {
    return sweepIn(text, file);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `${error.message}; \`nclab sweep\` with the sweep's YAML file writes it anew from the runs, which are kept`,
    );
  }
}

function sweepIn(text: string, file: string): Sweep {
  let document: unknown;
  try {
    document = fromRunText(text);
  } catch (error) {
    throw new InputError(`${file}: expected JSON, got ${(error as Error).message}`);
  }
  if (!isObject(document)) throw inputError(file, "an object", document);
  const { schema, name, varied, points } = document;
  if (schema !== "nclab.sweep/1") throw inputError(`${file}: schema`, "nclab.sweep/1", schema);
  if (typeof name !== "string") throw inputError(`${file}: name`, "a text", name);
  if (!Array.isArray(varied) || !varied.every((option) => typeof option === "string"))
    throw inputError(`${file}: varied`, "a list of names", varied);
  if (!Array.isArray(points)) throw inputError(`${file}: points`, "a list", points);
  const read = points.map((point, i) => pointOf(point, `${file}: points[${i}]`));
  const unknown = varied.find((option) => !read.some(({ options }) => Object.hasOwn(options, option)));
  if (unknown !== undefined) throw inputError(`${file}: varied`, "options that a point has", unknown);
  return { name, varied, points: read };
}

function pointOf(value: unknown, where: string): SweepPoint {
  if (!isObject(value)) throw inputError(where, "an object", value);
  const { id, options, config } = value;
  if (typeof id !== "string") throw inputError(`${where}.id`, "a text", id);
  if (!isObject(options) || !Object.values(options).every((text) => typeof text === "string"))
    throw inputError(`${where}.options`, "names with texts", options);
  const checked = checkConfig(config, `${where}.config`);
  const hash = runId(checked);
  if (hash !== id) throw inputError(`${where}.id`, `the hash of its settings, ${hash}`, id);
  return { id, options: options as Record<string, string>, config: checked };
}

/** Two sweeps may work in one folder: each waits while the other writes. */
async function alone<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const until = Date.now() + 60_000;
  for (;;) {
    try {
      return await withLock(folder, work);
    } catch (error) {
      if (!(error instanceof BusyError) || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
