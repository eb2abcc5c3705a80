import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError, inputError } from "../../errors.ts";
import { removeTemporaries, writeFileAtomic } from "../../features/index.ts";
import { checkSettings } from "../../training/index.ts";
import { BusyError, ownerOf, withLock } from "../lock.ts";
import { makeFolders } from "../make-folders.ts";
import { csvCell, type Result, resultOf } from "../result.ts";
import { absent, type RunConfig, readMetrics, readRecord, toText, versions } from "../run-record.ts";

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
 * broken: its run.json cannot be read.
 */
export type PointStatus = "done" | "running" | "interrupted" | "failed" | "broken" | "missing";

export interface PointState {
  status: PointStatus;
  error: string | null;
  result: Result | null;
}

export const folderOf = (out: string, { id }: Pick<SweepPoint, "id">): string => join(out, "runs", id);

/** Of what decides a run's files: settings, data set and evaluated epochs; not where the data lie, nor how often a checkpoint is written. */
export function pointId({ settings, dataset, evaluateEvery }: RunConfig): string {
  return createHash("sha256").update(toText({ settings, dataset, evaluateEvery })).digest("hex").slice(0, 16);
}

/** Points with their names; throws InputError where two are the same. */
export function sweepOf(name: string, varied: readonly string[], points: readonly Omit<SweepPoint, "id">[]): Sweep {
  const seen = new Map<string, Record<string, string>>();
  return {
    name,
    varied,
    points: points.map(({ options, config }) => {
      const id = pointId(config);
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
    throw new InputError(
      `sweep folder ${out}: expected a place that can be written to, got ${(error as NodeJS.ErrnoException).code}`,
    );
  }
  await collect(out, sweep);
}

/** How a point stands, from its run folder. */
export async function stateOf(out: string, point: SweepPoint): Promise<PointState> {
  const folder = folderOf(out, point);
  const none = { error: null, result: null };
  if (!existsSync(join(folder, "run.json"))) return { ...none, status: (await ownerOf(folder)) ? "running" : "missing" };
  try {
    const record = await readRecord(folder);
    const last = (await readMetrics(folder)).pop();
    if (record.status === "done")
      return last ? { ...none, status: "done", result: resultOf(last) } : { ...none, status: "broken", error: "no metrics" };
    if (await ownerOf(folder)) return { ...none, status: "running" };
    return record.status === "failed" ? { ...none, status: "failed", error: record.error } : { ...none, status: "interrupted" };
  } catch (error) {
    if (!(error instanceof InputError) && !(error instanceof SyntaxError)) throw error;
    return { ...none, status: "broken", error: error.message };
  }
}

/** Writes sweep.json and sweep.csv from the run folders; the states in the order of the points. */
export async function collect(out: string, sweep: Sweep): Promise<PointState[]> {
  return alone(out, async () => {
    const states: PointState[] = [];
    for (const point of sweep.points) states.push(await stateOf(out, point));
    await removeTemporaries(out);
    await writeFileAtomic(join(out, "sweep.json"), `${toText(sweepDocument(sweep, states), 1)}\n`);
    await writeFileAtomic(join(out, "sweep.csv"), sweepCsv(sweep, states));
    return states;
  });
}

/** RFC 4180; a line a point: what varies, the status, the numbers at full precision. */
export function sweepCsv(sweep: Sweep, states: readonly PointState[]): string {
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

/** Reads the sweep of a folder; throws InputError where it is none. */
export async function readSweep(out: string): Promise<Sweep> {
  const file = join(out, "sweep.json");
  const text = await readFile(file, "utf8").catch(absent);
  if (text === undefined) throw new InputError(`sweep folder ${out}: expected a sweep.json in it, got none`);
  try {
    const document = JSON.parse(text, (key, x) => (key === "lambdaB" && x === "inf" ? Number.POSITIVE_INFINITY : x));
    if (document?.schema !== "nclab.sweep/1") throw inputError("schema", "nclab.sweep/1", document?.schema);
    const points = (document.points as SweepPoint[]).map(({ id, options, config }, i) => {
      checkSettings(config.settings);
      if (pointId(config) !== id) throw inputError(`points[${i}].id`, `the hash of its settings, ${pointId(config)}`, id);
      return { id, options, config };
    });
    return { name: document.name, varied: document.varied, points };
  } catch (error) {
    throw new InputError(`${file}: ${(error as Error).message}`);
  }
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
