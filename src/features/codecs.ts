import * as zlib from "node:zlib";

/** Unpackers of parts whose length is known: exactly that many bytes, or an error. */

const { zstdDecompressSync } = zlib as unknown as { zstdDecompressSync?: typeof zlib.gunzipSync };

/** Zstandard: Node's own since 22.15, else a package. */
export async function zstandardUnpacker(): Promise<(packed: Uint8Array, length: number) => Uint8Array> {
  if (zstdDecompressSync)
    return (packed, length) => exactly(zstdDecompressSync(packed, { maxOutputLength: Math.max(1, length) }), length);
  const { Decompress } = await import("fzstd");
  return (packed, length) => {
    const out = new Uint8Array(length);
    let done = 0;
    const stream = new Decompress((chunk) => {
      if (done + chunk.length > length) throw new Error(`more than ${length} bytes`);
      out.set(chunk, done);
      done += chunk.length;
    });
    stream.push(packed, true);
    return exactly(out.subarray(0, done), length);
  };
}

/** What Node unpacks is a Buffer, whose `slice` is no copy: plain bytes of the same memory. */
function exactly({ buffer, byteOffset, length: own }: Uint8Array, length: number): Uint8Array {
  if (own !== length) throw new Error(`${own} bytes of ${length}`);
  return new Uint8Array(buffer, byteOffset, own);
}

/** gzip and Brotli, Node's own. */
export const unpackGzip = (packed: Uint8Array, length: number): Uint8Array =>
  exactly(zlib.gunzipSync(packed, { maxOutputLength: Math.max(1, length) }), length);
export const unpackBrotli = (packed: Uint8Array, length: number): Uint8Array =>
  exactly(zlib.brotliDecompressSync(packed, { maxOutputLength: Math.max(1, length) }), length);

/** A frame of LZ4 (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md); its checksums are not compared. */
export function unpackLz4Frame(packed: Uint8Array, length: number): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (view.getUint32(0, true) !== 0x184d2204) throw new Error("no frame of LZ4");
  const flags = view.getUint8(4);
  const out = new Uint8Array(length);
  // Flags, sizes, an optional size of 8 bytes, an optional dictionary's number, a checksum.
  let at = 6 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0) + 1;
  let done = 0;
  for (let size = view.getUint32(at, true); size !== 0; size = view.getUint32(at, true)) {
    at += 4;
    const n = size % 2 ** 31;
    if (at + n > packed.length) throw new Error("a block of LZ4 that is cut off");
    const block = packed.subarray(at, at + n);
    if (size >= 2 ** 31) {
      if (done + n > length) throw new Error(`more than ${length} bytes`);
      out.set(block, done);
      done += n;
    } else done = unpackLz4Block(block, out, done);
    at += n + (flags & 16 ? 4 : 0);
  }
  return exactly(out.subarray(0, done), length);
}

/** One block of LZ4 without a frame. */
export function unpackLz4(packed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  return exactly(out.subarray(0, unpackLz4Block(packed, out, 0)), length);
}

/** Blocks of LZ4 as Hadoop writes them, each behind its two lengths, unpacked and packed, high byte first; or one block without. */
export function unpackHadoopLz4(packed: Uint8Array, length: number): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const out = new Uint8Array(length);
  let [at, done] = [0, 0];
  while (at + 8 <= packed.length) {
    const [own, size] = [view.getUint32(at), view.getUint32(at + 4)];
    if (done + own > length || at + 8 + size > packed.length) break;
    try {
      if (unpackLz4Block(packed.subarray(at + 8, at + 8 + size), out, done) !== done + own) break;
    } catch {
      break;
    }
    done += own;
    at += 8 + size;
  }
  return at === packed.length ? exactly(out.subarray(0, done), length) : unpackLz4(packed, length);
}

/** How many bytes Snappy's format unpacks to (https://github.com/google/snappy/blob/main/format_description.txt), by what it holds and not by what it says. */
export function snappyLength(packed: Uint8Array): number {
  let at = 0;
  while (at < packed.length && packed[at] >= 128) at++;
  let done = 0;
  for (at++; at < packed.length; ) {
    const kind = packed[at] & 3;
    let own = packed[at++] >> 2;
    if (kind > 0) {
      done += kind === 1 ? 4 + (own & 7) : own + 1;
      at += [0, 1, 2, 4][kind];
      continue;
    }
    if (own >= 60) {
      const bytes = own - 59;
      own = 0;
      for (let k = bytes - 1; k >= 0; k--) own = own * 256 + packed[at + k];
      at += bytes;
    }
    done += own + 1;
    at += own + 1;
  }
  if (at !== packed.length) throw new Error("Snappy that is cut off");
  return done;
}

/** Appends what a block unpacks to; it may repeat what stands before it. Returns where it ends. */
function unpackLz4Block(block: Uint8Array, out: Uint8Array, from: number): number {
  let [at, done] = [0, from];
  const longer = (n: number): number => {
    let total = n;
    for (let more = n === 15; more; at++) {
      if (at >= block.length) throw new Error("a block of LZ4 that is cut off");
      total += block[at];
      more = block[at] === 255;
    }
    return total;
  };
  while (at < block.length) {
    const token = block[at++];
    const own = longer(token >> 4);
    if (at + own > block.length || done + own > out.length) throw new Error("a block of LZ4 that is too long");
    out.set(block.subarray(at, at + own), done);
    at += own;
    done += own;
    if (at === block.length) return done;
    const back = block[at] + 256 * block[at + 1];
    at += 2;
    const again = longer(token & 15) + 4;
    if (!(back > 0 && back <= done) || done + again > out.length)
      throw new Error("a block of LZ4 that repeats what is not there");
    for (let k = 0; k < again; k++) out[done + k] = out[done + k - back];
    done += again;
  }
  return done;
}
