import type { FromMeasuring, ToMeasuring } from "./messages.ts";

/** The page's end of the worker that measures: one question at a time, a worker a question. */
export interface Measuring {
  /** Ends what is running, and asks. */
  ask(question: ToMeasuring): void;
  stop(): void;
}

export function startMeasuring(hear: (message: Exclude<FromMeasuring, { kind: "loaded" }>) => void): Measuring {
  let worker: Worker | null = null;
  const stop = (): void => {
    worker?.terminate();
    worker = null;
  };
  return {
    stop,
    ask(question) {
      stop();
      const asked = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      worker = asked;
      asked.onmessage = ({ data }: MessageEvent<FromMeasuring>) => {
        if (worker !== asked) return;
        if (data.kind === "loaded") {
          asked.postMessage(question);
          return;
        }
        if (data.kind !== "progress") stop();
        hear(data);
      };
      asked.onerror = (event) => {
        if (worker !== asked) return;
        stop();
        hear({ kind: "failed", message: `the worker that measures failed: ${event.message || "it could not be loaded"}` });
      };
    },
  };
}
