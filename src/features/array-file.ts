import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OpenFile, openFile } from "../files/index.ts";
import { type Bytes, fileBytes, head } from "./bytes.ts";
import { bytesArrays } from "./bytes-arrays.ts";
import type { Contents } from "./contents.ts";
import { fileKind } from "./file-kind.ts";
import { safetensorsArrays, shardedArrays } from "./read-safetensors.ts";
import type { StoredArray } from "./stored-array.ts";
import type { TextArray } from "./text-array.ts";
import { isText, unknownFile } from "./unknown-file.ts";
import { nodeUnpacker } from "./unpack.ts";
import { addNormalizedWeights, addSpectralWeights } from "./weight-norm.ts";

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
  /** Weight decays that a pickle keeps beside its arrays, by name (`optimizer.param_groups.0.weight_decay`), and whether they are decoupled from the gradient. */
  readonly settings: ReadonlyMap<string, number | boolean>;
  /** Closes the file. */
  close(): Promise<void>;
}

/** Opens a .npy, .npz, .safetensors or PyTorch file. Throws InputError naming the file where it is none of them or is damaged. */
export async function openArrays(file: string): Promise<ArrayFile> {
  const opened = await openStored(file);
  addNormalizedWeights(file, opened.arrays);
  addSpectralWeights(file, opened.arrays);
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
    const place = (array: StoredArray): Promise<StoredArray> => unpacked(array, opened, closers);
    const found = await bytesArrays(all, start, nodeUnpacker, place);
    if (found) return { file, ...found, close };
    if (start[0] === 0x7b || /\.json$/i.test(file))
      return { file, kind: "safetensors", ...(await shardedArrays(file, opened)), close };
    if (fileKind(start, file) === "safetensors" || (/\.safetensors$/i.test(file) && !isText(start)))
      return { file, kind: "safetensors", ...(await safetensorsArrays(of)), close };
    throw unknownFile(file, start);
  } catch (error) {
    await close();
    throw error;
  }
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
