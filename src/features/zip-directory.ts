import { InputError, inputError } from "../errors.ts";

/**
 * The directory at the end of a zip file (APPNOTE.TXT 4.3.12, zip64 4.5.3): it names every member, where it begins, how long it is packed and
 * unpacked, and its checksum.
 */
export interface ZipEntry {
  name: string;
  flags: number;
  method: number;
  crc: number;
  packed: number;
  size: number;
  offset: number;
}

/** The array that a member of a .npz is: its name without `.npy`; null: it is none. */
export const arrayOfMember = (name: string): string | null => (name.endsWith(".npy") ? name.slice(0, -4) : null);

/** What messages call a member: an array by the name under which everything else knows it. */
export const memberWords = (file: string, name: string): string => `${file}, ${arrayOfMember(name) ?? name}`;

/** Where the directory is. */
export interface ZipEnd {
  count: number;
  length: number;
  start: number;
}

/** The most bytes from the end of the file that hold where the directory is: the record, its comment, the locator of zip64. */
export const tailLength: number = 65557 + 20;

/** From the last bytes of a file: the directory's place, or where zip64's record says it (56 bytes). */
export function zipEnd(tail: DataView, file: string): ZipEnd | { record: number } {
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw inputError(file, "a whole zip file (its directory is at the end)", "one without its end: it may be cut off");
  if (end >= 20 && tail.getUint32(end - 20, true) === 0x07064b50) return { record: big(tail, end - 12) };
  return { count: tail.getUint16(end + 10, true), length: tail.getUint32(end + 12, true), start: tail.getUint32(end + 16, true) };
}

export function zip64End(record: DataView, file: string): ZipEnd {
  if (record.getUint32(0, true) !== 0x06064b50) throw inputError(`${file}: zip64 directory`, "a record", "none");
  return { count: big(record, 32), length: big(record, 40), start: big(record, 48) };
}

/** Throws InputError where a directory of that length cannot have as many entries, or is larger than any that is read. */
export function checkEnd({ count, length }: ZipEnd, file: string): void {
  if (count * 46 > length)
    throw inputError(`${file}: members`, `at most ${Math.floor(length / 46)} in a directory of this length`, count);
  if (length > 1 << 26) throw inputError(`${file}: zip directory`, "at most 64 MB", length);
}

export function zipEntries(directory: DataView, { count, length }: ZipEnd, file: string): ZipEntry[] {
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count; ) {
    if (at + 46 > length || directory.getUint32(at, true) !== 0x02014b50)
      throw inputError(`${file}: zip directory`, `${count} members`, `${entries.length}`);
    const next =
      at + 46 + directory.getUint16(at + 28, true) + directory.getUint16(at + 30, true) + directory.getUint16(at + 32, true);
    if (next > length) throw inputError(`${file}: zip directory`, "whole entries", `one that ends at ${next} of ${length}`);
    entries.push(entry(directory, at));
    at = next;
  }
  return entries;
}

function entry(view: DataView, at: number): ZipEntry {
  const nameLength = view.getUint16(at + 28, true);
  const extra = at + 46 + nameLength;
  const found: ZipEntry = {
    name: new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength)),
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    packed: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    offset: view.getUint32(at + 42, true),
  };
  const end = extra + view.getUint16(at + 30, true);
  for (let e = extra; e + 4 <= end; e += 4 + view.getUint16(e + 2, true)) {
    if (view.getUint16(e, true) !== 1) continue;
    // zip64: eight bytes for each of the fields that say 0xffffffff, in this order.
    let field = e + 4;
    for (const name of ["size", "packed", "offset"] as const) {
      if (found[name] !== 0xffffffff || field + 8 > end) continue;
      found[name] = big(view, field);
      field += 8;
    }
  }
  return found;
}

/** Where the member's bytes begin; `local` is its header (30 bytes). Throws InputError for what is not read. */
export function zipStart({ flags, method, packed, size, offset }: ZipEntry, local: DataView, what: string): number {
  if (flags & 1) throw inputError(what, "a member that is not encrypted", "an encrypted one");
  if (method !== 0 && method !== 8) throw inputError(`${what}: compression`, "stored or deflate", `method ${method}`);
  if (local.getUint32(0, true) !== 0x04034b50) throw inputError(what, "a zip member", `no header at ${offset}`);
  if (method === 0 && packed !== size) throw inputError(`${what}: size`, `${packed} bytes (it is stored)`, size);
  // Deflate packs at most 1032 to 1.
  if (size > 1032 * packed + 64) throw inputError(`${what}: size`, `at most 1032 times its ${packed} packed bytes`, size);
  return offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
}

/** Members that share bytes would unpack to any multiple of the file. Throws InputError where two do. */
export function checkApart(places: readonly { name: string; from: number; to: number }[], file: string): void {
  const sorted = [...places].sort((a, b) => a.from - b.from || a.to - b.to);
  for (let i = 1; i < sorted.length; i++) {
    const [before, after] = [sorted[i - 1], sorted[i]];
    if (after.from < before.to)
      throw inputError(
        memberWords(file, after.name),
        `its own bytes, behind those of ${(arrayOfMember(before.name) ?? before.name).slice(0, 100)}`,
        `from byte ${after.from}`,
      );
  }
}

const big = (view: DataView, at: number): number => {
  if (at < 0 || at + 8 > view.byteLength) throw new InputError("zip64: expected a whole record, got one that is cut off");
  return Number(view.getBigUint64(at, true));
};
