import { join } from "node:path";
import { InputError, inputError } from "../errors.ts";
import { decodeNpz } from "../features/index.ts";
import { readIfThere } from "../files/index.ts";
import { type Metrics, UnreadableError } from "./run-record.ts";

/**
 * Reads the final arrays of a run that is done, checksums compared, and holds Z against `last`, the run's last line of metrics. Throws UnreadableError where they are not there, damaged, or
 * of something else.
 */
export async function checkFinal(folder: string, last: Pick<Metrics, "Z">): Promise<void> {
  const file = join(folder, "final.npz");
  try {
    const bytes = readIfThere(file);
    if (bytes === undefined) throw new InputError(`${file}: expected the final arrays of a run that is done, got none`);
    const arrays = decodeNpz(bytes, file);
    const absent = ["Z", "b", "W", "H", "counts"].filter((name) => !(name in arrays));
    if (absent.length > 0) throw inputError(file, "Z, b, W, H and counts", Object.keys(arrays).join(", ") || "no arrays");
    const Z = last.Z.flat();
    if (arrays.Z.data.length !== Z.length || Z.some((z, i) => Number(arrays.Z.data[i]) !== z))
      throw new InputError(`${file}: expected the Z of the last line of metrics.jsonl, got another`);
  } catch (error) {
    throw error instanceof InputError ? new UnreadableError(error.message) : error;
  }
}
