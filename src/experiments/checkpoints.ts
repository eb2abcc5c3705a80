import { copyFile, link, rm } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../errors.ts";
import { decodeSafetensors } from "../features/index.ts";
import { IrregularError, readIfThere, unwritable, writeFileAtomic } from "../files/index.ts";
import { decodeCheckpoint, encodeCheckpoint, type TrainingState } from "../training/index.ts";
import { type Deciding, decidingText, differences, hashOf, runId } from "./run-id.ts";
import { fromRunText } from "./run-text.ts";

/**
 * The checkpoints of a run folder: the newest, and while the run is not done the one before it, to fall back to where the newest was damaged (each carries a checksum).
 * Whenever the writer is killed, at least one of the two is whole.
 *
 * Each names the run that it belongs to, by its hash and by the settings themselves: under others it is refused, with both values.
 */
const newest = "checkpoint.safetensors";
const before = "checkpoint-before.safetensors";

export async function writeCheckpoint(folder: string, run: Deciding, state: TrainingState): Promise<void> {
  const bytes = encodeCheckpoint(state, { run: runId(run), settings: decidingText(run) });
  const [file, older] = [join(folder, newest), join(folder, before)];
  await rm(older, { force: true });
  // A second name for the same bytes; where the file system has no links, a copy.
  await link(file, older).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return;
    await copyFile(file, older).catch((failed: NodeJS.ErrnoException) => {
      throw unwritable(failed, older);
    });
  });
  await writeFileAtomic(file, bytes);
}

/**
 * The state to continue from: the newest that is whole; undefined: none, the run starts over. `warn` is told of each that is damaged. Throws InputError where one is of
 * another run, or is no file.
 */
export async function readCheckpoint(
  folder: string,
  run: Deciding,
  start: TrainingState,
  warn: (message: string) => void = () => {},
): Promise<TrainingState | undefined> {
  for (const name of [newest, before]) {
    const file = join(folder, name);
    const bytes = bytesOf(file);
    if (!bytes) continue;
    let refusal: InputError | null = null;
    try {
      return decodeCheckpoint(bytes, start, file, (about) => {
        refusal = ofAnother(about, run, file);
        if (refusal) throw refusal;
      });
    } catch (error) {
      if (!(error instanceof InputError) || error === refusal) throw error;
      warn(`${error.message}; ${name === newest ? "falling back to the checkpoint before it" : "starting over"}`);
    }
  }
  return undefined;
}

/** Leaves the newest only: a run that is done falls back to nothing. */
export async function dropOlderCheckpoint(folder: string): Promise<void> {
  await rm(join(folder, before), { force: true });
}

/** What decides the run `id`, as its checkpoint has it; null: none has. */
export async function settingsInCheckpoint(folder: string, id: string): Promise<unknown> {
  for (const name of [newest, before]) {
    const bytes = bytesOf(join(folder, name));
    try {
      const { metadata } = decodeSafetensors(bytes ?? new Uint8Array(), name);
      if (hashOf(metadata.settings ?? "") === id) return fromRunText(metadata.settings);
    } catch {
      // A damaged one says nothing.
    }
  }
  return null;
}

/** The refusal of an undamaged checkpoint of another run; null where the checkpoint is this run's, or is from before checkpoints named their run, or names it in a damaged way. */
function ofAnother({ run: id, settings = "" }: Record<string, string>, run: Deciding, file: string): InputError | null {
  if (id === undefined || id === runId(run) || hashOf(settings) !== id) return null;
  const values = differences(fromRunText(settings), fromRunText(decidingText(run))).join("; ");
  return new InputError(`${file}: it was trained under other settings than run.json says: ${values}`);
}

/** The bytes of a checkpoint; undefined where there is none. A folder or a pipe in its place would stop the next checkpoint from being written, and is not ours to remove: InputError. */
function bytesOf(file: string): Uint8Array | undefined {
  try {
    return readIfThere(file);
  } catch (error) {
    throw error instanceof IrregularError ? new InputError(`${error.message}; move it away`) : error;
  }
}
