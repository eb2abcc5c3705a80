import { copyFile, link, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../errors.ts";
import { writeFileAtomic } from "../features/index.ts";
import { decodeCheckpoint, encodeCheckpoint, type TrainingState } from "../training/index.ts";
import { absent } from "./run-record.ts";

/**
 * The checkpoints of a run folder: the newest, and while the run is not done the one before it, to fall back to where the newest was damaged (each carries a checksum).
 * Whenever the writer is killed, at least one of the two is whole.
 */
const newest = "checkpoint.safetensors";
const before = "checkpoint-before.safetensors";

export async function writeCheckpoint(folder: string, state: TrainingState): Promise<void> {
  const bytes = encodeCheckpoint(state);
  const [file, older] = [join(folder, newest), join(folder, before)];
  await rm(older, { force: true });
  // A second name for the same bytes; where the file system has no links, a copy.
  await link(file, older).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") await copyFile(file, older);
  });
  await writeFileAtomic(file, bytes);
}

/** The state to continue from: the newest that is whole; undefined: none, the run starts over. `warn` is told of each that is damaged. */
export async function readCheckpoint(
  folder: string,
  start: TrainingState,
  warn: (message: string) => void = () => {},
): Promise<TrainingState | undefined> {
  for (const name of [newest, before]) {
    const file = join(folder, name);
    const bytes = await readFile(file).catch(absent);
    if (!bytes) continue;
    try {
      return decodeCheckpoint(Uint8Array.from(bytes), start, file);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      warn(`${error.message}; ${name === newest ? "falling back to the checkpoint before it" : "starting over"}`);
    }
  }
  return undefined;
}

/** Leaves the newest only: a run that is done falls back to nothing. */
export async function dropOlderCheckpoint(folder: string): Promise<void> {
  await rm(join(folder, before), { force: true });
}
