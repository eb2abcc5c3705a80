import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InputError } from "../errors.ts";

/**
 * Writes a file so that it is either the old one or the whole new one, whatever happens meanwhile: a temporary file in the same folder,
 * flushed to disk, then renamed over the target. Throws InputError where the folder is missing or not writable.
 */
export async function writeFileAtomic(file: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(4).toString("hex")}.tmp`);
  try {
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    const code = (error as NodeJS.ErrnoException).code;
    if (code && ["ENOENT", "ENOTDIR", "EACCES", "EPERM", "EROFS", "EISDIR"].includes(code))
      throw new InputError(`${file}: expected a writable place, got ${code}`);
    throw error;
  }
}
