import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type Zippable, zipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import {
  arrayLabels,
  encodeNpy,
  encodeNpz,
  encodeSafetensors,
  findArray,
  openArrays,
  readWhole,
  textLabels,
} from "../../src/features/index.ts";
import { memoryBytes } from "../../src/features/memory-bytes.ts";
import { type Random, random } from "../../src/math/random.ts";
import { zipOf } from "./zip-files.ts";

/**
 * Files as a hostile or broken writer would leave them. Each must be read, or refused with an InputError, in bounded time and memory; a pickle
 * that names a function must not have it run.
 */
const fixtures = join(dirname(fileURLToPath(import.meta.url)), "../fixtures/features");
const field = join(dirname(fileURLToPath(import.meta.url)), "../fixtures/field");
const containers = join(dirname(fileURLToPath(import.meta.url)), "../fixtures/containers");
const torch = join(dirname(fileURLToPath(import.meta.url)), "../fixtures/torch");
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-mutated-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A pickle of protocol 2 as NumPy writes one: {"features": array of 4 x 2, "labels": [0, 1, 0, 1]}. */
const plainPickle = Uint8Array.from(
  [
    "\x80\x02}(X\x08\0\0\0featurescnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85c_codecs\nencode\n",
    "X\x01\0\0\0bX\x06\0\0\0latin1\x86R\x87R(K\x01K\x04K\x02\x86cnumpy\ndtype\nX\x02\0\0\0i1\x89\x88\x87R(K\x03X\x01\0\0\0|NNN",
    "J\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89c_codecs\nencode\nX\x08\0\0\0abcdefghX\x06\0\0\0latin1\x86Rtb",
    "X\x06\0\0\0labels](K\0K\x01K\0K\x01eu.",
  ].join(""),
  (c) => c.charCodeAt(0),
);

/** Reads all there is to read; the longest time of one file. */
async function readAll(file: string): Promise<"read" | string> {
  try {
    const opened = await openArrays(file);
    try {
      for (const array of opened.arrays.values()) await readWhole(array, 1e7);
      for (const text of opened.texts.values()) await text.words();
      for (const role of ["features", "weight", "bias"] as const) findArray(opened, role);
      const labels = findArray(opened, "labels");
      if (labels) await arrayLabels(labels);
    } finally {
      await opened.close();
    }
    return "read";
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).toContain(file.split("/").at(-1));
    return error.message;
  }
}

const seeds = (): { name: string; bytes: Uint8Array }[] => {
  const array = (data: Float32Array | Int32Array, shape: number[]) => ({ shape, data });
  const arrays = {
    features: array(
      Float32Array.from({ length: 60 }, (_, i) => i % 7),
      [12, 5],
    ),
    labels: array(
      Int32Array.from({ length: 12 }, (_, i) => i % 3),
      [12],
    ),
    weight: array(
      Float32Array.from({ length: 15 }, (_, i) => i),
      [3, 5],
    ),
  };
  return [
    ...readdirSync(fixtures)
      .filter((name) => /\.(npz|pt)$|^le-f4-C|^be-f8-F|^version/.test(name))
      .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(fixtures, name))) })),
    // Views, quantized and sparse tensors in both of PyTorch's formats and in a pickle, whole modules, TorchScript.
    ...readdirSync(torch)
      .filter((name) => /\.(pt|pkl)$/.test(name))
      .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(torch, name))) })),
    // Legacy checkpoints, lists, NumPy inside pickles, 8-bit floats, text beside numbers.
    ...readdirSync(field)
      .filter((name) => /\.(pt|pth|npz|safetensors)$/.test(name))
      .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(field, name))) })),
    ...readdirSync(containers)
      // HDF5 has a thread for each file, which takes its time: all of them only where they are asked for.
      .filter(
        (name) =>
          !/\.(py|npz|data)$/.test(name) &&
          (process.env.NCLAB_MUTATED_ONLY !== undefined || !/\.(h5|keras|mat)$/.test(name) || name === "latest.h5"),
      )
      .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(containers, name))) })),
    ...["lists.arrow", "wide-none.parquet", "types.onnx"].map((name) => ({
      name: `${name}.gz`,
      bytes: Uint8Array.from(gzipSync(readFileSync(join(containers, name)))),
    })),
    { name: "a.npy.gz", bytes: Uint8Array.from(gzipSync(encodeNpy(arrays.features))) },
    { name: "plain.pkl", bytes: plainPickle },
    { name: "zip64.npz", bytes: zipOf([{ name: "features.npy", content: encodeNpy(arrays.features), deflated: true }], true) },
    { name: "a.safetensors", bytes: encodeSafetensors(arrays) },
    { name: "a.npz", bytes: encodeNpz(arrays) },
    { name: "a.npy", bytes: encodeNpy(arrays.features) },
  ];
};

/** One to four of: bytes flipped, numbers of 2 to 8 bytes replaced by extreme ones, digits of headers replaced, cut off, a part doubled. */
function mutate(from: Uint8Array, r: Random): Uint8Array {
  let bytes = from.slice();
  for (let times = 1 + r.integer(4); times > 0; times--) {
    const at = r.integer(bytes.length);
    const kind = r.integer(6);
    if (kind === 0) bytes[at] ^= 1 << r.integer(8);
    else if (kind === 1) bytes[at] = r.integer(256);
    else if (kind === 2) bytes.fill([0, 255, 127, 128][r.integer(4)], at, at + [2, 4, 8][r.integer(3)]);
    else if (kind === 3) {
      const digits = [...bytes.keys()].filter((i) => bytes[i] >= 48 && bytes[i] <= 57);
      if (digits.length > 0) bytes[digits[r.integer(digits.length)]] = 48 + r.integer(10);
    } else if (kind === 4) bytes = bytes.slice(0, 1 + r.integer(bytes.length));
    else bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(Math.max(0, at - r.integer(40)))]);
  }
  return bytes;
}

/** NCLAB_MUTATED_FILES=10000 tries as many; NCLAB_MUTATED_ONLY=legacy takes the files whose names have that, NCLAB_MUTATED_SEED other changes. */
const tries = Number(process.env.NCLAB_MUTATED_FILES ?? 1200);
const only = new RegExp(process.env.NCLAB_MUTATED_ONLY ?? "");

test(`${tries} mutated files`, { timeout: 1_200_000 }, async () => {
  const r = random(Number(process.env.NCLAB_MUTATED_SEED ?? 20));
  const all = seeds().filter(({ name }) => only.test(name));
  const before = process.memoryUsage().rss;
  let slowest = 0;
  let most = 0;
  const outcomes = { read: 0, refused: 0 };
  for (let i = 0; i < tries; i++) {
    const { name, bytes } = all[i % all.length];
    const file = join(folder, `mutated-${name}`);
    writeFileSync(file, mutate(bytes, r));
    const began = performance.now();
    if ((await readAll(file)) === "read") outcomes.read++;
    else outcomes.refused++;
    slowest = Math.max(slowest, performance.now() - began);
    if (i % 100 === 0) most = Math.max(most, process.memoryUsage().rss - before);
  }
  if (process.env.NCLAB_MUTATED_FILES !== undefined)
    console.info(JSON.stringify({ tries, ...outcomes, slowestMs: Math.round(slowest), mostMB: Math.round(most / 1e6) }));
  expect(outcomes.refused).toBeGreaterThan(0.3 * tries);
  expect(outcomes.read).toBeGreaterThan(0.01 * tries);
  // A file on which HDF5's library goes in a circle is given up after 20 s.
  expect(slowest).toBeLessThan(only.test("latest.h5") ? 45_000 : 5000);
  expect(most).toBeLessThan(500e6);
});

/** A checkpoint around any pickle, its checksums right. */
const checkpoint = (pickle: Uint8Array, level: 0 | 9 = 0): Uint8Array =>
  zipSync({ "a/data.pkl": [pickle, { level }], "a/data/0": [new Uint8Array(64), { level }] } as Zippable);
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** Magic, protocol and system of PyTorch's files before 1.6. */
const legacyStart = ascii("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.");

test("pickles that name functions: none is run", { timeout: 60_000 }, async () => {
  const r = random(21);
  const target = join(folder, "was-here");
  const calls = [
    "posix\nsystem",
    "os\nsystem",
    "subprocess\ncall",
    "builtins\neval",
    "__builtin__\nexec",
    "torch\nload",
    "collections\nOrderedDict.__init__",
  ];
  const whole = ascii(`(X\x05\0\0\0hello]K\x05a}X\x01\0\0\0kK\x07s\x85\x86NG\x3f\xf0\0\0\0\0\0\0`);
  for (let i = 0; i < tries / 3; i++) {
    const command = `touch ${target}`;
    const [call, how] = [calls[r.integer(calls.length)], r.integer(4)];
    const argument = `(X${String.fromCharCode(command.length)}\0\0\0${command}t`;
    const attack =
      how === 0
        ? `c${call}\n${argument}R`
        : how === 1
          ? `\x8c${String.fromCharCode(call.split("\n")[0].length)}${call.split("\n")[0]}\x8c${String.fromCharCode(call.split("\n")[1].length)}${call.split("\n")[1]}\x93${argument}R`
          : how === 2
            ? `(X\x02\0\0\0hii${call}\n`
            : `(c${call}\nX\x02\0\0\0hio`;
    const file = join(folder, "attack.pt");
    const noise = whole.subarray(0, r.integer(whole.length));
    const pickle = Uint8Array.from([0x80, 2, ...(how < 2 ? [] : noise), ...ascii(`${attack}.`)]);
    const old = Uint8Array.from([...legacyStart, ...pickle, ...ascii("\x80\x02].")]);
    const length = String.fromCharCode(old.length & 255, old.length >> 8, 0, 0);
    const inside = ascii(`\x80\x02ctorch.storage\n_load_from_bytes\nB${length}${String.fromCharCode(...old)}\x85R.`);
    writeFileSync(file, [checkpoint(pickle), pickle, old, inside][i % 4]);
    const outcome = await readAll(file);
    // The call becomes a value that is only a name.
    if (how < 2) expect(outcome).toContain(`asks for ${call.replace("\n", ".")}; nothing was run`);
  }
  expect(existsSync(target)).toBe(false);
});

test("random pickles of allowed instructions are read or refused", { timeout: 60_000 }, async () => {
  const r = random(22);
  const opcodes = [..."(0NK]})tldaesuR2bQ.", "\x85", "\x86", "\x87", "\x88", "\x8f", "\x90", "\x94", "h", "q"];
  for (let i = 0; i < tries / 3; i++) {
    const parts = Array.from({ length: r.integer(60) }, () => {
      const op = opcodes[r.integer(opcodes.length)];
      return "Khq".includes(op)
        ? op + String.fromCharCode(r.integer(4))
        : r.integer(6) === 0
          ? "ccollections\nOrderedDict\n"
          : op;
    });
    const file = join(folder, "random.pt");
    writeFileSync(file, checkpoint(ascii(`\x80\x02${parts.join("")}.`)));
    await readAll(file);
  }
});

test("bombs: packed zeros, lying sizes, containers that hold each other", { timeout: 60_000 }, async () => {
  const began = process.cpuUsage();
  const before = process.memoryUsage().rss;
  const file = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  // 200 MB of zeros in 200 kB: the array is larger than what a caller asks to hold.
  const header = encodeNpy({ shape: [0], data: new Float64Array(0) });
  const npy = (shape: string): Uint8Array =>
    ascii(
      String.fromCharCode(...header)
        .replace("(0,)", shape)
        .replace(/ {8}\n$/, "\n"),
    );
  const zeros = new Uint8Array(2e8);
  zeros.set(npy("(24999984,)"));
  expect(await readAll(file("bomb.npz", zipOf([{ name: "features.npy", content: zeros, deflated: true }])))).toMatch(/expected/);
  expect(await readAll(file("pickle-bomb.pt", zipOf([{ name: "a/data.pkl", content: zeros, deflated: true }])))).toMatch(
    /at most 67108864 bytes/,
  );
  for (const shape of ["(1e9, 2)", "(99999999999,)", "(9007199254740993, 3)", "(-1, 4)", "(4294967296, 4294967296)"])
    expect(await readAll(file("lie.npy", npy(shape)))).toMatch(/expected/);
  // Thirty lists, each holding the last one twice: 2^30 ways down, one visit each.
  const nested = `\x80\x02]q\0${Array.from({ length: 30 }, (_, i) => `]q${String.fromCharCode(i + 1)}(h${String.fromCharCode(i)}h${String.fromCharCode(i)}e`).join("")}.`;
  await readAll(file("laughs.pt", checkpoint(ascii(nested))));
  await readAll(file("laughs2.pt", checkpoint(ascii(nested.replaceAll("]q", "}q")))));
  // Of processor time: by the clock, what else the machine does would count.
  const { user, system } = process.cpuUsage(began);
  expect((user + system) / 1e6).toBeLessThan(30);
  expect(process.memoryUsage().rss - before).toBeLessThan(1.2e9);
});

test("label lists of any content", async () => {
  const r = random(23);
  for (let i = 0; i < 500; i++) {
    const file = join(folder, "labels.csv");
    const words = ["3", "cat", "a/b/c.png", "-1", "1e99", "", ",", "7 8", "label", "\0", "999999999999", "x,2", "a\tb"];
    writeFileSync(file, Array.from({ length: r.integer(8) }, () => words[r.integer(words.length)]).join("\n"));
    const labels = await textLabels(memoryBytes(file, new Uint8Array(readFileSync(file)))).catch((error) => error);
    if (labels instanceof Error) expect(labels).toBeInstanceOf(InputError);
    else expect(labels.classes).toBeLessThanOrEqual(1_000_000);
  }
});
