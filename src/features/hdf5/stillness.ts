/** So often it is looked at whether somebody is still. */
const looks = 10;

/** Milliseconds of all processors that this process has used. */
function ownWork(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Calls `then` once when `beats` has not been counted up for `patience` milliseconds, of the clock and of work: on a loaded machine a thread may get a tenth of a processor, and a disk may be asleep,
 * which is no circle. How much work the thread itself has done cannot be asked in Node 20; that of the process is no less. Gives what ends the watch.
 *
 * The clock is counted in looks, as an answer may lie ready while this thread is busy: between two looks it would have been taken.
 */
export function whenStill(beats: Int32Array, patience: number, then: () => void, work: () => number = ownWork): () => void {
  let seen = Atomics.load(beats, 0);
  let [still, begun] = [0, work()];
  const watch = setInterval(() => {
    const [now, done] = [Atomics.load(beats, 0), work()];
    if (now !== seen) [seen, still, begun] = [now, 0, done];
    else if (++still >= looks && done - begun >= patience) {
      clearInterval(watch);
      then();
    }
  }, patience / looks);
  return () => clearInterval(watch);
}
