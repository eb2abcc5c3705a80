import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import { InputError } from "../errors.ts";
import type { Bytes } from "./bytes.ts";
import { endingsElsewhere } from "./formats/elsewhere.ts";
import { transformed } from "./unpack.ts";
import { zstandardFrames } from "./zstandard-frames.ts";

/** A way in which a whole file is packed, whatever it holds. */
export interface Packing {
  /** How names of such files end. */
  readonly ending: string;
  /** What it unpacks to, a chunk at a time. Throws InputError where it is damaged or cut off. */
  unpacked(bytes: Bytes): AsyncIterable<Uint8Array>;
}

const packings: readonly (Packing & { begins: readonly number[] })[] = [
  {
    ending: endingsElsewhere.gzip[0],
    begins: [0x1f, 0x8b],
    unpacked: (bytes) => transformed(bytes, zlib.createGunzip({ chunkSize: 1 << 18 }), "gzip data"),
  },
  {
    ending: endingsElsewhere.zstandard[0],
    begins: [0x28, 0xb5, 0x2f, 0xfd],
    unpacked: zstandard,
  },
];

/** How a file is packed, by its first bytes; undefined where it is not. */
export function packingOf(start: Uint8Array): Packing | undefined {
  return packings.find(({ begins }) => begins.every((byte, i) => start[i] === byte));
}

/** What a file is called inside its packing: its name without the ending of packed files, in small letters or capitals, if it has one. */
export function withoutPacking(name: string): string {
  const ending = packings.find((packing) => name.toLowerCase().endsWith(packing.ending))?.ending ?? "";
  return name.slice(0, name.length - ending.length);
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
