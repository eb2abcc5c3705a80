import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import type { Reader } from "../../src/features/bytes.ts";
import { openArrays, openLabels, readRegular, readWhole } from "../../src/features/index.ts";
import { memoryBytes } from "../../src/features/memory-bytes.ts";
import { decodeText, encodingOf } from "../../src/features/text.ts";
import { nodeUnpacker } from "../../src/features/unpack.ts";
import { inflateAll, plainUnpacker } from "../../src/features/unpack-plain.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-packed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("text", () => {
  const words = "label,name\n3,Äpfel 東京\n";
  const swapped = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16();
  const utf16 = Buffer.from(words, "utf16le");
  const mark = Buffer.from([0xff, 0xfe]);
  test.each<[string, Uint8Array, string]>([
    ["UTF-8", Buffer.from(words), "utf-8"],
    ["UTF-16, little end first, marked", Buffer.concat([mark, utf16]), "utf-16le"],
    ["UTF-16, big end first, marked", swapped(Buffer.concat([mark, utf16])), "utf-16be"],
    ["UTF-16, little end first", utf16, "utf-16le"],
    ["UTF-16, big end first", swapped(utf16), "utf-16be"],
    ["nothing", new Uint8Array(0), "utf-8"],
    ["one letter", Buffer.from("3"), "utf-8"],
    ["a byte that only looks like a mark", Buffer.from([0xfe, 0x41]), "utf-8"],
    ["half of the other mark", Buffer.from([0x41, 0xff]), "utf-8"],
    ["zeros at both ends of the letters", Buffer.from([0x41, 0, 0, 0x41]), "utf-8"],
  ])("%s", (_, bytes, encoding) => {
    expect(encodingOf(bytes)).toBe(encoding);
    if (bytes.length > 4) expect(decodeText(bytes, "x")).toBe(words);
  });

  test("what is no text is refused, not guessed", () => {
    expect(() => decodeText(Uint8Array.of(0x41, 0xe4, 0x42), "x")).toThrow(
      "x: expected text in UTF-8 or UTF-16, got bytes that are not utf-8 (save it as UTF-8)",
    );
    // Cut off within a letter: seen at the end only.
    expect(() => decodeText(Buffer.from("ä").subarray(0, 1), "x")).toThrow(InputError);
    expect(() => decodeText(Buffer.from("abcdefgh\0ijkl"), "x")).toThrow(/got zero bytes/);
  });
});

describe("deflated bytes", () => {
  // Longer than the pieces that either unpacker is given, and hardly packed: three bytes a number of a random sequence.
  const long = new Uint8Array(600_000);
  let state = 1;
  for (let i = 0; i < long.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    long[i] = state >>> 24;
  }
  const cases: [string, Uint8Array][] = [
    ["a few", Uint8Array.of(1, 2, 3)],
    ["one piece and its end", long.subarray(0, 1 << 13)],
    ["many pieces", long],
    ["a million zeros", new Uint8Array(1e6)],
  ];
  const read = async (reader: Reader, size: number, step: number): Promise<Uint8Array> => {
    const out = new Uint8Array(size);
    try {
      for (let at = 0; at < size; at += step) await reader.fill(out.subarray(at, Math.min(size, at + step)));
      return out;
    } finally {
      await reader.close();
    }
  };

  test.each(cases)("%s: both unpackers give them, in any steps, and notice where there are more or fewer", async (_, bytes) => {
    const raw = deflateRawSync(bytes);
    expect(Buffer.from(inflateAll(raw, bytes.length, "x")).equals(bytes)).toBe(true);
    for (const wrong of [bytes.length - 1, bytes.length + 1])
      expect(() => inflateAll(raw, wrong, "x")).toThrow(
        `x: unpacked size: expected ${wrong} bytes, got ${wrong < bytes.length ? '"more"' : bytes.length}`,
      );
    for (const unpacker of [plainUnpacker, nodeUnpacker]) {
      for (const step of [1000, bytes.length])
        expect(
          Buffer.from(await read(unpacker.inflate(memoryBytes("x", raw), bytes.length), bytes.length, step)).equals(bytes),
        ).toBe(true);
      for (const wrong of [bytes.length - 1, bytes.length + 1])
        await expect(read(unpacker.inflate(memoryBytes("x", raw), wrong), wrong, wrong)).rejects.toThrow(
          `x: unpacked size: expected ${wrong} bytes, got ${wrong < bytes.length ? '"more"' : bytes.length}`,
        );
    }
  });

  test("bytes that are not deflated, or stop in the middle", async () => {
    const raw = deflateRawSync(long);
    for (const unpacker of [plainUnpacker, nodeUnpacker]) {
      await expect(read(unpacker.inflate(memoryBytes("x", new Uint8Array(50).fill(0xff)), 10), 10, 10)).rejects.toThrow(
        InputError,
      );
      await expect(
        read(unpacker.inflate(memoryBytes("x", raw.subarray(0, 1000)), long.length), long.length, 5000),
      ).rejects.toThrow(InputError);
    }
    expect(() => inflateAll(new Uint8Array(50).fill(0xff), 10, "x")).toThrow(/x: expected deflated data/);
  });

  test("no bytes at all unpack to none, and to nothing else", () => {
    const none = new Uint8Array(0);
    expect(inflateAll(none, 0, "x")).toEqual(none);
    expect(() => inflateAll(none, 5, "x")).toThrow("x: unpacked size: expected 5 bytes, got 0");
  });

  test("CRC-32: the check value of both, in one go and in parts", () => {
    const bytes = new TextEncoder().encode("123456789");
    for (const { crc32 } of [plainUnpacker, nodeUnpacker]) {
      expect(crc32(bytes, 0)).toBe(0xcbf43926);
      expect(crc32(bytes.subarray(4), crc32(bytes.subarray(0, 4), 0))).toBe(0xcbf43926);
    }
  });
});

describe("files that are something else are named for what they are, with the way out", () => {
  test.each<[string, string | number[], RegExp]>([
    ["empty", "", /an empty file/],
    ["git-lfs", "version https://git-lfs.github.com/spec/v1\n", /git lfs pull/],
    ["a web page", "  <!DOCTYPE html>", /a web page/],
    ["XML", "<?xml version", /a web page/],
    ["gzip in gzip", [...gzipSync(gzipSync("1"))], /gunzip/],
    ["bzip2", "BZh91AY", /bunzip2/],
    ["xz", [0xfd, ...Buffer.from("7zXZ"), 0], /unxz/],
    ["HDF5 without its end", [0x89, ...Buffer.from("HDF\r\n")], /a damaged one/],
    ["Parquet without its end", "PAR1\x15", /Parquet/],
    ["Arrow without its end", "ARROW1\0\0", /Arrow/],
    ["MATLAB", "MATLAB 5.0 MAT-file", /loadmat/],
    ["GGUF", "GGUF\x03", /GGUF file; in Python: import gguf, numpy; /],
    ["Feather's first version", "FEA1\0\0\0\0", /read_table\(".*something\.pt"\), "something\.arrow"\)$/],
    ["R's data", "RDX3\n", /pyreadr/],
    ["an object of R's", "X\n\0\0\0\x03", /pyreadr/],
    ["TensorFlow Lite", [0x1c, 0, 0, 0, ...Buffer.from("TFL3")], /TensorFlow Lite model; in Python/],
    ["netCDF", "CDF\x01\0\0", /netCDF/],
    ["ORC", "ORC\x08", /ORC file; in Python/],
    ["Avro", "Obj\x01\x04", /Avro/],
    ["SQLite", "SQLite format 3\0", /SQLite/],
    ["MXNet", [0x12, 1, 0, 0, 0, 0, 0, 0, 0], /MXNet/],
    ["LZ4", [0x04, 0x22, 0x4d, 0x18], /unlz4/],
    ["7z", [...Buffer.from("7z"), 0xbc, 0xaf, 0x27, 0x1c], /7z x/],
    ["RAR", "Rar!\x1a\x07", /unrar/],
    ["tar", `${"x".repeat(257)}ustar`, /a tar archive/],
    ["text", "one\ntwo\tthree\r\n", /got "?text/],
    ["text that mentions gzip's name later", "see BZh", /got "?text/],
    ["a delete character", [0x41, 127, 0x42], /first bytes 65 127 66/],
    ["bytes", [7, 0, 1, 2, 3, 4, 5, 6, 9], /first bytes 7 0 1 2 3 4 5 6\b(?! 9)/],
  ])("%s", async (_, content, message) => {
    const file = join(folder, "something.pt");
    writeFileSync(file, typeof content === "string" ? Buffer.from(content, "latin1") : Uint8Array.from(content));
    const error = await openArrays(file).catch((e) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toMatch(message);
  });

  test.each([
    ["saved_model.pb", /model of TensorFlow's; in Python: .*tf\.saved_model\.load/],
    ["model.ckpt-100.index", /load_checkpoint\(".*model\.ckpt-100"\)/],
    ["model.ckpt-100.data-00000-of-00001", /load_checkpoint\(".*model\.ckpt-100"\)/],
    ["flax.msgpack", /msgpack_restore/],
    ["old.mat", /before version 5/],
    ["train.tfrecord", /records of TensorFlow's/],
    ["x.joblib", /joblib\.load/],
  ])("%s, which only its name tells", async (name, message) => {
    writeFileSync(join(folder, name), Uint8Array.of(7, 0, 1, 2, 3));
    const error = await openArrays(join(folder, name)).catch((e) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toMatch(message);
  });

  test("a pickle of joblib's is told by its name and by what it asks for, with the way out", async () => {
    // A pickle in whose middle the bytes of an array stand.
    const damaged = Uint8Array.of(0x80, 4, ...new TextEncoder().encode("cjoblib.numpy_pickle\nNumpyArrayWrapper\n"), 1, 2);
    for (const [name, bytes] of [
      ["a.pkl", damaged],
      ["b.joblib", Uint8Array.of(0x80, 4, 1)],
    ] as const) {
      writeFileSync(join(folder, name), bytes);
      const error = await openArrays(join(folder, name)).catch((e) => e);
      expect(error).toBeInstanceOf(InputError);
      expect(error.message).toMatch(/got a file of joblib's.*joblib\.load\(".*(a\.pkl|b\.joblib)"\); numpy\.savez\("(a|b)\.npz"/);
    }
    writeFileSync(join(folder, "c.pkl"), Uint8Array.of(0x80, 4, 1));
    expect((await openArrays(join(folder, "c.pkl")).catch((e) => e)).message).not.toMatch(/joblib/);
  });

  test("a text is a text, whatever its name: only tables get a line of Python", async () => {
    for (const [name, end] of [
      ["x.pb", "got text"],
      ["x.csv", 'got text; in Python: import numpy; numpy.save("x.npy", numpy.loadtxt("FILE", delimiter=","))'],
    ]) {
      writeFileSync(join(folder, name), "1,2\n3,4\n");
      const error = await openArrays(join(folder, name)).catch((e) => e);
      expect(error.message.replace(join(folder, name), "").replace(join(folder, name), "FILE").endsWith(end), error.message).toBe(
        true,
      );
    }
  });

  test("as labels too, unless it is a text that only begins so", async () => {
    const labels = (content: string | Uint8Array): Promise<unknown> => {
      writeFileSync(join(folder, "labels.txt"), content);
      return openLabels(join(folder, "labels.txt"), {}, {}, openArrays);
    };
    await expect(labels(Uint8Array.of(...Buffer.from("SQLite format 3"), 0))).rejects.toThrow(/SQLite/);
    await expect(labels("ORC\nMATLAB\nORC\n")).resolves.toMatchObject({ names: ["MATLAB", "ORC"] });
  });

  test("a file of exactly as many bytes as are allowed is read, one more is not", () => {
    const file = join(folder, "ten");
    writeFileSync(file, new Uint8Array(10).fill(7));
    expect([...readRegular(file, "--x", 10)]).toEqual(new Array(10).fill(7));
    expect(() => readRegular(file, "--x", 9)).toThrow("--x: expected a file of at most 9 bytes, got 10");
    expect(() => readRegular(join(folder, "none"), "--x")).toThrow("--x: expected a readable file, got ENOENT");
    expect(() => readRegular(folder, "--x")).toThrow("--x: expected a regular file, got a folder");
  });
});

/** NumPy and SciPy themselves, where they are installed (NCLAB_PYTHON, /usr/bin/python3 or python3). */
const python = [process.env.NCLAB_PYTHON, "/usr/bin/python3", "python3"].find(
  (name) => name !== undefined && spawnSync(name, ["-c", "import numpy, scipy.io"]).status === 0,
);

test.skipIf(python === undefined).each(["five.mat", "four.mat", "table.csv", "blanks.txt"])(
  "the line of Python for %s makes a file that is read",
  async (name) => {
    const run = (code: string): void => expect(spawnSync(python as string, ["-c", code], { cwd: folder }).status).toBe(0);
    run(`
import numpy, scipy.io
X = numpy.arange(15.0).reshape(5, 3)
scipy.io.savemat("five.mat", {"X": X})
scipy.io.savemat("four.mat", {"X": X}, format="4")
numpy.savetxt("table.csv", X, delimiter=",")
numpy.savetxt("blanks.txt", X)
`);
    const { message } = await openArrays(join(folder, name)).catch((e) => e);
    run(message.split("; in Python: ")[1]);
    const made = await openArrays(join(folder, name.replace(/\..*/, /mat$/.test(name) ? ".npz" : ".npy")));
    const [array] = made.arrays.values();
    expect([...(await readWhole(array)).data]).toEqual(Array.from({ length: 15 }, (_, i) => i));
    await made.close();
  },
);
