import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { InputError } from "../errors.ts";
import { checkWritable } from "./atomic.ts";

/** A file that is to be written, and the option that says so. */
export interface Output {
  /** The option, for messages: `--report`. */
  what: string;
  file: string;
}

/** What is read: files, and folders all of whose files below are. */
export interface Inputs {
  files: readonly string[];
  trees?: readonly string[];
}

/**
 * What is to be written must be no file that is read, by path, link or inode, and no two of them one file; and it must be possible to write there. Throws InputError, before any work:
 * afterwards the input would be gone, or the result would have no place.
 */
export async function checkOutputs(outputs: readonly Output[], { files, trees = [] }: Inputs): Promise<void> {
  if (outputs.length === 0) return;
  const read = await Promise.all(files.map(async (file) => ({ file, is: await identity(file) })));
  const folders = await Promise.all(trees.map((folder) => realpath(folder).catch(() => null)));
  const taken: (Output & { is: Identity })[] = [];
  for (const { what, file } of outputs) {
    const is = await identity(file);
    const input = is.there ? read.find((other) => other.is.there && same(other.is, is))?.file : undefined;
    // Directly below lie folders of classes, and whatever else somebody keeps there.
    const tree = is.there ? folders.findIndex((folder) => folder !== null && isDeepIn(folder, is.path)) : -1;
    const replaced = input ?? (tree < 0 ? undefined : trees[tree]);
    if (replaced !== undefined)
      throw new InputError(
        `${what}: expected another file than those that are read (${replaced}), got ${JSON.stringify(file)}: it would be replaced`,
      );
    const twin = taken.find((other) => same(other.is, is));
    if (twin) throw new InputError(`${twin.what}: expected another file than ${what}, got ${JSON.stringify(file)}`);
    taken.push({ what, file, is });
    await checkWritable(file);
  }
}

/** What a name stands for: the path behind all links, and the file itself where there is one (a hard link has another path). */
interface Identity {
  path: string;
  there: boolean;
  inode: string | null;
}

async function identity(file: string): Promise<Identity> {
  const found = await stat(file, { bigint: true }).catch(() => null);
  if (found) {
    const path = await realpath(file).catch(() => resolve(file));
    // Some file systems number nothing.
    return { path, there: found.isFile(), inode: found.ino === 0n ? null : `${found.dev}:${found.ino}` };
  }
  const folder = await realpath(dirname(file)).catch(() => resolve(dirname(file)));
  return { path: join(folder, basename(file)), there: false, inode: null };
}

const same = (a: Identity, b: Identity): boolean => a.path === b.path || (a.inode !== null && a.inode === b.inode);

const isDeepIn = (folder: string, path: string): boolean =>
  path.startsWith(folder + sep) && path.slice(folder.length + 1).includes(sep);
