import { createReadStream, statSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import { InputError } from "../errors.ts";
import { withLock } from "../files/index.ts";
import { DownloadError, type DownloadProgress, downloadFile, isComplete } from "./download.ts";
import { dataDir } from "./find.ts";
import { type Official, official } from "./official.ts";
import { tarFiles } from "./tar.ts";

/** From where, to where. */
export interface FetchOptions {
  /** The files go to the data set's own folder below this one; default as for reading (`dataDir`). */
  dir?: string;
  /** Where the files are, if not at their authors': the address of a folder that holds them under the same names. */
  url?: string;
  /** Told as bytes arrive. */
  progress?: DownloadProgress;
  /** What to fetch, if not the official files: a stand-in for tests. */
  files?: Official;
  /** Milliseconds without a byte after which it is given up (default: a minute). */
  patience?: number;
}

/**
 * Downloads the official files of a data set, checks them, and unpacks CIFAR-10's archive. Files that are there and right are
 * left alone; so are other files in the folder. Returns the folder, and which files were downloaded now.
 *
 * Throws InputError for a folder that cannot be made, or at which another process fetches already, or an address that is none, DownloadError for a download that failed.
 */
export async function fetchDataset(
  name: keyof typeof official,
  options: FetchOptions = {},
): Promise<{ folder: string; downloaded: string[] }> {
  const files = options.files ?? official[name];
  const folder = join(dataDir(options.dir), files.folder);
  const url = (options.url ?? files.url).replace(/\/+$/, "");
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new InputError(`--url: expected an http or https address, got ${JSON.stringify(options.url)}`);
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new InputError(`${folder}: expected a folder that can be written, got ${(error as Error).message}`);
  }
  if (await isThere(folder, files)) return { folder, downloaded: [] };
  // Two at once would write into one `.part`.
  return withLock(folder, async () => {
    const downloaded: string[] = [];
    for (const file of files.files) {
      const path = join(folder, file.file);
      if (await isComplete(path, file)) continue;
      await downloadFile(`${url}/${file.file}`, path, file, options.progress, options.patience);
      downloaded.push(file.file);
    }
    if (files.archive) await unpack(join(folder, files.files[0].file), folder, files.archive);
    return { folder, downloaded };
  });
}

async function isThere(folder: string, { archive, files }: Official): Promise<boolean> {
  if (archive) return isUnpacked(folder, archive);
  for (const file of files) if (!(await isComplete(join(folder, file.file), file))) return false;
  return true;
}

type Archive = NonNullable<Official["archive"]>;

function isUnpacked(folder: string, archive: Archive): boolean {
  return archive.members.every(
    (member) => statSync(join(folder, member), { throwIfNoEntry: false })?.size === archive.memberBytes,
  );
}

/** Unpacks under `.part` names and renames when all are there; the archive, checked before, is deleted at the end. */
async function unpack(path: string, folder: string, archive: Archive): Promise<void> {
  const wanted = new Map(archive.members.map((member) => [`${archive.folder}/${member}`, archive.memberBytes]));
  const target = (member: string): string => join(folder, member);
  const found = new Set<string>();
  try {
    for await (const { name, data } of tarFiles(createReadStream(path).pipe(createGunzip()), wanted, path)) {
      const member = name.slice(archive.folder.length + 1);
      await writeFile(`${target(member)}.part`, data);
      found.add(member);
    }
    const absent = archive.members.filter((member) => !found.has(member));
    if (absent.length > 0) throw new Error(`it has no ${absent.join(", ")}`);
    for (const member of archive.members) await rename(`${target(member)}.part`, target(member));
  } catch (error) {
    for (const member of archive.members) await rm(`${target(member)}.part`, { force: true });
    throw new DownloadError(`${path}: could not be unpacked (${(error as Error).message}); the archive is kept`);
  }
  await rm(path);
}
