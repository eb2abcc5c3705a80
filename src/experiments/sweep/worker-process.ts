import { startEngine } from "../../engine/index.ts";
import { BusyError } from "../../files/index.ts";
import { Interrupted } from "../../training/index.ts";
import { startOrResumeRun } from "../run.ts";
import { checkConfig } from "../run-record.ts";
import { fromRunText } from "../run-text.ts";

/**
 * A process of the pool (pool.ts): trains the points that it is given, one after the other. It is a process and not a thread so that nothing that befalls it touches
 * the others. Without its parent it has nothing to do: it ends at once where the parent is gone, and the run goes on from its checkpoint another time.
 */
/** `config`: a RunConfig as text (`toJson`), the form in which it stands in run.json too: a process's own channel would turn an infinity into null. */
export type ToWorker = { train: { folder: string; config: string; threads: number } } | { stop: true };

export type FromWorker =
  | { kind: "progress"; step: number; steps: number }
  | { kind: "warning"; message: string }
  | { kind: "done" }
  | { kind: "interrupted" }
  | { kind: "busy"; message: string }
  | { kind: "failed"; message: string };

const stop = new AbortController();
const post = (message: FromWorker): void => void process.send?.(message);

process.on("disconnect", () => process.exit(1));
// Ctrl-c reaches the whole group; what is done about it the parent says.
process.on("SIGINT", () => {});
process.on("message", (message: ToWorker) => {
  if ("stop" in message) stop.abort();
  else void train(message.train);
});

async function train({ folder, config: text, threads }: { folder: string; config: string; threads: number }): Promise<void> {
  let told = 0;
  try {
    const config = checkConfig(fromRunText(text), "settings from the sweep");
    await startEngine(config.settings.device, { threads });
    await startOrResumeRun(folder, config, {
      onProgress({ step, steps }) {
        const now = Date.now();
        if (now - told < 200 && step < steps) return;
        told = now;
        post({ kind: "progress", step, steps });
      },
      onWarning: (message) => post({ kind: "warning", message }),
      stop: () => stop.signal.aborted,
      stopReading: stop.signal,
    });
    post({ kind: "done" });
  } catch (error) {
    if (error instanceof Interrupted) post({ kind: "interrupted" });
    else if (error instanceof BusyError) post({ kind: "busy", message: error.message });
    else post({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
}
