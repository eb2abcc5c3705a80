import type { FromTraining, ToTraining, TrainQuestion } from "./messages.ts";

/** The page's end of the training worker: one worker a training. */
export interface Trainer {
  /** Ends the training that there is and starts another. `once`: one epoch, then it pauses. */
  start(question: TrainQuestion, once: boolean): void;
  tell(message: Exclude<ToTraining, { kind: "start" }>): void;
  stop(): void;
}

export function startTrainer(hear: (message: Exclude<FromTraining, { kind: "loaded" }>) => void): Trainer {
  let worker: Worker | null = null;
  /** What it is told when it listens; null: it does, or there is none. */
  let held: ToTraining[] | null = null;
  const stop = (): void => {
    worker?.terminate();
    worker = null;
    held = null;
  };
  return {
    stop,
    tell(message) {
      if (held) held.push(message);
      else worker?.postMessage(message satisfies ToTraining);
    },
    start(question, once) {
      stop();
      const started = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      worker = started;
      held = [{ kind: "start", question }, ...(once ? [{ kind: "step" } as const] : [])];
      started.onmessage = ({ data }: MessageEvent<FromTraining>) => {
        if (worker !== started) return;
        if (data.kind === "loaded") {
          for (const message of held ?? []) started.postMessage(message);
          held = null;
          return;
        }
        if (data.kind === "done" || data.kind === "failed") stop();
        hear(data);
      };
      started.onerror = (event) => {
        if (worker !== started) return;
        stop();
        hear({ kind: "failed", message: `the training worker failed: ${event.message || "it could not be loaded"}` });
      };
    },
  };
}
