import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import { InputError } from "../errors.ts";
import type { Bytes } from "./bytes.ts";
import { type PackingName, packedAs } from "./packed-names.ts";
import { transformed } from "./unpack.ts";
import { zstandardFrames } from "./zstandard-frames.ts";

/** What a packed file unpacks to, a chunk at a time. Throws InputError where it is damaged or cut off. */
export type Unpacking = (bytes: Bytes) => AsyncIterable<Uint8Array>;

const packings: Readonly<Record<PackingName, Unpacking>> = {
  gzip: (bytes) => transformed(bytes, zlib.createGunzip({ chunkSize: 1 << 18 }), "gzip data"),
  zstandard,
};

/** How a file is unpacked, by its first bytes; undefined where it is not packed. */
export function unpackingOf(start: Uint8Array): Unpacking | undefined {
  const packing = packedAs(start);
  return packing && packings[packing];
}

/** Node has Zstandard since 22.15 and 23.8. */
async function* zstandard(bytes: Bytes): AsyncGenerator<Uint8Array> {
  const { createZstdDecompress: make } = zlib as unknown as { createZstdDecompress?: (options: object) => Transform };
  if (!make)
    throw new InputError(
      `${bytes.what}: expected a Node that unpacks Zstandard (22.15 or later), got ${process.version} (unpack it first: unzstd)`,
    );
  for await (const frame of zstandardFrames(bytes)) yield* transformed(frame, make({ chunkSize: 1 << 18 }), "Zstandard data");
}
