import { type ChildProcess, fork } from "node:child_process";
import { toJson } from "../../json.ts";
import { folderOf, type SweepPoint } from "./folder.ts";
import type { FromWorker, ToWorker } from "./worker-process.ts";

/** How a point ended in this call. */
export type PointEnd =
  | { kind: "done" }
  /** Asked to stop, after a checkpoint; or never begun. */
  | { kind: "interrupted" }
  | { kind: "failed"; message: string };

export interface PoolOptions {
  /** Processes at a time. */
  jobs: number;
  /** Threads of each. */
  threads: number;
  /** Between two looks at a point that another sweep has. */
  pause?: number;
  onProgress?: (point: SweepPoint, step: number, steps: number) => void;
  onWarning?: (point: SweepPoint, message: string) => void;
  onEnd?: (point: SweepPoint, end: PointEnd) => void;
}

export interface Pool {
  /** How each point ended. */
  ends: Promise<PointEnd[]>;
  /** Every process saves and ends after its epoch; nothing new is begun. */
  stop(): void;
  /** At once. */
  kill(): void;
}

/**
 * Trains points in processes of their own. A process that dies takes its point down only: the point has failed (what it saved is kept), and another process takes its
 * place. A point that another sweep is at is left to it and looked at again, in case that one dies.
 */
export function runPool(out: string, points: readonly SweepPoint[], options: PoolOptions): Pool {
  const ends = new Array<PointEnd>(points.length);
  const waiting = points.map((_, i) => ({ i, from: 0 }));
  const workers = new Set<ChildProcess>();
  let stopping = false;
  let killed = false;

  const end = (i: number, how: PointEnd): void => {
    ends[i] = how;
    options.onEnd?.(points[i], how);
  };
  const idle = (worker: ChildProcess | null): worker is ChildProcess =>
    worker?.connected === true && worker.exitCode === null && worker.signalCode === null;

  async function work(): Promise<void> {
    let worker: ChildProcess | null = null;
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { i, from } = next;
      if (stopping) {
        end(i, { kind: "interrupted" });
        continue;
      }
      const wait = from - Date.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      if (!idle(worker)) {
        worker = start();
        workers.add(worker);
      }
      const how = await runOne(worker, points[i], folderOf(out, points[i]), options);
      if (how.kind !== "busy") end(i, how);
      else if (stopping) end(i, { kind: "interrupted" });
      else waiting.push({ i, from: Date.now() + (options.pause ?? 500) });
      if (killed) break;
    }
    if (worker) {
      workers.delete(worker);
      // A process that died has no channel left to close.
      if (worker.connected) worker.disconnect();
      worker.kill();
    }
  }

  const all = Promise.all(Array.from({ length: Math.min(options.jobs, points.length) }, work)).then(() => {
    for (const i of points.keys()) ends[i] ??= { kind: "interrupted" };
    return ends;
  });
  return {
    ends: all,
    stop() {
      stopping = true;
      for (const worker of workers) if (worker.connected) worker.send({ stop: true } satisfies ToWorker);
    },
    kill() {
      stopping = killed = true;
      for (const worker of workers) worker.kill("SIGKILL");
    },
  };
}

function start(): ChildProcess {
  const entry = `./worker-process${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
  const worker = fork(new URL(entry, import.meta.url), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  // The process that the message was for has ended: its exit says so, and is waited for where it matters.
  worker.on("error", () => {});
  return worker;
}

type OneEnd = PointEnd | { kind: "busy" };

/** Sends the point to the process and waits for its end, or the process's. */
function runOne(worker: ChildProcess, point: SweepPoint, folder: string, options: PoolOptions): Promise<OneEnd> {
  return new Promise((resolve) => {
    const finish = (how: OneEnd): void => {
      worker.off("message", listen);
      worker.off("exit", died);
      worker.off("error", broken);
      resolve(how);
    };
    const listen = (message: FromWorker): void => {
      if (message.kind === "progress") options.onProgress?.(point, message.step, message.steps);
      else if (message.kind === "warning") options.onWarning?.(point, message.message);
      else if (message.kind === "busy") finish({ kind: "busy" });
      else finish(message);
    };
    const died = (code: number | null, signal: string | null): void =>
      finish({ kind: "failed", message: `its process was ended by ${signal ?? `code ${code}`}` });
    const broken = (error: Error): void =>
      finish({ kind: "failed", message: `its process could not be started: ${error.message}` });
    worker.on("message", listen);
    worker.on("exit", died);
    worker.on("error", broken);
    const job = { folder, config: toJson(point.config), threads: options.threads };
    worker.send({ train: job } satisfies ToWorker, (error) => {
      if (error && worker.exitCode === null && worker.signalCode === null) worker.kill("SIGKILL");
    });
  });
}
