import { availableParallelism } from "node:os";
import { basename, extname, resolve } from "node:path";
import { findDataset } from "../data/index.ts";
import { InputError, inputError } from "../errors.ts";
import {
  collect,
  describeOptions,
  folderOf,
  type PointState,
  parseSweep,
  prepareFolder,
  readSweep,
  runPool,
  type Sweep,
  stateOf,
  sweepDocument,
  sweepOf,
  trainingData,
  workersFor,
} from "../experiments/index.ts";
import { format } from "../number-text.ts";
import { type SlurmSettings, submitArray, taskNumber } from "../slurm/index.ts";
import { table } from "../terminal/index.ts";
import { clusterOptions, readCluster } from "./cluster-options.ts";
import { type Command, type CommandInput, type Values, valuesOf } from "./command.ts";
import { toJson } from "./json.ts";
import { readText } from "./problem-options.ts";
import { readRunConfig, runOptions } from "./run-config.ts";
import { runTask } from "./sweep-task.ts";
import { trainingsProgress } from "./trainings-progress.ts";

/** `nclab sweep`: many trainings, each once. */
export const sweep: Command = {
  name: "sweep",
  summary:
    "Runs every point of a described set of trainings once, here or on a Slurm cluster; a second call does only what is missing or broken. `status DIR` tells how far it is, `collect DIR` writes the table anew.",
  positionals: "FILE.yaml | status DIR | collect DIR",
  options: {
    out: { type: "string", value: "DIR", help: "folder of the sweep (default: the file's name without its ending)" },
    on: { type: "string", value: "local|slurm", help: "where (default local)" },
    jobs: {
      type: "string",
      value: "N",
      help: "points at a time (default: one a core, on a graphics processor one; on Slurm: as the cluster likes)",
    },
    ...clusterOptions,
    "dry-run": { type: "boolean", help: "check everything, list the points, run nothing" },
    json: { type: "boolean", help: "print the sweep as one JSON document (the contents of sweep.json)" },
  },
  example: "nclab sweep thresholds.yaml --jobs 2",
  run,
};

async function run({ options, positionals }: CommandInput): Promise<number> {
  const [what, folder, ...rest] = positionals;
  if (what === "task") return runTask(positionals.slice(1));
  if (what === "status" || what === "collect") {
    if (folder === undefined || rest.length > 0)
      throw new InputError(`nclab sweep ${what}: expected one sweep folder, got ${positionals.length - 1}`);
    const known = await readSweep(folder);
    const states = what === "collect" ? await collect(folder, known) : await statesOf(folder, known);
    return finish(folder, known, states, options);
  }
  if (positionals.length !== 1)
    throw new InputError(`nclab sweep: expected one FILE.yaml, got ${positionals.length === 0 ? "none" : positionals.join(" ")}`);
  return runFile(what, options);
}

async function runFile(file: string, options: Values): Promise<number> {
  const on = options.text("on") ?? "local";
  if (on !== "local" && on !== "slurm") throw inputError("--on", "local or slurm", on);
  const jobs = options.integer("jobs", 1);
  const { name, varied, points, slurm } = parseSweep(
    readText("sweep", file),
    file,
    basename(file, extname(file)),
    Object.keys(runOptions),
  );
  const cluster = { ...slurm, ...readCluster(options) };
  if (on === "local" && Object.keys(readCluster(options)).length > 0)
    throw new InputError(`--${Object.keys(readCluster(options))[0]}: expected with --on slurm only, got --on local`);
  const configs = [];
  for (const [i, given] of points.entries()) {
    try {
      configs.push({
        options: given,
        config: await readRunConfig(valuesOf({ ...given, ...flagsIn(given) })),
      });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(
        `${file}: point ${i + 1} of ${points.length} (${describeOptions(given, varied) || "the only one"}): ${error.message}`,
      );
    }
  }
  const described = sweepOf(name, varied, configs);
  await checkData(described, file);
  if (options.flag("dry-run")) {
    console.log(described.points.map(({ id, options: given }) => `${id}  ${describeOptions(given, varied)}`).join("\n"));
    return 0;
  }
  const out = options.text("out") ?? file.slice(0, file.length - extname(file).length);
  if (out === file) throw new InputError(`--out: expected a folder's name, as ${file} has no ending to be left off, got none`);
  await prepareFolder(out, described);
  return on === "slurm"
    ? submit(out, described, cluster, jobs, options)
    : runHere(out, described, jobs ?? atATime(described), options);
}

/** One, where a point wants the graphics processor. */
const atATime = ({ points }: Sweep): number =>
  workersFor(points.some(({ config }) => config.settings.device === "webgpu") ? "webgpu" : "wasm");

async function runHere(out: string, described: Sweep, jobs: number, options: Values): Promise<number> {
  const { varied } = described;
  const missing = [];
  for (const point of described.points) if ((await stateOf(out, point)).status !== "done") missing.push(point);
  console.error(
    `sweep ${described.name}: ${described.points.length} points, ${described.points.length - missing.length} done already`,
  );
  const progress = trainingsProgress(Math.min(jobs, missing.length), { totalSteps: missing.length * 1000 });
  const number = new Map(missing.map(({ id }, i) => [id, i]));
  const name = (id: string, given: Record<string, string>): string => `${id} (${describeOptions(given, varied)})`;
  const pool = runPool(out, missing, {
    jobs,
    threads: Math.max(1, Math.floor(availableParallelism() / jobs)),
    // Points of different length count alike.
    onProgress: ({ id }, step, steps) =>
      progress(number.get(id) as number, missing.length, { step: Math.min(999, Math.floor((1000 * step) / steps)), steps: 1000 }),
    onWarning: ({ id, options: given }, message) => console.error(`${name(id, given)}: ${message}`),
    onEnd({ id, options: given }, end) {
      if (end.kind === "failed") console.error(`${name(id, given)} failed: ${end.message}`);
      if (end.kind !== "interrupted") progress(number.get(id) as number, missing.length, { step: 1000, steps: 1000 });
    },
  });
  let asked = 0;
  const onSignal = (): void => {
    asked++;
    if (asked > 1) pool.kill();
    else {
      console.error("nclab sweep: every point saves after its epoch and stops; once more stops at once");
      pool.stop();
    }
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, onSignal);
  await pool.ends;
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, onSignal);
  return finish(out, described, await collect(out, described), options);
}

async function submit(
  out: string,
  described: Sweep,
  slurm: SlurmSettings,
  jobs: number | undefined,
  options: Values,
): Promise<number> {
  const states = await statesOf(out, described);
  // A point that a living process has is left to it.
  const missing = described.points.filter((_, i) => states[i].status !== "done" && states[i].status !== "running");
  if (missing.length === 0) return finish(out, described, states, options);
  const { jobId, script, tasks } = await submitArray({
    out,
    name: described.name,
    items: missing.map(({ id }) => id),
    command: (list) => ["sweep", "task", resolve(out), list, taskNumber],
    slurm,
    jobs,
  });
  if (options.flag("json")) console.log(toJson({ schema: "nclab.submission/1", jobId, tasks, script }));
  else
    console.log(
      `submitted ${tasks} of ${described.points.length} points as job ${jobId} (${script})\n\`nclab sweep status ${out}\` tells how far they are`,
    );
  return 0;
}

async function statesOf(out: string, described: Sweep): Promise<PointState[]> {
  const states = [];
  for (const point of described.points) states.push(await stateOf(out, point));
  return states;
}

/** The result for people or programs; 1 where a point failed or is missing. */
function finish(out: string, described: Sweep, states: PointState[], options: Values): number {
  if (options.flag("json")) console.log(toJson(sweepDocument(described, states)));
  else console.log(describe(out, described, states));
  return states.every(({ status }) => status === "done") ? 0 : 1;
}

function describe(out: string, { points, varied, name }: Sweep, states: readonly PointState[]): string {
  const shown = ["epoch", "ZerrorFrobenius", "nc1Paper", "mergedPredicted", "mergedMeasured", "testAccuracy"];
  const short = (x: number | string | null | undefined): string =>
    typeof x === "number" ? format(x) : (x ?? "–") === "" ? "none" : (x ?? "–");
  const counts = new Map<string, number>();
  for (const { status } of states) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [
    table(
      ["id", ...varied, "status", "epoch", "error of Z", "NC1", "merged, predicted", "merged, measured", "test accuracy"],
      points.map((point, i) => [
        point.id,
        ...varied.map((option) => point.options[option] ?? "–"),
        states[i].status,
        ...shown.map((key) => short(states[i].result?.[key])),
      ]),
    ),
    ...points.flatMap((point, i) =>
      states[i].error === null ? [] : [`${folderOf(out, point)}: ${states[i].status}: ${states[i].error}`],
    ),
    `sweep ${name}: ${[...counts].map(([status, count]) => `${count} ${status}`).join(", ")}; ${out}/sweep.json, ${out}/sweep.csv`,
  ].join("\n");
}

/** Options of train that take no value stand in a point as "true" or "false". */
function flagsIn(given: Record<string, string>): Record<string, boolean> {
  const names = Object.keys(runOptions).filter((name) => runOptions[name].type === "boolean" && given[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, given[name] === "true"]));
}

/** The data of every point are there and have as many images as it asks for. */
async function checkData({ points }: Sweep, file: string): Promise<void> {
  const checked = new Set<string>();
  for (const { options, config } of points) {
    const { dataset, dataDir, settings, classes } = config;
    const key = JSON.stringify([dataset, dataDir, settings.counts, classes]);
    if (checked.has(key)) continue;
    checked.add(key);
    try {
      if (dataset !== "glyphs" && !findDataset(dataset, dataDir ?? undefined))
        throw new InputError(
          `dataset ${dataset}: not found; name its folder with data-dir or NCLAB_DATA, or run \`nclab data fetch ${dataset}\``,
        );
      await trainingData(config);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(`${file}: (${describeOptions(options)}): ${error.message}`);
    }
  }
}
