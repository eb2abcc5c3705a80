import { unzipSync } from "fflate";
import { InputError, inputError } from "../../src/errors.ts";
import type { Bytes } from "../../src/features/bytes.ts";
import { isLabelArray } from "../../src/features/find.ts";
import { memoryBytes } from "../../src/features/memory-bytes.ts";

/** A tab must not unpack more than this. */
const most = 2 ** 28;

/** The .npy of an .npz that holds labels: named like them, or the only one. Nothing else is unpacked. */
export function labelMember(zip: Uint8Array, what: string): Bytes {
  const sizes = new Map<string, number>();
  look(zip, what, ({ name, originalSize }) => {
    sizes.set(name, originalSize);
    return false;
  });
  const names = [...sizes.keys()].filter((name) => name.endsWith(".npy"));
  const labels = names.filter((name) => isLabelArray(name.slice(0, -4)));
  const name = labels.length === 1 ? labels[0] : labels.length === 0 && names.length === 1 ? names[0] : undefined;
  if (name === undefined)
    throw inputError(what, "an array called labels, or one array", names.map((one) => one.slice(0, -4)).join(", ") || "none");
  if ((sizes.get(name) as number) > most) throw inputError(`${what}, ${name}`, `at most ${most} bytes here`, sizes.get(name));
  return memoryBytes(`${what}, ${name}`, look(zip, what, (one) => one.name === name)[name]);
}

function look(
  zip: Uint8Array,
  what: string,
  filter: (member: { name: string; size: number; originalSize: number }) => boolean,
): Record<string, Uint8Array> {
  try {
    return unzipSync(zip, { filter });
  } catch (error) {
    throw new InputError(`${what}: expected a whole zip of .npy files, got ${(error as Error).message}`);
  }
}
