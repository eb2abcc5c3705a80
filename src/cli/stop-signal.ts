/**
 * Which signal asked the process to stop (ctrl-c, SIGTERM, or the signals by which a cluster announces the end of a job), null while none has: a function for the loops
 * that can stop between two steps. A second ctrl-c or SIGTERM ends the process at once.
 */
export function stopSignal(message: string): () => NodeJS.Signals | null {
  let asked: NodeJS.Signals | null = null;
  for (const signal of ["SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2"] as const)
    process.on(signal, () => {
      if (asked && (signal === "SIGINT" || signal === "SIGTERM")) process.exit(1);
      if (!asked) console.error(message);
      asked ??= signal;
    });
  return () => asked;
}
