import type { Solver } from "../solver/client.ts";
import type { Reading } from "./read.ts";
import { predicted } from "./shown.ts";
import type { Change } from "./state.ts";

/** What was dropped, on its way to being shown: it is read and predicted, and told in the order in which it was dropped. */
export interface Arrivals {
  /** `goesOn`: of what was dropped before. */
  add(reading: Promise<Reading>, goesOn?: boolean): Promise<void>;
  /** What is on its way is never told. */
  clear(): void;
}

export function arrivals(slow: Pick<Solver, "ask">, tell: (found: Change) => void): Arrivals {
  let era = new AbortController();
  let before: Promise<void> = Promise.resolve();
  return {
    add(reading, goesOn = false) {
      const { signal } = era;
      // Heard here already, for it may fail before its turn comes.
      reading.catch(() => {});
      const told = before.then(async () => {
        const read = await reading;
        if (signal.aborted) return;
        const { found, problems } = await predicted(read.items, slow, signal);
        if (!signal.aborted)
          tell({ kind: "found", shown: found, series: read.series, problems: [...read.problems, ...problems], goesOn });
      });
      // One that fails holds no other up.
      before = told.catch(() => {});
      return told;
    },
    clear() {
      era.abort();
      era = new AbortController();
      before = Promise.resolve();
    },
  };
}
