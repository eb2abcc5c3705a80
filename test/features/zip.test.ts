import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { decodeNpy, decodeNpz, encodeNpy, openArrays, readWhole, rowBlocks, type StoredArray } from "../../src/features/index.ts";
import { memoryArrays } from "../../src/features/memory-arrays.ts";
import { memoryBytes } from "../../src/features/memory-bytes.ts";
import { nodeUnpacker } from "../../src/features/unpack.ts";
import { plainUnpacker } from "../../src/features/unpack-plain.ts";
import { readZip } from "../../src/features/zip.ts";
import { random } from "../../src/math/random.ts";
import { type Made, zipOf } from "./zip-files.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-zip-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const r = random(5);
const npy = (shape: number[], fortran = false): Uint8Array => {
  const n = shape.reduce((a, b) => a * b, 1);
  const bytes = encodeNpy({ shape, data: Float64Array.from({ length: n }, () => r.integer(9)) });
  if (fortran) bytes.set(new TextEncoder().encode("True, "), String.fromCharCode(...bytes.subarray(0, 128)).indexOf("False,"));
  return bytes;
};
const text = (n: number): Uint8Array => Uint8Array.from({ length: n }, () => 97 + r.integer(3));
async function drain(blocks: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of blocks);
}
const unpackers = { "node:zlib": nodeUnpacker, "plain code": plainUnpacker };

async function contents(zip: Uint8Array, unpacker = nodeUnpacker): Promise<[string, Uint8Array][]> {
  const found: [string, Uint8Array][] = [];
  for (const { name, bytes } of await readZip(memoryBytes("a.zip", zip), unpacker)) {
    const all = new Uint8Array(bytes.length);
    const reader = bytes.reader(0);
    // In pieces of odd sizes.
    for (let at = 0; at < all.length; at += 777) await reader.fill(all.subarray(at, Math.min(all.length, at + 777)));
    if (all.length === 0) await reader.fill(all);
    await reader.close();
    found.push([name, all]);
  }
  return found;
}

describe.each(Object.entries(unpackers))("%s", (_, unpacker) => {
  test.each([false, true])(
    "members stored and deflated, zip64 %s: sizes, packed sizes and offsets are told apart",
    async (zip64) => {
      const members: Made[] = [
        { name: "a", content: text(5000), deflated: true },
        { name: "b", content: text(300) },
        { name: "empty", content: new Uint8Array(0) },
        { name: "c", content: text(100_000), deflated: true },
      ];
      const found = await contents(zipOf(members, zip64), unpacker);
      expect(found.map(([name]) => name)).toEqual(["a", "b", "empty", "c"]);
      for (const [i, [, all]] of found.entries()) expect(Buffer.compare(all, members[i].content)).toBe(0);
    },
  );

  test.each([false, true])("a zip of nothing, which is its directory's record alone, zip64 %s", async (zip64) => {
    const zip = zipOf([], zip64);
    if (!zip64) expect(zip).toHaveLength(22);
    expect(await contents(zip, unpacker)).toEqual([]);
  });

  test("what unpacks to more or less than it says, or to anything else, is an error", async () => {
    const content = text(5000);
    for (const [says, message] of [
      [{ size: 4999 }, /unpacked size: expected 4999 bytes, got "more"/],
      [{ size: 5001 }, /unpacked size: expected 5001 bytes, got 5000/],
      [{ crc: 7 }, /checksum: expected 7,/],
    ] as const)
      await expect(contents(zipOf([{ name: "a", content, deflated: true, says }]), unpacker)).rejects.toThrow(message);
    const zip = zipOf([{ name: "a", content, deflated: true }]);
    zip.fill(255, 40, 60);
    await expect(contents(zip, unpacker)).rejects.toThrow(InputError);
  });
});

test("members that share bytes are refused, whatever reads them", async () => {
  const content = npy([4, 2]);
  const twice: Made[] = [
    { name: "features.npy", content },
    { name: "again.npy", content, says: { offset: 0 } },
  ];
  // One member's bytes that go on into the next.
  const into: Made[] = [
    { name: "a.npy", content, says: { packed: content.length + 40, size: content.length + 40 } },
    { name: "b.npy", content },
  ];
  const directory: Made[] = [{ name: "a.npy", content, says: { packed: content.length + 40, size: content.length + 40 } }];
  for (const members of [twice, into, directory]) {
    const zip = zipOf(members);
    await expect(contents(zip)).rejects.toThrow(/its own bytes/);
    expect(() => decodeNpz(zip, "a.npz")).toThrow(/a\.npz, .*its own bytes/);
  }
});

describe("a changed byte is noticed wherever it is and whatever is read", () => {
  const N = 40_000;
  const arrays = { rows: npy([N, 4]), columns: npy([N, 4], true) };
  const parts: [string, (a: StoredArray) => Promise<unknown>][] = [
    ["all", (a) => readWhole(a)],
    ["the first rows", async (a) => drain(rowBlocks(a, 0, 10, 10))],
    ["rows far inside", async (a) => drain(rowBlocks(a, N - 10, N - 5, 10))],
  ];
  test.each(
    Object.entries(arrays).flatMap(([order, content]) =>
      [false, true].flatMap((deflated) => parts.map(([part, read]) => ({ order, deflated, part, content, read }))),
    ),
  )("$order, deflated $deflated, $part", async ({ content, deflated, read }) => {
    const file = join(folder, "changed.npz");
    const open = async (crc?: number): Promise<unknown> => {
      writeFileSync(file, zipOf([{ name: "features.npy", content, deflated, says: crc === undefined ? {} : { crc } }]));
      const opened = await openArrays(file);
      try {
        return await read(opened.arrays.get("features") as StoredArray);
      } finally {
        await opened.close();
      }
    };
    await open();
    await expect(open(12345)).rejects.toThrow(/changed\.npz, features: checksum/);
  });

  test("in memory too", () => {
    const zip = zipOf([{ name: "a.npy", content: npy([3]), says: { crc: 1 } }]);
    expect(() => decodeNpz(zip, "a.npz")).toThrow(/a\.npz, a: checksum/);
  });
});

test("in memory columns are read from a packed member too, and so are rows", async () => {
  const columns = npy([40, 3], true);
  const rows = encodeNpy({ shape: [40, 3], data: decodeNpy(columns).data });
  const made = [
    { name: "columns.npy", content: columns, deflated: true },
    { name: "rows.npy", content: rows, deflated: true },
  ];
  const { arrays } = await memoryArrays("a.npz", zipOf(made));
  const all = async (name: string): Promise<Float64Array> => (await readWhole(arrays.get(name) as StoredArray)).data;
  expect(await all("columns")).toEqual(await all("rows"));
  expect(new Set(await all("rows")).size).toBeGreaterThan(5);
});

test("an .npz in memory: text is left out, more than is allowed is refused before it is unpacked", () => {
  const strings = encodeNpy({ shape: [2], data: new Float64Array(2) });
  strings.set(new TextEncoder().encode("<U2"), String.fromCharCode(...strings.subarray(0, 60)).indexOf("<f8"));
  const a = npy([3]);
  const zip = zipOf([{ name: "names.npy", content: strings }, { name: "a.npy", content: a, deflated: true }]); // biome-ignore format: two
  expect(Object.keys(decodeNpz(zip, "a.npz"))).toEqual(["a"]);
  expect(() => decodeNpz(zip, "a.npz", a.length)).toThrow(/a\.npz: expected at most 152 bytes unpacked/);
});
