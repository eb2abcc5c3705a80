import type { Jobs, Kind, Request, Response, Told } from "./messages.ts";

/** The page's end of a solver worker. */
export interface Solver {
  /** `told`: of a question that takes long, how far it is. */
  ask<K extends Kind>(kind: K, question: Jobs[K]["question"], told?: (told: Told) => void): Promise<Jobs[K]["answer"]>;
}

/** What a question ends with that is no longer asked. */
export class Stopped extends Error {}

/** Starts a worker. The page has one for the answer at the present point and one for pictures that take longer. */
export function startSolver(): Solver & { stop(): void } {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  interface Waiting {
    resolve(answer: never): void;
    reject(error: Error): void;
    told?(told: Told): void;
  }
  const waiting = new Map<number, Waiting>();
  let next = 0;
  worker.onmessage = ({ data }: MessageEvent<Response>) => {
    const asked = waiting.get(data.id);
    if ("told" in data) return asked?.told?.(data.told);
    waiting.delete(data.id);
    if (data.ok) asked?.resolve(data.answer as never);
    else asked?.reject(new Error(data.error.input ? data.error.message : `nclab failed: ${data.error.message}`));
  };
  worker.onerror = (event) => {
    const error = new Error(`the solver's worker failed: ${event.message || "it could not be loaded"}`);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  return {
    stop() {
      worker.terminate();
      for (const { reject } of waiting.values()) reject(new Stopped());
      waiting.clear();
    },
    ask: (kind, question, told) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject, told });
        worker.postMessage({ id, kind, question } satisfies Request);
      }),
  };
}

/**
 * One question at a time: while it is being answered, later ones replace each other. So a slider that moves faster than the solver never
 * builds a queue, every answer is shown, and the last is that of the last position.
 */
export function newestOnly<Q, A>(
  ask: (question: Q) => Promise<A>,
  show: (answer: A, question: Q) => void,
  fail: (error: Error, question: Q) => void,
): (question: Q) => void {
  let running = false;
  let pending: { question: Q } | null = null;
  const start = async (question: Q): Promise<void> => {
    running = true;
    try {
      const answer = await ask(question);
      show(answer, question);
    } catch (error) {
      fail(error as Error, question);
    }
    running = false;
    const next = pending as { question: Q } | null;
    pending = null;
    if (next) void start(next.question);
  };
  return (question) => {
    if (running) pending = { question };
    else void start(question);
  };
}
