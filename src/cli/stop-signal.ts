/**
 * Whether the process was asked to stop (ctrl-c, SIGTERM, or the signals by which a cluster announces the end of a job): a function for the loops that can stop
 * between two steps. A second ctrl-c or SIGTERM ends the process at once.
 */
export function stopSignal(message: string): () => boolean {
  let asked = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2"] as const)
    process.on(signal, () => {
      if (asked && (signal === "SIGINT" || signal === "SIGTERM")) process.exit(1);
      if (!asked) console.error(message);
      asked = true;
    });
  return () => asked;
}
