import { Worker } from "node:worker_threads";
import { inputError } from "../errors.ts";

/** The variable of the environment that names the process for which this one works. */
const variable = "NCLAB_PARENT";
/** Milliseconds between two looks. */
const interval = 250;

/**
 * In a thread of its own, as the first one may compute for an hour. A process that ended and that nobody has waited for still answers to its number: that it is no longer this one's parent tells of its end. (Windows gives the number of a
 * parent that is gone, so there the first look tells.)
 */
const program = `
const { pid, interval } = require("node:worker_threads").workerData;
const parent = process.ppid === pid;
setInterval(() => {
  let there = true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    there = error.code === "EPERM";
  }
  if (!there || (parent && process.ppid !== pid)) process.kill(process.pid, "SIGKILL");
}, interval);
`;

/** Where the environment says for whom this process works, it ends with that one, in the middle of an answer too: nobody is there to read it. Throws InputError. */
export function endWithParent(given: string | undefined = process.env[variable]): void {
  if (given === undefined || given === "") return;
  const pid = Number(given);
  if (!/^\d+$/.test(given) || !(pid > 0 && pid < 2 ** 31)) throw inputError(variable, "the number of a process", given);
  const worker = new Worker(program, { eval: true, execArgv: [], workerData: { pid, interval } });
  // One that cannot start (there is no memory for a thread) is missed only where that process is killed.
  worker.on("error", () => {});
  worker.unref();
}
