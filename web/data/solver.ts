import { type Solver, startSolver } from "../solver/client.ts";

/**
 * A solver for problems of any size: a question that comes while another is worked on ends that work, so that nobody waits for the answer to a
 * problem of a minute that is no longer asked.
 */
export function interruptible(): Solver & { stop(): void } {
  let solver = startSolver();
  let open = 0;
  const stop = (): void => {
    if (open === 0) return;
    solver.stop();
    solver = startSolver();
    open = 0;
  };
  return {
    stop,
    async ask(kind, question, told) {
      const asked = solver;
      open++;
      try {
        return await asked.ask(kind, question, told);
      } finally {
        if (asked === solver) open--;
      }
    },
  };
}
