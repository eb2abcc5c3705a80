import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { InputError, inputError } from "../errors.ts";

/**
 * The one door to the files that a person names: regular files only. A pipe or a device has no size, may never end, and merely opening a pipe
 * waits for a writer: it is opened without waiting, looked at, and refused. `what` in errors is the option and the file, or the file alone.
 */
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const largest = 2 ** 30;

/** What is asked of an open file. Node's own `FileHandle` is one; written out, so that whoever compiles against this package needs no types of Node's. */
export interface Handle {
  /** Its number in the system. */
  readonly fd: number;
  /** Bytes from a place on, into a part of a buffer. */
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  /** All of its bytes. */
  readFile(): Promise<Uint8Array>;
  /** Ends it. */
  close(): Promise<void>;
}

/** What the system tells of what stands under a name. */
interface Standing {
  isDirectory(): boolean;
  isFIFO(): boolean;
  isCharacterDevice(): boolean;
  isBlockDevice(): boolean;
  isSocket(): boolean;
}

/** A file that is open for reading. */
export interface OpenFile {
  /** Its path. */
  readonly file: string;
  /** Bytes, as when it was opened. */
  readonly size: number;
  /** To be closed by whoever opened it. */
  readonly handle: Handle;
}

/** What stands under a name is no regular file: a folder, a pipe, a device, a link that leads in a circle. */
export class IrregularError extends InputError {
  override name = "IrregularError";
}

/** Opens a regular file for reading. Throws InputError naming it where it is none or cannot be read. */
export async function openFile(file: string, what: string = file): Promise<OpenFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, flags);
    const stat = await handle.stat();
    checkRegular(stat, what);
    return { file, size: stat.size, handle };
  } catch (error) {
    await handle?.close();
    throw unreadable(error, what);
  }
}

/** The bytes of a regular file of at most `most` bytes. */
export function readRegular(file: string, what: string = file, most: number = largest): Uint8Array {
  try {
    return bytesOf(file, what, most);
  } catch (error) {
    throw unreadable(error, what);
  }
}

/** The same; undefined where nothing is there. */
export function readIfThere(file: string, what: string = file, most: number = largest): Uint8Array | undefined {
  try {
    return bytesOf(file, what, most);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unreadable(error, what);
  }
}

function bytesOf(file: string, what: string, most: number): Uint8Array {
  let handle: number | undefined;
  try {
    handle = openSync(file, flags);
    const stat = fstatSync(handle);
    checkRegular(stat, what);
    if (stat.size > most) throw inputError(what, `a file of at most ${most} bytes`, stat.size);
    const bytes = new Uint8Array(stat.size);
    let done = 0;
    while (done < bytes.length) {
      const n = readSync(handle, bytes, done, bytes.length - done, done);
      if (n === 0) throw inputError(what, `${stat.size} bytes, as when it was opened`, `an end at ${done}`);
      done += n;
    }
    return bytes;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function checkRegular(stat: Stats, what: string): void {
  const wayOut = stat.isFIFO() ? " (write what comes out of it to a file first)" : "";
  if (!stat.isFile()) throw new IrregularError(`${what}: expected a regular file, got ${kindOf(stat)}${wayOut}`);
}

/** What something that is no regular file is, in words. */
export function kindOf(stat: Standing): string {
  if (stat.isDirectory()) return "a folder";
  if (stat.isFIFO()) return "a pipe";
  if (stat.isCharacterDevice() || stat.isBlockDevice()) return "a device";
  return stat.isSocket() ? "a socket" : "something else";
}

/** Whatever the system said, as bad input: the file's name was the user's. */
function unreadable(error: unknown, what: string): InputError {
  if (error instanceof InputError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  // A socket cannot be opened at all.
  if (code === "ENXIO") return new IrregularError(`${what}: expected a regular file, got a socket or a device that is not there`);
  if (code === "ELOOP") return new IrregularError(`${what}: expected a regular file, got ELOOP: links that lead in a circle`);
  return new InputError(`${what}: expected a readable file, got ${code ?? (error as Error).message}`);
}
