import { availableParallelism } from "node:os";
import { startEngine } from "../engine/index.ts";
import { InputError, inputError } from "../errors.ts";
import { describeOptions, folderOf, readSweep, startOrResumeRun } from "../experiments/index.ts";
import { BusyError } from "../files/index.ts";
import { itemOf, requeueTask } from "../slurm/index.ts";
import { Interrupted } from "../training/index.ts";
import { progressLine } from "./progress.ts";
import { stopSignal } from "./stop-signal.ts";

/**
 * `nclab sweep task DIR LIST INDEX`, which the job scripts call: trains one point of a submission. Told that the time ends (USR1 or USR2), it saves after the epoch and
 * queues itself again; the next start goes on from there.
 */
export async function runTask([out, list, index, ...rest]: readonly string[]): Promise<number> {
  if (index === undefined || rest.length > 0 || !/^\d+$/.test(index))
    throw new InputError("nclab sweep task: expected DIR LIST INDEX");
  // Signals count from here on; before it the job script ignores them.
  const asked = stopSignal(`nclab sweep task ${index}: saving after this epoch`);
  const [swept, id] = await Promise.all([readSweep(out), itemOf(list, Number(index))]);
  const point = swept.points.find((p) => p.id === id);
  if (!point) throw inputError(`${list}: item ${index}`, `a point of ${out}/sweep.json`, id);
  console.error(`${id} (${describeOptions(point.options, swept.varied)})`);
  const { settings } = point.config;
  const line = progressLine();
  try {
    await startEngine(settings.device, { threads: cpus() });
    await startOrResumeRun(folderOf(out, point), point.config, {
      stop: () => asked() !== null,
      stopReading: asked.signal,
      onWarning: (message) => line.note(message),
      onProgress: ({ step, steps, epoch }) => line.update(step, steps, `epoch ${epoch}`),
    });
    return 0;
  } catch (error) {
    if (error instanceof BusyError) {
      console.error(`${error.message}; left to it`);
      return 0;
    }
    if (!(error instanceof Interrupted)) throw error;
    console.error(error.message);
    // SIGTERM is a cancelled task, which must stay away, or a preempted one, which Slurm queues again itself.
    if (asked() !== "SIGTERM" && requeueTask()) return 0;
    console.error("saved: run the sweep again to go on");
    return 1;
  } finally {
    line.end();
  }
}

/** Those that Slurm gave, where it says so. */
function cpus(): number {
  const given = Number(process.env.SLURM_CPUS_PER_TASK);
  return Number.isSafeInteger(given) && given > 0 ? given : availableParallelism();
}
