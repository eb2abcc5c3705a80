import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inputError } from "../errors.ts";
import { type Bytes, fileBytes, head, type OpenFile } from "./bytes.ts";
import { openFile } from "./open-file.ts";
import { npyArray } from "./read-npy.ts";
import { safetensorsArrays, shardedArrays } from "./read-safetensors.ts";
import { contiguous, type StoredArray } from "./stored-array.ts";
import { isCheckpoint, torchArrays } from "./torch.ts";
import { addNormalizedWeights } from "./weight-norm.ts";
import { readZip } from "./zip.ts";

/** A file of arrays, open: .npy (one array, called ""), .npz, .safetensors (or the index of many), .pt. Found by content, not by name. */
export interface ArrayFile {
  /** Its path. */
  readonly file: string;
  /** What it turned out to be. */
  readonly kind: "npy" | "npz" | "safetensors" | "torch";
  /** Its arrays by name (a .npy has one); nothing is read yet. */
  readonly arrays: ReadonlyMap<string, StoredArray>;
  /** Closes the file. */
  close(): Promise<void>;
}

/** Opens a .npy, .npz, .safetensors or PyTorch file. Throws InputError naming the file where it is none of them or is damaged. */
export async function openArrays(file: string): Promise<ArrayFile> {
  const opened = await openStored(file);
  addNormalizedWeights(file, opened.arrays);
  return opened;
}

async function openStored(file: string): Promise<ArrayFile & { arrays: Map<string, StoredArray> }> {
  const of = await openFile(file);
  const opened = [of];
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const { handle } of opened.splice(0)) await handle.close();
    for (const last of closers.splice(0)) await last();
  };
  try {
    const start = await head(fileBytes(of, 0, of.size), 8);
    const is = (...bytes: number[]): boolean => bytes.every((byte, i) => start[i] === byte);
    if (is(0x93, 0x4e, 0x55, 0x4d)) {
      return { file, kind: "npy", arrays: new Map([["", await npyArray(fileBytes(of, 0, of.size))]]), close };
    }
    if (is(0x50, 0x4b)) {
      const members = await readZip(of);
      if (isCheckpoint(members)) return { file, kind: "torch", arrays: await torchArrays(file, members), close };
      const arrays = new Map<string, StoredArray>();
      for (const { name, bytes, compressed } of members) {
        if (!name.endsWith(".npy")) continue;
        const array = await npyArray(bytes);
        arrays.set(name.slice(0, -4), compressed && inColumns(array) ? await unpacked(array, opened, closers) : array);
      }
      if (arrays.size === 0)
        throw inputError(
          file,
          "a zip of .npy files",
          `members ${
            members
              .map((m) => m.name)
              .slice(0, 5)
              .join(", ") || "none"
          }`,
        );
      return { file, kind: "npz", arrays, close };
    }
    if (is(0x7b) || /\.json$/i.test(file)) return { file, kind: "safetensors", arrays: await shardedArrays(file, opened), close };
    if (/\.safetensors$/i.test(file)) return { file, kind: "safetensors", arrays: await safetensorsArrays(of), close };
    if (is(0x80) && start[1] >= 2 && start[1] <= 5)
      throw inputError(file, "a checkpoint in PyTorch's zip format (1.6 or later)", "a bare pickle; nothing was run");
    throw inputError(file, "a .npy, .npz, .safetensors or .pt file", `first bytes ${[...start].join(" ")}`);
  } catch (error) {
    await close();
    throw error;
  }
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
