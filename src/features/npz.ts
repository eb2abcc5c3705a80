import { type Zippable, zipSync } from "fflate";
import { inputError } from "../errors.ts";
import type { NumericArray } from "./array.ts";
import { crc32 } from "./crc32.ts";
import { decodeNpy, encodeNpy, UnreadDtype } from "./npy.ts";
import { inflateAll } from "./unpack-plain.ts";
import {
  arrayOfMember,
  checkApart,
  checkEnd,
  memberWords,
  tailLength,
  zip64End,
  zipEnd,
  zipEntries,
  zipStart,
} from "./zip-directory.ts";

/** NumPy's .npz: a zip of .npy files, one an array. */
export function encodeNpz(arrays: Record<string, NumericArray>): Uint8Array {
  const files: Zippable = {};
  // A fixed date: the same numbers give the same bytes.
  for (const [name, array] of Object.entries(arrays))
    files[`${name}.npy`] = [encodeNpy(array), { level: 6, mtime: "1980-01-01" }];
  return zipSync(files);
}

/**
 * All arrays of a small .npz held in memory, at most `most` bytes of them unpacked; those of text or objects are left out. Throws InputError
 * naming `what`, where a checksum differs too.
 */
export function decodeNpz(bytes: Uint8Array, what = ".npz", most: number = 2 ** 28): Record<string, NumericArray<Float64Array>> {
  const view = (from: number, length: number): DataView => {
    if (!(from >= 0 && length >= 0 && from + length <= bytes.length))
      throw inputError(what, `its bytes inside the file's ${bytes.length}`, `${length} bytes from ${from}`);
    return new DataView(bytes.buffer, bytes.byteOffset + from, length);
  };
  const tail = Math.min(bytes.length, tailLength);
  const found = zipEnd(view(bytes.length - tail, tail), what);
  const end = "record" in found ? zip64End(view(found.record, 56), what) : found;
  checkEnd(end, what);
  const entries = zipEntries(view(end.start, end.length), end, what).filter(({ name }) => arrayOfMember(name) !== null);
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > most) throw inputError(what, `at most ${most} bytes unpacked`, total);
  const places = entries.map((entry) => {
    const start = zipStart(entry, view(entry.offset, 30), memberWords(what, entry.name));
    view(start, entry.packed);
    return { name: entry.name, start, from: entry.offset, to: start + entry.packed };
  });
  checkApart([...places, { name: "the directory", from: end.start, to: end.start + end.length }], what);
  const arrays = new Map<string, NumericArray<Float64Array>>();
  entries.forEach(({ name: member, method, size, crc }, i) => {
    const own = memberWords(what, member);
    const raw = bytes.subarray(places[i].start, places[i].to);
    const content = method === 8 ? inflateAll(raw, size, own) : raw;
    const sum = crc32(content);
    if (sum !== crc) throw inputError(`${own}: checksum`, crc.toString(16), sum.toString(16));
    try {
      arrays.set(arrayOfMember(member) as string, decodeNpy(content, own));
    } catch (error) {
      if (!(error instanceof UnreadDtype)) throw error;
    }
  });
  return Object.fromEntries(arrays);
}
