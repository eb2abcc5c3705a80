import { inputError } from "../errors.ts";
import { type Bytes, type Reader, sliceOf } from "./bytes.ts";
import {
  checkApart,
  checkEnd,
  memberWords,
  tailLength,
  type ZipEntry,
  zip64End,
  zipEnd,
  zipEntries,
  zipStart,
} from "./zip-directory.ts";

/**
 * Zip files without unpacking them: a stored member is a part of the file, a deflated one a stream. Sizes and checksums are those of the
 * directory, and what unpacks to anything else is an error: a member can neither claim nor produce more than its own part of the file can
 * hold. A checksum needs the whole member: it is compared when the last byte has been read, or, where only a part is read, by `verify`.
 */
export interface ZipMember {
  name: string;
  compressed: boolean;
  bytes: Bytes;
}

/** What the host unpacks and sums with: node:zlib, or plain code in a browser. */
export interface Unpacker {
  /** Reads what `raw` unpacks to, and notices when that is more or less than `size` bytes. */
  inflate(raw: Bytes, size: number): Reader;
  /** The checksum of more bytes. */
  crc32(bytes: Uint8Array, before: number): number;
}

/** The members of a zip file. Throws InputError naming it where it is damaged, encrypted or packed in another way. */
export async function readZip(file: Bytes, unpacker: Unpacker): Promise<ZipMember[]> {
  const { what, length } = file;
  const part = async (from: number, to: number): Promise<DataView> => {
    const bytes = new Uint8Array(Math.max(0, to - from));
    await sliceOf(file, from, to - from).readAt?.(0, bytes);
    return new DataView(bytes.buffer);
  };
  const found = zipEnd(await part(Math.max(0, length - tailLength), length), what);
  const end = "record" in found ? zip64End(await part(found.record, found.record + 56), what) : found;
  checkEnd(end, what);
  const entries = zipEntries(await part(end.start, end.start + end.length), end, what);
  const members: ZipMember[] = [];
  const places: { name: string; from: number; to: number }[] = [];
  for (const entry of entries) {
    const own = memberWords(what, entry.name);
    const start = zipStart(entry, await part(entry.offset, entry.offset + 30), own);
    places.push({ name: entry.name, from: entry.offset, to: start + entry.packed });
    members.push({
      name: entry.name,
      compressed: entry.method === 8,
      bytes: memberBytes(sliceOf(file, start, entry.packed, own), entry, unpacker),
    });
  }
  checkApart([...places, { name: "the directory", from: end.start, to: end.start + end.length }], what);
  return members;
}

function memberBytes(raw: Bytes, { method, size, crc }: ZipEntry, unpacker: Unpacker): Bytes {
  const { what } = raw;
  let known = false;
  const good = (): void => {
    known = true;
  };
  const whole = (): Reader => (method === 8 ? unpacker.inflate(raw, size) : raw.reader(0));
  const summed = (from: number): Reader => checked(what, whole(), { length: size, crc, from, good }, unpacker);
  const verify = async (): Promise<void> => {
    if (known) return;
    const reader = summed(0);
    try {
      const chunk = new Uint8Array(1 << 18);
      for (let at = 0; at < size || at === 0; at += chunk.length)
        await reader.fill(chunk.subarray(0, Math.min(chunk.length, size - at)));
    } finally {
      await reader.close();
    }
  };
  if (method === 8) return { what, length: size, packed: raw.length, reader: summed, verify };
  // What is read from far inside is read there; `verify` looks at the rest.
  return { ...raw, reader: (from) => (known || from > 1 << 20 ? raw.reader(from) : summed(from)), verify };
}

/** Sums all that is read, from the beginning on, and compares at the end. */
function checked(
  what: string,
  inner: Reader,
  { length, crc, from, good }: { length: number; crc: number; from: number; good: () => void },
  { crc32 }: Unpacker,
): Reader {
  let sum = 0;
  let at = 0;
  const fill = async (into: Uint8Array): Promise<void> => {
    await inner.fill(into);
    sum = crc32(into, sum);
    at += into.length;
    if (at < length) return;
    await inner.fill(new Uint8Array(0));
    if (sum !== crc) throw inputError(`${what}: checksum`, crc.toString(16), sum.toString(16));
    good();
  };
  return {
    async fill(into) {
      const skip = new Uint8Array(Math.min(1 << 16, Math.max(0, from - at)));
      while (at < from) await fill(skip.subarray(0, Math.min(skip.length, from - at)));
      await fill(into);
    },
    close: () => inner.close(),
  };
}
