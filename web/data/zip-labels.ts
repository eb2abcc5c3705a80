import { inputError } from "../../src/errors.ts";
import type { Bytes } from "../../src/features/bytes.ts";
import { isLabelArray } from "../../src/features/find.ts";
import { memoryBytes } from "../../src/features/memory-bytes.ts";
import { plainUnpacker } from "../../src/features/unpack-plain.ts";
import { readZip } from "../../src/features/zip.ts";

/** A tab must not unpack more than this. */
const most = 2 ** 28;

/** The .npy of an .npz that holds labels: named like them, or the only one. It is unpacked as it is read, a block at a time; nothing else is. */
export async function labelMember(zip: Uint8Array, what: string): Promise<Bytes> {
  const members = (await readZip(memoryBytes(what, zip), plainUnpacker)).filter(({ name }) => name.endsWith(".npy"));
  const labels = members.filter(({ name }) => isLabelArray(name.slice(0, -4)));
  const one = labels.length === 1 ? labels[0] : labels.length === 0 && members.length === 1 ? members[0] : undefined;
  if (one === undefined)
    throw inputError(
      what,
      "an array called labels, or one array",
      members.map(({ name }) => name.slice(0, -4)).join(", ") || "none",
    );
  if (one.bytes.length > most) throw inputError(`${what}, ${one.name}`, `at most ${most} bytes here`, one.bytes.length);
  return one.bytes;
}
