import { inputError } from "../errors.ts";

/**
 * Reads a tar archive as it streams by and hands out the regular files that were asked for, by exact name and size. Everything
 * else is passed over, so no name in the archive ever becomes a path.
 *
 * Format: a header of 512 bytes a file (name at 0, size in octal at 124, sum of the header's bytes at 148, type at 156, first
 * part of a long name at 345), the content padded to 512, two blocks of zeros at the end.
 */
export async function* tarFiles(
  source: AsyncIterable<Uint8Array>,
  wanted: ReadonlyMap<string, number>,
  what = "tar archive",
): AsyncGenerator<{ name: string; data: Uint8Array }> {
  const take = reader(source, what);
  for (;;) {
    const header = await take(512, true);
    if (header.every((byte) => byte === 0)) return;
    const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
    if (octal(header, 148, 8) !== sum) throw inputError(what, "tar headers with a right checksum", "a damaged header");
    const size = octal(header, 124, 12);
    if (!Number.isSafeInteger(size)) throw inputError(what, "file sizes in octal", text(header, 124, 12));
    const name = [text(header, 345, 155), text(header, 0, 100)].filter((part) => part !== "").join("/");
    const regular = header[156] === 0 || header[156] === 0x30;
    const padding = (512 - (size % 512)) % 512;
    if (regular && wanted.has(name)) {
      if (size !== wanted.get(name)) throw inputError(`${what}: ${name}`, `${wanted.get(name)} bytes`, size);
      yield { name, data: await take(size, true) };
      await take(padding, false);
    } else await take(size + padding, false);
  }
}

/** Takes n bytes off the stream: returned where `keep`, else dropped as they come. */
function reader(source: AsyncIterable<Uint8Array>, what: string): (n: number, keep: boolean) => Promise<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  let chunk = new Uint8Array(0);
  return async (n, keep) => {
    const out = new Uint8Array(keep ? n : 0);
    for (let done = 0; done < n; ) {
      if (chunk.length === 0) {
        const next = await chunks.next();
        if (next.done) throw inputError(what, "a complete archive", "its end in the middle of a file");
        chunk = new Uint8Array(next.value);
      }
      const part = chunk.subarray(0, Math.min(chunk.length, n - done));
      if (keep) out.set(part, done);
      done += part.length;
      chunk = chunk.subarray(part.length);
    }
    return out;
  };
}

function text(header: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...header.subarray(at, at + length)).replace(/\0.*$/s, "");
}

function octal(header: Uint8Array, at: number, length: number): number {
  const digits = text(header, at, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}
