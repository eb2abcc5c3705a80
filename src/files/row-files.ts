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
  const open: RowStore[] = [];
  return {
    rows(n, d) {
      const store = rowFile(n, d);
      open.push(store);
      return store;
    },
    close() {
      for (const store of open.splice(0)) store.close();
    },
  };
}

function rowFile(n: number, d: number): RowStore {
  const file = emptyFile(8 * n * d);
  const bytesOf = (numbers: Float64Array): Uint8Array => new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const row = new Float64Array(d);
  let closed = false;
  const copy = (into: Float64Array, from: number, to: number): void => {
    const bytes = bytesOf(into.subarray(0, (to - from) * d));
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(file, bytes, done, bytes.length - done, 8 * from * d + done);
      if (read === 0) throw new DefectError(`rows ${from} to ${to} of a temporary file of ${n} end after ${done} bytes`);
      done += read;
    }
  };
  const write = (from: number, rows: Float64Array): void => {
    const bytes = bytesOf(rows);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, 8 * from * d + done);
    } catch (error) {
      throw noRoom(8 * n * d, `${(error as NodeJS.ErrnoException).code}`);
    }
  };
  return {
    ...madeRows(n, d, copy),
    write,
    add(k, numbers, at) {
      copy(row, k, k + 1);
      for (let j = 0; j < d; j++) row[j] += numbers[at + j];
      write(k, row);
    },
    close() {
      if (!closed) closeSync(file);
      closed = true;
    },
  };
}

/** Of so many bytes, all 0. */
function emptyFile(bytes: number): number {
  const folder = tmpdir();
  const name = join(folder, `nclab-${randomBytes(8).toString("hex")}`);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
  try {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < bytes + reserve) throw noRoom(bytes, `${bavail * bsize} bytes free, of which ${reserve} stay free`);
    const file = openSync(name, flags, 0o600);
    rmSync(name);
    ftruncateSync(file, bytes);
    return file;
  } catch (error) {
    throw error instanceof InputError ? error : noRoom(bytes, `${(error as NodeJS.ErrnoException).code}`);
  }
}

const noRoom = (bytes: number, got: string): InputError =>
  new InputError(
    `a matrix with a row a class: expected room for ${bytes} bytes in ${tmpdir()} (TMPDIR names another folder), got ${got}`,
  );
