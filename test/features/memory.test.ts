import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { zipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeNpy } from "../../src/features/index.ts";
import { zipOf } from "./zip-files.ts";

/**
 * The largest memory that a process of its own had while it read a hostile file, and what came of it. An empty process has about 50 MB; the
 * bounds leave room for the collector, and stay far below what the file would unpack to.
 */
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-memory-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const index = new URL("../../dist/features/index.js", import.meta.url);
const script = `
const { openArrays, readWhole, rowBlocks, decodeNpz } = await import(${JSON.stringify(index.href)});
const { readFileSync } = await import("node:fs");
const [how, file] = process.argv.slice(1);
let outcome;
try {
  if (how === "memory") outcome = Object.keys(decodeNpz(readFileSync(file), file)).join();
  else {
    const opened = await openArrays(file);
    outcome = [...opened.arrays.keys()].join();
    for (const array of opened.arrays.values()) {
      if (how === "whole") await readWhole(array);
      else for await (const block of rowBlocks(array, 0, array.shape[0], 65536));
    }
    await opened.close();
  }
} catch (error) {
  outcome = error.name + ": " + error.message;
}
console.log(JSON.stringify({ outcome: outcome.slice(0, 500), MB: Math.round(process.resourceUsage().maxRSS / 1024) }));
`;

function read(how: "whole" | "blocks" | "memory", name: string, bytes: Uint8Array): { outcome: string; MB: number } {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  const args = ["--input-type=module", "-e", script, how, file];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const checkpoint = (pickle: Uint8Array, level: 0 | 9 = 0): Uint8Array => zipSync({ "a/data.pkl": [pickle, { level }] });

/** A .npy of zeros that unpacks to `gigabytes`, from pieces that are packed once: deflate's own blocks, one after the other. */
function bomb(gigabytes: number, descr: string, width: number): Uint8Array {
  const n = (gigabytes * 2 ** 30) / width;
  const header = ascii(
    String.fromCharCode(...encodeNpy({ shape: [0], data: new Float64Array(0) }))
      .replace("<f8", descr)
      .replace(/\(0,\), \} {11}/, `(${n},), }`.padEnd(18)),
  );
  const zeros = new Uint8Array(2 ** 26);
  const raw = (bytes: Uint8Array): Uint8Array => deflateRawSync(bytes, { level: 9, finishFlush: 2 });
  const piece = raw(zeros);
  const parts = [
    raw(header),
    ...new Array<Uint8Array>((gigabytes * 2 ** 30) / zeros.length).fill(piece),
    deflateRawSync(new Uint8Array(0)),
  ];
  const packed = Uint8Array.from(Buffer.concat(parts));
  let crc = crc32(header);
  for (let at = 0; at < n * width; at += zeros.length) crc = crc32(zeros, crc);
  const zip = zipOf([
    { name: "labels.npy", content: packed, says: { crc, size: header.length + n * width, packed: packed.length } },
  ]);
  // Stored by the helper, deflated by its own word: methods of local header and directory.
  const view = new DataView(zip.buffer);
  view.setUint16(8, 8, true);
  view.setUint16(view.getUint32(zip.length - 6, true) + 10, 8, true);
  return zip;
}

test("a list that is made into a dictionary over and over", () => {
  // 1.7 MB: a thousand pairs, kept, and 100,000 calls with them.
  const pairs = "K\x01K\x02\x86".repeat(1000);
  const calls = "h\x00h\x01\x85R".repeat(100_000);
  const pickle = ascii(`\x80\x02ccollections\nOrderedDict\nq\x00](${pairs}eq\x01(${calls}t.`);
  const { outcome, MB } = read("whole", "dictionaries.pt", checkpoint(pickle));
  expect(outcome).toMatch(/InputError: .*values of at most \d+ MB from its \d+ bytes/);
  expect(MB).toBeLessThan(500);
});

test.each([
  ["dictionaries", "}"],
  ["nothing", "N"],
  ["kept values", "\x94"],
])("8 MB of %s", (_, instruction) => {
  const pickle = new Uint8Array(2 ** 23).fill(instruction.charCodeAt(0));
  pickle.set(ascii("\x80\x02N"));
  const { outcome, MB } = read("whole", "instructions.pt", checkpoint(pickle));
  expect(outcome).toMatch(/InputError: .*(more bytes|values of at most)/);
  expect(MB).toBeLessThan(700);
});

test("a pickle that unpacks to a thousand times its bytes", () => {
  const { outcome, MB } = read("whole", "packed.pt", checkpoint(new Uint8Array(2 ** 26 - 10).fill(93), 9));
  expect(outcome).toMatch(/InputError: .*at most 50 times its \d+ packed bytes/);
  expect(MB).toBeLessThan(250);
});

test("one list a thousand times is no matrix", () => {
  const row = `](${"K\x01".repeat(1000)}eq\x01`;
  const pickle = ascii(`\x80\x02]q\x000${row}0](${"h\x01".repeat(20_000)}e.`);
  expect(read("whole", "rows.pt", checkpoint(pickle)).MB).toBeLessThan(300);
});

test("labels that unpack to a gigabyte are read in blocks, and refused as a whole", { timeout: 300_000 }, () => {
  const zip = bomb(1, "|u1", 1);
  expect(zip.length).toBeLessThan(2e6);
  const inBlocks = read("blocks", "labels.npz", zip);
  expect(inBlocks.outcome).toBe("labels");
  expect(inBlocks.MB).toBeLessThan(250);
  const whole = read("whole", "labels.npz", zip);
  expect(whole.outcome).toMatch(/InputError: .*labels: size: expected at most 2\d+ numbers here|at most 100 times/);
  expect(whole.MB).toBeLessThan(250);
  const inMemory = read("memory", "labels.npz", zip);
  expect(inMemory.outcome).toMatch(/InputError: .*expected at most 268435456 bytes unpacked/);
  expect(inMemory.MB).toBeLessThan(250);
});
