import { Worker } from "node:worker_threads";
import { InputError } from "../../errors.ts";
import { program } from "./program.ts";
import { whenStill } from "./stillness.ts";

/**
 * The HDF5 library, in a thread of its own for each file (program.ts). A damaged file can make it fail in a way after which its memory means nothing, or go in a circle without end:
 * the thread is ended then, which no other file notices.
 */
export interface Hdf5File {
  /** The objects in a group by name ("": the root), each with what it is. Throws InputError where that cannot be read. */
  children(group: string): Promise<Hdf5Object[]>;
  /** Where the root is: no two objects have the same address. */
  root(): Promise<string>;
  /**
   * A part of a dataset, or all of it (null), `bytes` long: packed, the least byte first. `what` is the dataset, in errors; `chunk`: how many bytes of it are packed as one, which take their time.
   */
  read(what: string, path: string, part: Part | null, bytes: number, chunk?: number): Promise<Uint8Array>;
  /** Words of any length, `n` of them; null for one that is no UTF-8. */
  words(what: string, path: string, part: Part | null, n: number, chunk?: number): Promise<(string | null)[]>;
  /** Whether the thread was ended, so that nothing more can be read. */
  isLost(): boolean;
  /** Ends the thread: from then on it does not read the descriptor. */
  close(): Promise<unknown>;
}

/** A part of a dataset: how many along each axis, and from where. */
export interface Part {
  count: number[];
  offset: number[];
}

/** An object of a group. */
export interface Hdf5Object {
  name: string;
  /** H5G_obj_t; -1 where it cannot be read. */
  type: number;
  /** Why it cannot. */
  said?: string;
  address?: string;
  /** Of a dataset. */
  of?: Hdf5Type & { shape: number[] | null; chunks: number[] | null; virtual_sources?: unknown[] };
  /** What Keras says of numbers that HDF5 has no type for. */
  dtype?: string;
}

/** The type of a dataset's elements. */
export interface Hdf5Type {
  /** H5T_class_t. */
  type: number;
  size: number;
  signed?: boolean;
  vlen?: boolean;
  enum_type?: { type: number; members: Record<string, number> };
}

type Answer = { answer: unknown } | { error: string; said: string; lost: boolean };

/** How long a question may take before the file counts as one on which the library goes in a circle. */
export interface Hdf5Limits {
  /** Milliseconds of work without reading the file; of a chunk so long, and as much longer as it may take to unpack. */
  patience: number;
  /** Bytes that are read for one question. */
  budget: number;
}

/** The slowest that a chunk is unpacked and put in order, in bytes a millisecond: a tenth of what is usual. */
const unpackedAtLeast = 2 ** 14;

/** Opens the part of a file from `start`, `length` bytes, whose descriptor is open; whether it is HDF5 shows when something is asked. `what` is its name in errors. */
export function openHdf5(
  what: string,
  { fd, start, length }: { fd: number; start: number; length: number },
  { patience = 20_000, budget = 64 * length + 2 ** 30 }: Partial<Hdf5Limits> = {},
): Hdf5File {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const library = import.meta.resolve("h5wasm");
  // Without this process's own options: `node --input-type=module -e ...` would make the program a module.
  const worker = new Worker(program, { eval: true, execArgv: [], workerData: { library, fd, start, length, budget, beats } });
  // An open file is no reason for the process to stay.
  worker.unref();
  let lost: InputError | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const give = (error: InputError): InputError => {
    lost = error;
    void worker.terminate();
    return error;
  };
  // Between questions, too: the next one would wait for an answer that nobody gives.
  const ended = (message: string): void => {
    lost ??= failure(what, "", message);
  };
  worker.on("error", ({ message }) => ended(message)).on("exit", () => ended(endOfThread));
  const question = async <T>(place: string, chunk: number, name: string, args: unknown[]): Promise<T> => {
    if (lost) throw lost;
    worker.ref();
    try {
      const answer = await answered(worker, { question: name, args }, beats, patience + chunk / unpackedAtLeast);
      if ("answer" in answer) return answer.answer as T;
      const error = failure(place, answer.said, answer.error);
      throw answer.lost ? give(error) : error;
    } catch (error) {
      throw error instanceof InputError ? error : give(failure(place, "", (error as Error).message));
    } finally {
      worker.unref();
    }
  };
  /** One after the other. */
  const ask = <T>(place: string, chunk: number, name: string, ...args: unknown[]): Promise<T> => {
    const next = turn.then(() => question<T>(place, chunk, name, args));
    turn = next.catch(() => {});
    return next;
  };
  return {
    children: (group) => ask(group === "" ? what : `${what}, ${group}`, 0, "children", group),
    root: () => ask(what, 0, "root"),
    read: (place, path, part, bytes, chunk = 0) => ask(place, chunk, "read", path, part, bytes),
    words: (place, path, part, n, chunk = 0) => ask(place, chunk, "words", path, part, n),
    isLost: () => lost !== undefined,
    close() {
      lost ??= new InputError(`${what}: expected an open file, got one that was closed`);
      return worker.terminate();
    },
  };
}

const endOfThread = "an end of its thread";

/** The thread's answer. Rejects where it dies, and where it neither answers nor reads for so many milliseconds of work. */
function answered(worker: Worker, message: unknown, beats: Int32Array, patience: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const seconds = Number((patience / 1000).toPrecision(2));
    const circle = `a file on which it does not come to an end (nothing read in ${seconds} s of work)`;
    const stop = whenStill(beats, patience, () => end(() => reject(new Error(circle))));
    const onMessage = (answer: Answer): void => end(() => resolve(answer));
    const onError = (error: Error): void => end(() => reject(error));
    const onExit = (): void => end(() => reject(new Error(endOfThread)));
    const end = (then: () => void): void => {
      stop();
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      then();
    };
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    worker.postMessage(message);
  });
}

/** What went wrong, in the library's words where it has any. */
export function failure(what: string, said: string, otherwise: string): InputError {
  const filter = /required filter '([^']*)' is not registered/.exec(said)?.[1];
  if (filter !== undefined)
    return new InputError(
      `${what}: expected data packed by gzip, szip or not at all, got the filter ${filter} (h5py: compression="gzip")`,
    );
  const reason = [...said.matchAll(/\(\): (.*)/g)].at(-1)?.[1] ?? otherwise.replace(/^error - /, "");
  return new InputError(`${what}: expected HDF5 that the library can read, got ${reason.slice(0, 200)}`);
}
