import type { TrainingProgress } from "../training/index.ts";
import { type ProgressOptions, progressLine } from "./progress.ts";

/**
 * One progress line for several trainings that run `workers` at a time: the share of all steps done, the networks that are ready, and the
 * time left, counted from the moment every worker has left its first steps behind (compiling would make the first estimates too long).
 */
export function trainingsProgress(
  workers: number,
  options: ProgressOptions & {
    /** Of all networks together, where they differ in length; default: as many as the one that reports, for each. */
    totalSteps?: number;
  } = {},
): (job: number, jobs: number, progress: Pick<TrainingProgress, "step" | "steps">) => void {
  const done = new Map<number, { step: number; steps: number }>();
  let line: ReturnType<typeof progressLine> | undefined;
  return (job, jobs, { step, steps }) => {
    done.set(job, { step, steps });
    const all = [...done.values()];
    const total = options.totalSteps ?? jobs * steps;
    const finished = all.reduce((sum, one) => sum + one.step, 0);
    if (!line && finished < total) {
      const compiled = all.filter((one) => one.step >= Math.min(one.steps, 40)).length;
      if (compiled < Math.min(workers, jobs)) return;
      line = progressLine({ ...options, from: finished });
      // The line's clock starts here; there is nothing to estimate from before the next step.
      return;
    }
    line ??= progressLine(options);
    const ready = all.filter((one) => one.step === one.steps).length;
    line.update(finished, total, `${ready} of ${jobs} networks ready`);
    if (finished === total) line.end();
  };
}
