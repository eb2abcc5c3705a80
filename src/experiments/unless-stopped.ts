import { Interrupted } from "../training/index.ts";

/**
 * The result of `work`, or Interrupted as soon as `stop` is aborted: for what cannot be stopped itself, the reading of the data. What that was doing then goes on with nobody to
 * take it.
 */
export async function unlessStopped<T>(work: Promise<T>, stop: AbortSignal | undefined): Promise<T> {
  if (!stop) return work;
  let refuse = (): void => {};
  const stopped = new Promise<never>((_, reject) => {
    refuse = () => reject(new Interrupted(0));
    if (stop.aborted) refuse();
    else stop.addEventListener("abort", refuse);
  });
  work.catch(() => {});
  stopped.catch(() => {});
  try {
    const result = await Promise.race([stopped, work]);
    // What was asked while the program was busy is heard in a turn of its own.
    await new Promise((resolve) => setImmediate(resolve));
    if (stop.aborted) throw new Interrupted(0);
    return result;
  } finally {
    stop.removeEventListener("abort", refuse);
  }
}
