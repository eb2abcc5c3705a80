/** Told how much of a piece of work is done. */
export type WorkProgress = (done: number, total: number) => void;

/** Told the same, and which piece of the measurement it is. */
export type StageProgress = (stage: string, done: number, total: number) => void;

/** The progress of one stage. @internal */
export function stage(progress: StageProgress | undefined, name: string): WorkProgress | undefined {
  return progress && ((done, total) => progress(name, done, total));
}
