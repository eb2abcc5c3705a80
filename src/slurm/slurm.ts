import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError, inputError, WorkError } from "../errors.ts";
import { textOf, writeFileAtomic } from "../files/index.ts";
import type { SlurmSettings } from "./slurm-settings.ts";

/**
 * A job array on the cluster's own scheduler: one task an item (a point of a sweep, a part of a measurement), submitted by its own sbatch.
 *
 * What is submitted is written down first, `slurm/N.json` and `slurm/N.sh`, and never changed: the task with number i does item i of that list, whatever the sweep's file
 * says by then. A task that is told that its time ends (or is preempted) saves and is queued again; see `nclab sweep task`.
 */
export interface Submission {
  /** As Slurm calls it. */
  jobId: string;
  script: string;
  tasks: number;
}

export interface ArrayJob {
  /** Folder of the results; scripts and logs come into `slurm` in it. */
  out: string;
  name: string;
  /** One a task. */
  items: readonly string[];
  slurm: SlurmSettings;
  /** Tasks at a time; undefined: as many as the cluster gives. */
  jobs?: number;
  /** Arguments of `nclab` for a task, given the file that lists the items; in a `Raw` the shell puts in the task's number. */
  command(list: string): readonly (string | Raw)[];
}

/** Shell text that is not quoted. */
export interface Raw {
  raw: string;
}

/** The number of the task, from 0. */
export const taskNumber: Raw = { raw: '"$SLURM_ARRAY_TASK_ID"' };

export async function submitArray(job: ArrayJob): Promise<Submission> {
  if (spawnSync("sbatch", ["--version"]).error)
    throw new InputError("--on slurm: expected sbatch (of Slurm) on this machine, got none in PATH");
  const folder = join(resolve(job.out), "slurm");
  await mkdir(folder, { recursive: true });
  const list = await nextList(folder, job.items);
  const script = list.replace(/\.json$/, ".sh");
  await writeFileAtomic(script, jobScript(job, folder, list));
  const { status, stdout, stderr } = spawnSync("sbatch", ["--parsable", script], { encoding: "utf8" });
  if (status !== 0)
    throw new InputError(`sbatch ${script}: expected to be accepted by the cluster, got ${stderr.trim() || `code ${status}`}`);
  return { jobId: stdout.trim().split(";")[0], script, tasks: job.items.length };
}

/** Item i of a submission. */
export async function itemOf(list: string, i: number): Promise<string> {
  const text = await textOf(list);
  if (text === undefined) throw new InputError(`${list}: expected the list of a submission, got none`);
  let items: unknown;
  try {
    ({ items } = JSON.parse(text) as { items: unknown });
  } catch (error) {
    throw new InputError(`${list}: expected the list of a submission, got ${(error as Error).message}`);
  }
  if (!Array.isArray(items) || !items.every((item) => typeof item === "string"))
    throw inputError(`${list}: items`, "a list of texts", items);
  if (!(i < items.length)) throw inputError("INDEX", `a whole number below ${items.length}`, i);
  return items[i];
}

/** Queues this task again, if it is one of Slurm's; false: it is none. */
export function requeueTask(environment: NodeJS.ProcessEnv = process.env): boolean {
  const { SLURM_ARRAY_JOB_ID: array, SLURM_ARRAY_TASK_ID: task, SLURM_JOB_ID: job } = environment;
  const id = array && task ? `${array}_${task}` : job;
  if (!id) return false;
  const { status, stderr } = spawnSync("scontrol", ["requeue", id], { encoding: "utf8" });
  if (status !== 0)
    throw new WorkError(
      `scontrol requeue ${id}: ${stderr?.trim() || `code ${status}`}; run the sweep again to finish this point`,
    );
  return true;
}

/** Writes the items under the next free number: two submissions at once get two. */
async function nextList(folder: string, items: readonly string[]): Promise<string> {
  for (let n = 1; ; n++) {
    const file = join(folder, `${n}.json`);
    try {
      await writeFile(file, `${JSON.stringify({ items }, null, 1)}\n`, { flag: "wx" });
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** The script of the array. Its last line becomes the program itself (exec), so that Slurm's signals reach it. */
function jobScript({ name, items, slurm, jobs, command }: ArrayJob, folder: string, list: string): string {
  const {
    partition,
    time,
    gpus,
    account,
    qos,
    cpus,
    memory,
    signal = "120",
    modules = [],
    environment = {},
    options = [],
  } = slurm;
  const directives = {
    "job-name": `nclab-${name}`,
    array: `0-${items.length - 1}${jobs === undefined ? "" : `%${jobs}`}`,
    // Slurm's own quotes; a % of the path's is doubled.
    output: `"${folder.replaceAll("%", "%%").replace(/["\\]/g, "\\$&")}/%A_%a.log"`,
    partition,
    time,
    gpus,
    account,
    qos,
    "cpus-per-task": cpus,
    mem: memory,
    // Not USR1: Node answers that with its debugger until the program listens itself.
    signal: `B:USR2@${signal}`,
    "open-mode": "append",
  };
  const program = fileURLToPath(new URL("../cli/main.js", import.meta.url));
  return [
    "#!/bin/bash",
    ...Object.entries(directives).flatMap(([key, value]) => (value === undefined ? [] : [`#SBATCH --${key}=${value}`])),
    "#SBATCH --requeue",
    ...options.map((option) => `#SBATCH ${option}`),
    "# Until the program listens, a signal must not end the task.",
    "trap '' USR1 USR2",
    ...modules.map((module) => `module load ${module}`),
    ...Object.entries(environment).map(([key, value]) => `export ${key}=${quoted(value)}`),
    `exec ${[process.execPath, program, ...command(list)].map((word) => (typeof word === "string" ? quoted(word) : word.raw)).join(" ")}`,
    "",
  ].join("\n");
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
