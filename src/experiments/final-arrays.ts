import { join } from "node:path";
import { InputError } from "../errors.ts";
import { decodeNpz } from "../features/index.ts";
import { readIfThere } from "../features/open-file.ts";
import { UnreadableError } from "./run-record.ts";

/** Reads the final arrays of a run that is done, checksums compared; throws UnreadableError where they are not there or damaged. */
export async function checkFinal(folder: string): Promise<void> {
  const file = join(folder, "final.npz");
  try {
    const bytes = readIfThere(file);
    if (bytes === undefined) throw new UnreadableError(`${file}: expected the final arrays of a run that is done, got none`);
    decodeNpz(bytes, file);
  } catch (error) {
    throw error instanceof InputError ? new UnreadableError(error.message) : error;
  }
}
