import { randomBytes } from "node:crypto";
import { access, constants, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { InputError } from "../errors.ts";
import { kindOf } from "./open-file.ts";

/**
 * Writes a file so that it is either the old one or the whole new one, whatever happens meanwhile: a temporary file in the same folder,
 * flushed to disk, then renamed over the target. Throws InputError where the folder is missing or not writable, and where a device, a pipe or a stream of
 * this process is there: renaming would put a file in its place, /dev/null's for the whole machine.
 */
export async function writeFileAtomic(file: string, bytes: Uint8Array | string): Promise<void> {
  await checkReplaceable(file);
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
    throw unwritable(error as NodeJS.ErrnoException, file);
  }
}

/** Throws InputError where `writeFileAtomic` would: before the work whose result it is to write. */
export async function checkWritable(file: string): Promise<void> {
  await checkReplaceable(file);
  try {
    if ((await stat(file).catch(() => null))?.isDirectory()) throw Object.assign(new Error(file), { code: "EISDIR" });
    // With a separator at its end, so that a file in the folder's place is told.
    await access(dirname(file) + sep, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unwritable(error as NodeJS.ErrnoException, file);
  }
}

/** Throws InputError where what stands under a name is no file that may be replaced by another. */
async function checkReplaceable(file: string): Promise<void> {
  const there = await stat(file).catch(() => null);
  // A folder has the system's own word; where nothing is, nothing is in danger.
  if (there?.isDirectory() || !there) return;
  if (!there.isFile()) throw notReplaceable(file, kindOf(there));
  // /dev/stdout is a link to /proc/self/fd/1, which may be a file: the link would be replaced, not the file written.
  const folder = await realpath(dirname(file));
  if (folder === "/dev" || /^\/proc(\/|$)/.test(folder)) throw notReplaceable(file, "a name of the system");
}

const notReplaceable = (file: string, got: string): InputError =>
  new InputError(`${file}: expected the name of a file, as it is written whole or not at all, got ${got}`);

/** Places that cannot be written to are the user's to choose: InputError. A full or broken disk is not: the system's own error, with the file's name. */
export function unwritable(error: Error & { code?: string }, file: string, rule = "a writable place"): Error {
  const { code } = error;
  if (code && ["ENOENT", "ENOTDIR", "EEXIST", "EACCES", "EPERM", "EROFS", "EISDIR", "ELOOP", "ENAMETOOLONG"].includes(code))
    return new InputError(`${file}: expected ${rule}, got ${code}`);
  // The system does not say which file it was where one was open already.
  if (!error.message.includes(file)) error.message = `${file}: ${error.message}`;
  return error;
}

/** Removes what writers that were killed left in a folder: the temporary files of `writeFileAtomic`. None may be writing there. */
export async function removeTemporaries(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (isTemporary(name)) await rm(join(folder, name), { force: true });
}

/** Whether this is the name of a temporary file of `writeFileAtomic`. */
export function isTemporary(name: string): boolean {
  return /^\..+\.[0-9a-f]{8}\.tmp$/.test(name);
}
