/**
 * Which signal asked the process to stop (ctrl-c, SIGTERM, or the signals by which a cluster announces the end of a job), null while none has: a function for the loops
 * that can stop between two steps, with the same as an AbortSignal for what waits. A second ctrl-c or SIGTERM ends the process at once.
 */
export function stopSignal(message: string): (() => NodeJS.Signals | null) & { signal: AbortSignal } {
  let asked: NodeJS.Signals | null = null;
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2"] as const)
    process.on(signal, () => {
      if (asked && (signal === "SIGINT" || signal === "SIGTERM")) process.exit(1);
      if (!asked) console.error(message);
      asked ??= signal;
      controller.abort();
    });
  return Object.assign(() => asked, { signal: controller.signal });
}
