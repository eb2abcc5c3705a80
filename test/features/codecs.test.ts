import * as zlib from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { snappyLength, unpackHadoopLz4, unpackLz4, unpackLz4Frame } from "../../src/features/codecs.ts";

afterEach(() => {
  vi.doUnmock("node:zlib");
  vi.resetModules();
});

const letters = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** "abcd" and eight letters that repeat it, then "efghi": a block of LZ4 must end with five of its own. */
const block = [0x44, ...letters("abcd"), 4, 0, 0x50, ...letters("efghi")];
const whole = "abcdabcdabcdefghi";
const big = (n: number): number[] => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255];
const frame = [4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0, block.length, 0, 0, 0, ...block, 0, 0, 0, 0];
const hadoop = [...big(17), ...big(block.length), ...block];

test.each([
  ["a block of LZ4", unpackLz4, block],
  ["Hadoop's LZ4", unpackHadoopLz4, hadoop],
  ["Hadoop's LZ4, two blocks", unpackHadoopLz4, [...hadoop, ...hadoop]],
  ["LZ4 without Hadoop's lengths", unpackHadoopLz4, block],
  ["a frame of LZ4", unpackLz4Frame, frame],
] as const)("%s: all of it, and nothing but it", (_, unpack, packed) => {
  const bytes = Uint8Array.from(packed);
  const times = packed.length === 2 * hadoop.length ? 2 : 1;
  expect(text(unpack(bytes, times * 17))).toBe(whole.repeat(times));
  for (const length of [0, 4, 16, 18, 40])
    expect(() => unpack(bytes, times === 2 && length === 40 ? 41 : length), `${length}`).toThrow();
  for (let cut = 1; cut < bytes.length; cut++)
    expect(() => unpack(bytes.subarray(0, cut), times * 17), `cut at ${cut}`).toThrow();
});

test("what Snappy holds, by its elements and not by what it says", () => {
  // A text of 4, a repetition of 8 with two bytes of distance, one of 5 with one, one of 7 with four; a text of 70 behind its length in a byte.
  const long = Array.from({ length: 70 }, () => 120);
  const packed = [
    99,
    3 << 2,
    ...letters("abcd"),
    (7 << 2) | 2,
    4,
    0,
    (1 << 2) | 1,
    4,
    (6 << 2) | 3,
    4,
    0,
    0,
    0,
    60 << 2,
    69,
    ...long,
  ];
  expect(snappyLength(Uint8Array.from(packed))).toBe(4 + 8 + 5 + 7 + 70);
  expect(() => snappyLength(Uint8Array.from(packed.slice(0, -1)))).toThrow(/cut off/);
});

// A frame with "abcdefgh" in one block as it is, its size stated or not.
const zstandard = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 8, ...[(8 << 3) | 1, 0, 0], ...letters("abcdefgh"));

test.each([
  ["Node's own", true],
  ["the package's", false],
])("Zstandard by %s unpacker: as many bytes as are asked for or an error", async (_, own) => {
  if (own && !("zstdDecompressSync" in zlib)) {
    console.info("skipped: this Node has no Zstandard of its own");
    return;
  }
  vi.doMock("node:zlib", () => ({ ...zlib, ...(own ? {} : { zstdDecompressSync: undefined }) }));
  const { zstandardUnpacker } = await import("../../src/features/codecs.ts");
  const unpack = await zstandardUnpacker();
  expect(text(unpack(zstandard, 8))).toBe("abcdefgh");
  // No Buffer, whose slice is no copy.
  expect(Object.getPrototypeOf(unpack(zstandard, 8))).toBe(Uint8Array.prototype);
  for (const length of [0, 4, 7, 9, 16]) expect(() => unpack(zstandard, length), `${length}`).toThrow();
  expect(() => unpack(zstandard.subarray(0, -2), 8)).toThrow();
});
