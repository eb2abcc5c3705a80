import * as zlib from "node:zlib";

/** Unpackers of parts whose length is known; none of them gives more. */

const { zstdDecompressSync } = zlib as unknown as { zstdDecompressSync?: typeof zlib.gunzipSync };

/** Zstandard: Node's own since 22.15, else the package that comes with Parquet's. */
export async function zstandardUnpacker(): Promise<(packed: Uint8Array, length: number) => Uint8Array> {
  if (zstdDecompressSync) return (packed, length) => zstdDecompressSync(packed, { maxOutputLength: Math.max(1, length) });
  const { decompressZstd } = await import("hyparquet-compressors");
  return (packed, length) => decompressZstd(packed, new Uint8Array(length));
}

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
  if (done !== length) throw new Error(`${done} bytes of ${length}`);
  return out;
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
