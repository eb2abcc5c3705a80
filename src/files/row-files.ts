import { randomBytes } from "node:crypto";
import { closeSync, constants, ftruncateSync, openSync, readSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DefectError, InputError } from "../errors.ts";
import { madeRows, type RowStorage, type RowStore } from "../row-store.ts";
import { reserve } from "./temporary.ts";

/**
 * Matrices in temporary files, which the system keeps in whatever memory nobody needs. The files have no name from the moment they are open, so nothing of them is left however the process ends. Throws InputError
 * where the folder has no room.
 */
export function rowFiles(): RowStorage {
  const open = new Set<RowFile>();
  return {
    rows(n, d) {
      // What the others have yet to write is not free either.
      const promised = [...open].reduce((sum, file) => sum + file.unwritten(), 0);
      const file = rowFile(n, d, promised, () => open.delete(file));
      open.add(file);
      return file;
    },
    close() {
      for (const file of open) file.close();
    },
  };
}

interface RowFile extends RowStore {
  /** Bytes from the last that was written on. */
  unwritten(): number;
}

/** Bytes that are read or written at a time: Node takes less than 2 GB. */
const mostBytes = 2 ** 30;

function rowFile(n: number, d: number, promised: number, closed: () => void): RowFile {
  const size = 8 * n * d;
  const file = emptyFile(size, promised);
  const bytesOf = (numbers: Float64Array): Uint8Array => new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const row = new Float64Array(d);
  let end = 0;
  let isOpen = true;
  const copy = (into: Float64Array, from: number, to: number): void => {
    const bytes = bytesOf(into.subarray(0, (to - from) * d));
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(file, bytes, done, Math.min(bytes.length - done, mostBytes), 8 * from * d + done);
      if (read === 0) throw new DefectError(`rows ${from} to ${to} of a temporary file of ${n} end after ${done} bytes`);
      done += read;
    }
  };
  const write = (from: number, rows: Float64Array): void => {
    const bytes = bytesOf(rows);
    try {
      for (let done = 0; done < bytes.length; )
        done += writeSync(file, bytes, done, Math.min(bytes.length - done, mostBytes), 8 * from * d + done);
    } catch (error) {
      throw noRoom(size, `${(error as NodeJS.ErrnoException).code}`);
    }
    end = Math.max(end, 8 * from * d + bytes.length);
  };
  return {
    ...madeRows(n, d, copy),
    write,
    add(k, numbers, at) {
      copy(row, k, k + 1);
      for (let j = 0; j < d; j++) row[j] += numbers[at + j];
      write(k, row);
    },
    unwritten: () => size - end,
    close() {
      if (!isOpen) return;
      isOpen = false;
      closeSync(file);
      closed();
    },
  };
}

/** Of so many bytes, all 0, beside others that are promised. */
function emptyFile(bytes: number, promised: number): number {
  const folder = tmpdir();
  const name = join(folder, `nclab-${randomBytes(8).toString("hex")}`);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
  let file: number | null = null;
  try {
    const { bavail, bsize } = statfsSync(folder);
    const free = bavail * bsize - promised;
    if (free < bytes + reserve) throw noRoom(bytes, `${free} bytes free, of which ${reserve} stay free`);
    file = openSync(name, flags, 0o600);
    rmSync(name);
    ftruncateSync(file, bytes);
    return file;
  } catch (error) {
    if (file !== null) closeSync(file);
    throw error instanceof InputError ? error : noRoom(bytes, `${(error as NodeJS.ErrnoException).code}`);
  }
}

const noRoom = (bytes: number, got: string): InputError =>
  new InputError(
    `a matrix with a row a class: expected room for ${bytes} bytes in ${tmpdir()} (TMPDIR names another folder), got ${got}`,
  );
