import { InputError } from "../errors.ts";
import type { ArrayFile } from "./array-file.ts";
import { type Bytes, head } from "./bytes.ts";
import { type Contents, empty, put } from "./contents.ts";
import { fileKind } from "./file-kind.ts";
import { memoryBytes } from "./memory-bytes.ts";
import type { Named } from "./named-arrays.ts";
import { UnreadDtype } from "./npy.ts";
import { npyContents } from "./npy-contents.ts";
import { npzArrays } from "./read-npz.ts";
import { contiguous, type StoredArray } from "./stored-array.ts";
import { isCheckpoint, torchArrays } from "./torch.ts";
import { pickleFileArrays } from "./torch-legacy.ts";
import { unknownFile } from "./unknown-file.ts";
import { plainUnpacker } from "./unpack-plain.ts";
import { readZip, type Unpacker } from "./zip.ts";

/**
 * What a .npy, .npz, PyTorch file or pickle holds, wherever its bytes are; undefined for any other file. `start`: its first 512 bytes. `place` moves an
 * array to where columns can be picked from it, which a compressed stream does not allow.
 */
export async function bytesArrays(
  all: Bytes,
  start: Uint8Array,
  unpacker: Unpacker,
  place: (array: StoredArray) => Promise<StoredArray>,
): Promise<(Contents & Pick<ArrayFile, "kind">) | undefined> {
  const { what } = all;
  const begins = fileKind(start, what);
  if (begins === "npy") {
    const found = await npyContents(all);
    if (found instanceof UnreadDtype) throw found;
    const contents = empty();
    put(contents, "", found);
    return { kind: "npy", ...contents };
  }
  if (begins === "zip") {
    const members = await readZip(all, unpacker);
    if (isCheckpoint(members)) return { kind: "torch", ...withArrays(what, await torchArrays(what, members)) };
    return {
      kind: "npz",
      ...(await npzArrays(what, members, async (array, { compressed }) =>
        compressed && inColumns(array) ? place(array) : array,
      )),
    };
  }
  if (begins === "pickle") {
    const { kind, ...named } = await pickleFileArrays(all);
    return { kind, ...withArrays(what, named) };
  }
  return undefined;
}

/** The arrays of a file that is in memory, as a page has it. Throws InputError naming the file where it is none of those. */
export async function memoryArrays(file: string, bytes: Uint8Array): Promise<ArrayFile> {
  const all = memoryBytes(file, bytes);
  const start = bytes.subarray(0, 512);
  const inMemory = async (array: StoredArray): Promise<StoredArray> => ({
    ...array,
    bytes: memoryBytes(array.what, await head(array.bytes, array.bytes.length)),
  });
  const found = await bytesArrays(all, start, plainUnpacker, inMemory);
  if (!found) throw unknownFile(file, start);
  return { file, ...found, close: async () => {} };
}

/** Throws InputError where a pickle holds no array: it says what it holds instead. */
function withArrays(file: string, { arrays, texts, skipped, settings, objects }: Named): Contents {
  if (arrays.size + texts.size + skipped.size > 0) return { arrays, texts, skipped, settings };
  const asked = [...objects].slice(0, 5).join(", ").slice(0, 300);
  throw new InputError(
    `${file}: expected a checkpoint of tensors (torch.save(model.state_dict(), ...)), got ${asked === "" ? "one without any" : `one that asks for ${asked}; nothing was run`}`,
  );
}

function inColumns({ shape, strides }: StoredArray): boolean {
  const rows = contiguous(shape);
  return shape.some((n, axis) => n > 1 && strides[axis] !== rows[axis]);
}
