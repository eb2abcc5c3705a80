import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError, inputError } from "../errors.ts";
import type { OpenFile } from "./open-file.ts";

/** What is left free on the disk, and how much is written before it is looked at again: 256 and 16 MB. */
export const reserve: number = 2 ** 28;
const stride = 2 ** 24;

/**
 * Writes `chunks` to a temporary file, open for reading when all are there. It has no name from the moment it is open, so nothing of it is left however the process ends,
 * and it never fills the disk. `what` is whose bytes they are, for errors. Throws InputError beyond `most` bytes, and where the folder has no room.
 */
export async function temporaryFile(what: string, chunks: AsyncIterable<Uint8Array>, most: number): Promise<OpenFile> {
  const folder = tmpdir();
  const file = join(folder, `nclab-${randomBytes(8).toString("hex")}`);
  const noRoom = (got: string): InputError =>
    new InputError(`${what}: expected room to unpack it in ${folder} (TMPDIR names another folder), got ${got}`);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
  const handle = await open(file, flags, 0o600).catch((error: NodeJS.ErrnoException) => {
    throw noRoom(`${error.code}`);
  });
  try {
    await rm(file);
    let size = 0;
    let looked = Number.NEGATIVE_INFINITY;
    for await (const chunk of chunks) {
      if (size + chunk.length > most) throw inputError(`${what}: unpacked size`, `at most ${most} bytes`, "more");
      if (size + chunk.length > looked + stride) {
        const { bavail, bsize } = await statfs(folder);
        if (bavail * bsize < reserve + stride + chunk.length)
          throw noRoom(`${bavail * bsize} bytes after ${size} were unpacked, of which ${reserve} stay free`);
        looked = size;
      }
      for (let done = 0; done < chunk.length; )
        done += (await handle.write(chunk, done, chunk.length - done, size + done)).bytesWritten;
      size += chunk.length;
    }
    return { file, size, handle };
  } catch (error) {
    await handle.close();
    const { code } = error as NodeJS.ErrnoException;
    throw code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG" ? noRoom(code) : error;
  }
}
