import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { lstat, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { InputError } from "../errors.ts";
import { unwritable } from "./atomic.ts";
import { readRegular } from "./open-file.ts";

/**
 * One writer a folder, on one machine or on many that share it.
 *
 * A process that wants the folder puts a lock file of its own into it (`.lock.` and eight digits), which names the process, and then looks at the other lock files
 * there. If the process that one of them names is alive, the newcomer removes its own file and gives up. Of two that come at once at least one sees the other, as each
 * wrote before it looked. (Both may give up: they try again after random pauses.) Lock files of dead processes are removed. No lock file is ever overwritten by another
 * process, so there is no moment in which two could both take a folder over.
 *
 * An owner on the same machine is dead if no process has its number and start time. Of an owner on another machine only the age of its lock file tells: the owner
 * touches the file every `heartbeat`, and is dead if the file is older than `patience` by the clock of the file system, the one clock that all machines share.
 */
const heartbeat = 15_000;
const patience = 120_000;

/** Who holds a folder. */
export interface Owner {
  pid: number;
  host: string;
  /** Machine since its last start, and process namespace: where process numbers mean the same. */
  place: string;
  /** Of the process, in the kernel's ticks; null where it cannot be told. */
  started: string | null;
}

/** Another process works on the folder. */
export class BusyError extends InputError {
  override name = "BusyError";
  readonly owner: Owner;
  constructor(folder: string, owner: Owner) {
    super(`${folder}: expected a folder on which nobody else works, got one held by process ${owner.pid} on ${owner.host}`);
    this.owner = owner;
  }
}

/** Runs `work`, which is told the lock's file, as the only one in `folder`, which exists. Throws BusyError where another process is at it. */
export async function withLock<T>(folder: string, work: (file: string) => Promise<T>): Promise<T> {
  const file = await acquire(folder);
  const beat = setInterval(() => void touch(file), heartbeat);
  beat.unref();
  try {
    return await work(file);
  } finally {
    clearInterval(beat);
    await rm(file, { force: true });
  }
}

/** Writes the same words again: its time becomes now by the clock of the file system, not of this machine. It needs no room on the disk. */
async function touch(file: string): Promise<void> {
  try {
    const handle = await open(file, "r+");
    try {
      await handle.write(JSON.stringify(self()), 0);
    } finally {
      await handle.close();
    }
  } catch {
    // The next beat tries again; several are missed before the owner counts as dead.
  }
}

/** Whether this is the name of a lock file. */
export const isLock = (name: string): boolean => /^\.lock\.[0-9a-f]{8}$/.test(name);

/** The living owner of a folder; null: nobody holds it. */
export async function ownerOf(folder: string): Promise<Owner | null> {
  const names = (await readdir(folder).catch(() => [])).filter(isLock);
  for (const name of names) {
    const owner = await living(join(folder, name), Date.now());
    if (owner) return owner;
  }
  return null;
}

async function acquire(folder: string): Promise<string> {
  const attempts = 4;
  for (let attempt = 1; ; attempt++) {
    const own = join(folder, `.lock.${randomBytes(4).toString("hex")}`);
    await writeFile(own, JSON.stringify(self()), { flag: "wx" }).catch(async (error: NodeJS.ErrnoException) => {
      // A full disk takes the name and not the contents.
      await rm(own, { force: true }).catch(() => {});
      throw unwritable(error, folder, "a folder that can be written to");
    });
    try {
      const other = await anotherIn(folder, own);
      if (!other) return own;
      if (attempt === attempts) throw new BusyError(folder, other);
    } catch (error) {
      await rm(own, { force: true });
      // The folder was moved away under us, by its owner (`moveAside`): a new one may be there.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || attempt === attempts) throw error;
    }
    await rm(own, { force: true });
    await new Promise((resolve) => setTimeout(resolve, 20 + 100 * Math.random()));
  }
}

/**
 * Renames a folder that nobody works on, with everything in it, to the first free `folder.aside-N`; `still` is asked under the lock whether it is to be. Returns the new
 * name, or null where it is not. Throws BusyError where another process is at it.
 */
export async function moveAside(folder: string, still: () => Promise<boolean>): Promise<string | null> {
  return withLock(folder, async (lock) => {
    if (!(await still())) return null;
    for (let n = 1; ; n++) {
      const aside = `${folder.replace(/[\\/]+$/, "")}.aside-${n}`;
      if (await lstat(aside).catch(() => null)) continue;
      await rename(folder, aside);
      await rm(join(aside, basename(lock)), { force: true });
      return aside;
    }
  });
}

/** The living owner of another lock in the folder; locks of the dead are removed. */
async function anotherIn(folder: string, own: string): Promise<Owner | null> {
  const now = (await stat(own)).mtimeMs;
  for (const name of (await readdir(folder)).filter(isLock)) {
    const file = join(folder, name);
    if (file === own) continue;
    const owner = await living(file, now);
    if (owner) return owner;
    // One that cannot be removed (a folder of that name) is no lock: nothing waits for it.
    await rm(file, { force: true }).catch(() => {});
  }
  return null;
}

/** The owner that a lock file names, unless that process is dead or the file is gone. */
async function living(file: string, now: number): Promise<Owner | null> {
  const [text, times] = [wordsOf(file), await stat(file).catch(() => null)];
  if (text === null || times === null) return null;
  const owner = ownerIn(text);
  if (owner.place === place) return isRunning(owner) ? owner : null;
  return now - times.mtimeMs < patience ? owner : null;
}

/** What a lock file says; null where there is none, or what has its name is no file. */
function wordsOf(file: string): string | null {
  try {
    return new TextDecoder().decode(readRegular(file));
  } catch {
    return null;
  }
}

/** A lock file that was only just made may be empty still, and one whose machine died may hold anything: its owner is unknown, and its age decides. */
function ownerIn(text: string): Owner {
  try {
    const { pid, host, place: where, started } = JSON.parse(text) as Record<keyof Owner, unknown>;
    const known = Number.isSafeInteger(pid) && (pid as number) > 0 && typeof host === "string" && typeof where === "string";
    if (known && (started === null || typeof started === "string")) return { pid: pid as number, host, place: where, started };
  } catch {
    // The same as any other words that are no owner's.
  }
  return { pid: 0, host: "unknown", place: "unknown", started: null };
}

function isRunning({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: there is such a process, of another user.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  // The number may have been given to a process that came later.
  return started === null || startOf(pid) === started;
}

const self = (): Owner => ({ pid: process.pid, host: hostname(), place, started: startOf(process.pid) });

const place = [hostname(), read("/proc/sys/kernel/random/boot_id"), namespace()].join(" ");

/** Field 22 of /proc/PID/stat; the name before it stands in parentheses and may hold anything. A zombie is dead. */
function startOf(pid: number): string | null {
  const text = read(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return text === "" ? null : fields[0] === "Z" ? "ended" : fields[19];
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}

function namespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
