import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "../errors.ts";
import { type Bytes, fileBytes, head, type OpenFile } from "./bytes.ts";
import { type Contents, empty, put } from "./contents.ts";
import type { Named } from "./named-arrays.ts";
import { UnreadDtype } from "./npy.ts";
import { npyContents } from "./npy-contents.ts";
import { openFile } from "./open-file.ts";
import { npzArrays } from "./read-npz.ts";
import { safetensorsArrays, shardedArrays } from "./read-safetensors.ts";
import { contiguous, type StoredArray } from "./stored-array.ts";
import type { TextArray } from "./text-array.ts";
import { isCheckpoint, torchArrays } from "./torch.ts";
import { pickleFileArrays } from "./torch-legacy.ts";
import { isText, unknownFile } from "./unknown-file.ts";
import { nodeUnpacker } from "./unpack.ts";
import { addNormalizedWeights } from "./weight-norm.ts";
import { readZip, type ZipMember } from "./zip.ts";

/** A file of arrays, open: .npy (one array, called ""), .npz, .safetensors (or the index of many), .pt. Found by content, not by name. */
export interface ArrayFile {
  /** Its path. */
  readonly file: string;
  /** What it turned out to be. */
  readonly kind: "npy" | "npz" | "safetensors" | "torch" | "pickle";
  /** Its arrays by name (a .npy has one); nothing is read yet. */
  readonly arrays: ReadonlyMap<string, StoredArray>;
  /** Its arrays of words by name. */
  readonly texts: ReadonlyMap<string, TextArray>;
  /** What is in it and is not read, by name, and why. */
  readonly skipped: ReadonlyMap<string, string>;
  /** Closes the file. */
  close(): Promise<void>;
}

/** Opens a .npy, .npz, .safetensors or PyTorch file. Throws InputError naming the file where it is none of them or is damaged. */
export async function openArrays(file: string): Promise<ArrayFile> {
  const opened = await openStored(file);
  addNormalizedWeights(file, opened.arrays);
  return opened;
}

type Opened = Contents & Pick<ArrayFile, "file" | "kind" | "close">;

async function openStored(file: string): Promise<Opened> {
  const of = await openFile(file);
  const opened = [of];
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const { handle } of opened.splice(0)) await handle.close();
    for (const last of closers.splice(0)) await last();
  };
  const all = fileBytes(of, 0, of.size);
  try {
    const start = await head(all, 512);
    const is = (...bytes: number[]): boolean => bytes.every((byte, i) => start[i] === byte);
    if (is(0x93, 0x4e, 0x55, 0x4d)) {
      const found = await npyContents(all);
      if (found instanceof UnreadDtype) throw found;
      const contents = empty();
      put(contents, "", found);
      return { file, kind: "npy", ...contents, close };
    }
    if (is(0x50, 0x4b)) {
      const members = await readZip(all, nodeUnpacker);
      if (isCheckpoint(members)) return { file, kind: "torch", ...withArrays(file, await torchArrays(file, members)), close };
      const place = async (array: StoredArray, { compressed }: ZipMember): Promise<StoredArray> =>
        compressed && inColumns(array) ? unpacked(array, opened, closers) : array;
      return { file, kind: "npz", ...(await npzArrays(file, members, place)), close };
    }
    if (is(0x7b) || /\.json$/i.test(file)) return { file, kind: "safetensors", ...(await shardedArrays(file, opened)), close };
    // The length of a header in eight bytes, then the header.
    if ((start[8] === 0x7b && start[6] === 0 && start[7] === 0) || (/\.safetensors$/i.test(file) && !isText(start)))
      return { file, kind: "safetensors", ...(await safetensorsArrays(of)), close };
    // Protocols 0 and 1 have no first byte of their own: the name must say it.
    const old = /\.(pkl|pickle)$/i.test(file) && "(]}lcd".includes(String.fromCharCode(start[0]));
    if ((is(0x80) && start[1] >= 2 && start[1] <= 5) || old) {
      const { kind, ...named } = await pickleFileArrays(all);
      return { file, kind, ...withArrays(file, named), close };
    }
    throw unknownFile(file, start);
  } catch (error) {
    await close();
    throw error;
  }
}

/** Throws InputError where a pickle holds no array: it says what it holds instead. */
function withArrays(file: string, { arrays, texts, skipped, objects }: Named): Contents {
  if (arrays.size + texts.size + skipped.size > 0) return { arrays, texts, skipped };
  const asked = [...objects].slice(0, 5).join(", ").slice(0, 300);
  throw new InputError(
    `${file}: expected a checkpoint of tensors (torch.save(model.state_dict(), ...)), got ${asked === "" ? "one without any" : `one that asks for ${asked}; nothing was run`}`,
  );
}

function inColumns({ shape, strides }: StoredArray): boolean {
  const rows = contiguous(shape);
  return shape.some((n, axis) => n > 1 && strides[axis] !== rows[axis]);
}

/** Columns cannot be picked from a compressed stream: they are unpacked to a temporary file. */
async function unpacked(array: StoredArray, opened: OpenFile[], closers: (() => Promise<unknown>)[]): Promise<StoredArray> {
  const folder = await mkdtemp(join(tmpdir(), "nclab-"));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "columns");
  await copy(array.bytes, file);
  const of = await openFile(file);
  opened.push(of);
  return { ...array, bytes: fileBytes(of, 0, of.size, array.what) };
}

async function copy(bytes: Bytes, file: string): Promise<void> {
  const to = await open(file, "wx");
  const from = bytes.reader(0);
  try {
    const buffer = new Uint8Array(1 << 20);
    for (let at = 0; at < bytes.length; at += buffer.length) {
      const chunk = buffer.subarray(0, Math.min(buffer.length, bytes.length - at));
      await from.fill(chunk);
      await to.write(chunk);
    }
  } finally {
    await from.close();
    await to.close();
  }
}
