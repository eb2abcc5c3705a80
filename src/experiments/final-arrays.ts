import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../errors.ts";
import { decodeNpz } from "../features/index.ts";
import { UnreadableError } from "./run-record.ts";

/** Reads the final arrays of a run that is done, checksums compared; throws UnreadableError where they are not there or damaged. */
export async function checkFinal(folder: string): Promise<void> {
  const file = join(folder, "final.npz");
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UnreadableError(`${file}: expected the final arrays of a run that is done, got ${error.code}`);
  });
  try {
    decodeNpz(bytes, file);
  } catch (error) {
    throw error instanceof InputError ? new UnreadableError(error.message) : error;
  }
}
