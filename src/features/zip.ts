import { pipeline, Readable } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";
import { InputError, inputError } from "../errors.ts";
import { type Bytes, fileBytes, type OpenFile, type Reader } from "./bytes.ts";

/**
 * Zip files without unpacking them: the central directory at the end names every member (APPNOTE.TXT 4.3.12, zip64 4.5.3); a stored member
 * is a part of the file, a deflated one a stream. Sizes and checksums are those of the directory, and what unpacks to anything
 * else is an error: a member can neither claim nor produce more than the file can hold (deflate packs at most 1032 to 1).
 */
export interface ZipMember {
  name: string;
  compressed: boolean;
  bytes: Bytes;
}

export async function readZip(of: OpenFile): Promise<ZipMember[]> {
  const { file, size } = of;
  const tail = await part(of, Math.max(0, size - 65557 - 20), size);
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw inputError(file, "a whole zip file (its directory is at the end)", "none of it: is the file cut off?");
  let count = tail.getUint16(end + 10, true);
  let length = tail.getUint32(end + 12, true);
  let start = tail.getUint32(end + 16, true);
  if (end >= 20 && tail.getUint32(end - 20, true) === 0x07064b50) {
    const at = big(tail, end - 12);
    const record = await part(of, at, at + 56);
    if (record.getUint32(0, true) !== 0x06064b50) throw inputError(`${file}: zip64 directory`, "a record", "none");
    count = big(record, 32);
    length = big(record, 40);
    start = big(record, 48);
  }
  if (count * 46 > length)
    throw inputError(`${file}: members`, `at most ${Math.floor(length / 46)} in a directory of this length`, count);
  const directory = await part(of, start, start + length);
  const members: ZipMember[] = [];
  for (let at = 0; members.length < count; ) {
    if (at + 46 > length || directory.getUint32(at, true) !== 0x02014b50)
      throw inputError(`${file}: zip directory`, `${count} members`, `${members.length}`);
    const next =
      at + 46 + directory.getUint16(at + 28, true) + directory.getUint16(at + 30, true) + directory.getUint16(at + 32, true);
    if (next > length) throw inputError(`${file}: zip directory`, "whole entries", `one that ends at ${next} of ${length}`);
    members.push(await member(of, entry(directory, at)));
    at = next;
  }
  return members;
}

interface Entry {
  name: string;
  flags: number;
  method: number;
  crc: number;
  packed: number;
  size: number;
  offset: number;
}

function entry(view: DataView, at: number): Entry {
  const nameLength = view.getUint16(at + 28, true);
  const extra = at + 46 + nameLength;
  const found: Entry = {
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

async function member(of: OpenFile, { name, flags, method, crc, packed, size, offset }: Entry): Promise<ZipMember> {
  const what = `${of.file}, ${name}`;
  if (flags & 1) throw inputError(what, "a member that is not encrypted", "an encrypted one");
  if (method !== 0 && method !== 8) throw inputError(`${what}: compression`, "stored or deflate", `method ${method}`);
  const local = await part(of, offset, offset + 30, what);
  if (local.getUint32(0, true) !== 0x04034b50) throw inputError(what, "a zip member", `no header at ${offset}`);
  const start = offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  const raw = fileBytes(of, start, packed, what);
  if (method === 0) {
    if (packed !== size) throw inputError(`${what}: size`, `${packed} bytes (it is stored)`, size);
    return { name, compressed: false, bytes: verified(raw, crc) };
  }
  if (size > 1032 * packed + 64) throw inputError(`${what}: size`, `at most 1032 times its ${packed} packed bytes`, size);
  return { name, compressed: true, bytes: inflated(raw, size, crc) };
}

/** A stored member: its checksum is looked at when it is first read through from near its start. */
function verified(raw: Bytes, crc: number): Bytes {
  let known = false;
  return {
    ...raw,
    reader(from) {
      if (known || from > 1 << 20) return raw.reader(from);
      const inner = raw.reader(0);
      return checked(raw.what, inner, raw.length, crc, from, () => {
        known = true;
      });
    },
  };
}

function inflated(raw: Bytes, size: number, crc: number): Bytes {
  return { what: raw.what, length: size, reader: (from) => checked(raw.what, inflate(raw, size), size, crc, from, () => {}) };
}

function checked(what: string, inner: Reader, length: number, crc: number, from: number, good: () => void): Reader {
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

/** Unpacks as much as is asked for, and notices when there is more or less than `size`. */
function inflate(raw: Bytes, size: number): Reader {
  const { what } = raw;
  async function* packed(): AsyncGenerator<Uint8Array> {
    const from = raw.reader(0);
    for (let at = 0; at < raw.length; ) {
      const chunk = new Uint8Array(Math.min(1 << 18, raw.length - at));
      await from.fill(chunk);
      at += chunk.length;
      yield chunk;
    }
  }
  const stream = createInflateRaw({ chunkSize: 1 << 18 });
  // Errors come out where the stream is read.
  pipeline(Readable.from(packed(), { objectMode: true, highWaterMark: 1 }), stream, () => {});
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let rest: Uint8Array = new Uint8Array(0);
  let given = 0;
  const more = async (): Promise<boolean> => {
    try {
      const next = await chunks.next();
      if (next.done) return false;
      rest = next.value;
      return true;
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw inputError(what, "deflated data", (error as Error).message);
    }
  };
  return {
    async fill(into) {
      let done = 0;
      while (done < into.length) {
        if (rest.length === 0 && !(await more())) throw inputError(`${what}: unpacked size`, `${size} bytes`, given + done);
        const n = Math.min(rest.length, into.length - done);
        into.set(rest.subarray(0, n), done);
        rest = rest.subarray(n);
        done += n;
      }
      given += done;
      if (given === size && (rest.length > 0 || (await more())))
        throw inputError(`${what}: unpacked size`, `${size} bytes`, "more");
    },
    async close() {
      stream.destroy();
      await chunks.return?.();
    },
  };
}

async function part(of: OpenFile, from: number, to: number, what = of.file): Promise<DataView> {
  if (to - from > 1 << 28) throw inputError(`${what}: zip directory`, "at most 256 MB", to - from);
  const bytes = new Uint8Array(Math.max(0, to - from));
  await (fileBytes(of, from, to - from, what).readAt as NonNullable<Bytes["readAt"]>)(0, bytes);
  return new DataView(bytes.buffer);
}

const big = (view: DataView, at: number): number => {
  if (at < 0 || at + 8 > view.byteLength) throw new InputError("zip64: expected a whole record, got one that is cut off");
  return Number(view.getBigUint64(at, true));
};
