import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as zlib from "node:zlib";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { InputError } from "../../src/errors.ts";
import { encodeNpy, encodeNpz, encodeSafetensors, openArrays, openLabels, readWhole } from "../../src/features/index.ts";
import { withoutPacking } from "../../src/features/packed-names.ts";

const room = vi.hoisted(() => ({ free: null as number | null }));
vi.mock("node:fs/promises", async (original) => {
  const fs = await original<typeof import("node:fs/promises")>();
  return {
    ...fs,
    statfs: async (path: string) => (room.free === null ? fs.statfs(path) : { bavail: room.free, bsize: 1 }),
  };
});

const folder = mkdtempSync(join(tmpdir(), "nclab-packed-files-"));
const temporary = join(folder, "tmp");
mkdirSync(temporary);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const before = process.env.TMPDIR;
beforeEach(() => {
  process.env.TMPDIR = temporary;
});
afterEach(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  room.free = null;
  // Whatever happened, nothing stays.
  expect(readdirSync(temporary)).toEqual([]);
});

const write = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
const data = Float64Array.from({ length: 3000 }, (_, i) => Math.sin(i) * 2 ** (i % 30));
const array = { shape: [600, 5], data };
const labels = { shape: [600], data: Int32Array.from({ length: 600 }, (_, i) => i % 3) };
const refusal = async (file: string): Promise<string> => {
  const error = await openArrays(file).catch((e) => e);
  expect(error).toBeInstanceOf(InputError);
  return error.message;
};

const zstd = (zlib as unknown as { zstdCompressSync?: (bytes: Uint8Array, options: object) => Uint8Array }).zstdCompressSync;
/** With a checksum, as the program zstd writes it (ZSTD_c_checksumFlag). */
const checksum = { params: { 201: 1 } };
const unzstd = spawnSync("zstd", ["--version"]).status === 0;
const pack = (how: string, bytes: Uint8Array): Uint8Array => {
  if (how === ".gz") return zlib.gzipSync(bytes);
  return zstd ? zstd(bytes, checksum) : spawnSync("zstd", ["-c"], { input: bytes }).stdout;
};
const packings = [".gz", ...(zstd ? [".zst"] : [])];

describe.each(packings)("%s", (how) => {
  test.each<[string, Uint8Array, string]>([
    ["a.npy", encodeNpy(array), ""],
    ["a.npz", encodeNpz({ features: array }), "features"],
    ["a.safetensors", encodeSafetensors({ features: array }), "features"],
  ])("%s inside is read like the file itself", async (name, bytes, key) => {
    const opened = await openArrays(write(name + how, pack(how, bytes)));
    const { data: read, shape } = await readWhole(opened.arrays.get(key) as never);
    expect(shape).toEqual([600, 5]);
    expect(read).toEqual(data);
    expect(opened.file).toBe(join(folder, name + how));
    // The temporary file has no name even while it is read: a process that is killed leaves none.
    expect(readdirSync(temporary)).toEqual([]);
    await opened.close();
  });

  test("a name without the ending, and a pickle that only its name tells", async () => {
    const unnamed = await openArrays(write("unnamed", pack(how, encodeNpy(array))));
    expect(unnamed.kind).toBe("npy");
    await unnamed.close();
    const named = await openArrays(write(`p.pkl${how}`, pack(how, Buffer.from("(lp0\nI1\naI2\na."))));
    expect((await readWhole(named.arrays.get("") as never)).data).toEqual(Float64Array.of(1, 2));
    await named.close();
  });

  test("labels: text, a table with a column by name, an array", async () => {
    const open = (place: string, keys = {}) => openLabels(place, keys, {}, openArrays);
    const lines = Array.from({ length: 600 }, (_, i) => i % 3).join("\n");
    expect([...(await open(write(`y.txt${how}`, pack(how, Buffer.from(lines))))).counts]).toEqual([200, 200, 200]);
    const table = write(`y.csv${how}`, pack(how, Buffer.from("file,kind\na,cat\nb,dog\nc,cat\n")));
    expect((await open(table, { labels: "kind" })).names).toEqual(["cat", "dog"]);
    let opened: Awaited<ReturnType<typeof openArrays>> | undefined;
    const inArray = await openLabels(write(`y.npy${how}`, pack(how, encodeNpy(labels))), {}, {}, async (file) => {
      opened = await openArrays(file);
      return opened;
    });
    expect([...inArray.counts]).toEqual([200, 200, 200]);
    await opened?.close();
  });

  test("cut off, flipped, or no such data at all: a message that names the file", async () => {
    const whole = pack(how, encodeNpy(array));
    for (const at of [3, 5, 20, whole.length >> 1, whole.length - 1])
      expect(await refusal(write(`cut.npy${how}`, whole.subarray(0, at)))).toContain(`cut.npy${how}`);
    const flipped = whole.slice();
    flipped[whole.length >> 1] ^= 0x55;
    expect(await refusal(write(`flipped.npy${how}`, flipped))).toContain(`flipped.npy${how}`);
  });

  test("a bomb ends in a message, before it is unpacked", async () => {
    const zeros = pack(how, new Uint8Array(2 ** 28 + 1));
    expect(zeros.length).toBeLessThan(2 ** 20);
    expect(await refusal(write(`bomb.npy${how}`, zeros))).toMatch(/unpacked size: expected at most 268435456 bytes, got "more"/);
  });
});

test.each(["other bytes", "zstd"])("zstandard frames: several, skippable ones, and %s behind them", async (end) => {
  if (!zstd) return;
  const bytes = encodeNpy(array);
  const skippable = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
  const small = zstd(bytes.subarray(1000, 1010), {});
  const whole = [zstd(bytes.subarray(0, 1000), {}), skippable, small, zstd(bytes.subarray(1010), checksum), skippable];
  const file = write("frames.npy.zst", Buffer.concat(end === "zstd" ? whole : [...whole, Buffer.from("other")]));
  if (end !== "zstd") return expect(await refusal(file)).toMatch(/frames\.npy\.zst: expected Zstandard frames to its end/);
  const opened = await openArrays(file);
  expect((await readWhole(opened.arrays.get("") as never)).data).toEqual(data);
  await opened.close();
});

test("gzip members one after the other are one file, as gunzip has it", async () => {
  const bytes = encodeNpy(array);
  const parts = [bytes.subarray(0, 1000), bytes.subarray(1000)].map((part) => zlib.gzipSync(part));
  const opened = await openArrays(write("parts.npy.gz", Buffer.concat(parts)));
  expect((await readWhole(opened.arrays.get("") as never)).data).toEqual(data);
  await opened.close();
});

test("a disk without room: a message with the way out, and nothing is left", async () => {
  const packed = write("a.npy.gz", zlib.gzipSync(encodeNpy(array)));
  room.free = 2 ** 28;
  expect(await refusal(packed)).toMatch(/expected room to unpack it in .*TMPDIR.*268435456 bytes/);
  room.free = 2 ** 30;
  await (await openArrays(packed)).close();
  process.env.TMPDIR = join(folder, "none");
  expect(await refusal(packed)).toMatch(/expected room to unpack it in .*none.*ENOENT/);
});

test("where Node has no Zstandard one sentence says so, with the way out", async () => {
  if (zstd || !unzstd) return;
  const message = await refusal(write("a.npy.zst", pack(".zst", encodeNpy(array))));
  expect(message).toMatch(
    /a\.npy\.zst: expected a Node that unpacks Zstandard \(22\.15 or later\), got v\S+ \(unpack it first: unzstd\)$/,
  );
});

test("packed twice is unpacked once: what is inside is named", async () => {
  const twice = write("a.npy.gz", zlib.gzipSync(zlib.gzipSync(encodeNpy(array))));
  expect(await refusal(twice)).toMatch(/a gzip file/);
});

test("names without the ending of a packing", () => {
  expect(["a.npy.gz", "a.npz.ZST", "a.npy", "gz", ".gz"].map((name) => withoutPacking(name))).toEqual([
    "a.npy",
    "a.npz",
    "a.npy",
    "gz",
    "",
  ]);
});
