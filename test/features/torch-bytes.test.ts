import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { findArray, readWhole, type StoredArray } from "../../src/features/index.ts";
import { memoryArrays } from "../../src/features/memory-arrays.ts";
import { random } from "../../src/math/random.ts";
import { zipOf } from "./zip-files.ts";

/** Files of PyTorch, byte by byte, as its own source says that it writes them. */
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const u4 = (n: number): string => String.fromCharCode(n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24);
const word = (text: string): string => `X${u4(text.length)}${text}`;
const pickle = (program: string): string => `\x80\x02${program}.`;

async function arraysOf(file: string, bytes: Uint8Array): Promise<Record<string, number[]>> {
  const { arrays } = await memoryArrays(file, bytes);
  const found: Record<string, number[]> = {};
  for (const [name, array] of arrays) found[name] = [...(await readWhole(array as StoredArray)).data];
  return found;
}

describe("files before PyTorch 1.6 (serialization.py, _legacy_save)", () => {
  /** Magic number, protocol, system, the object, the keys of its storages, and each storage: how many elements, then they. */
  function legacy(object: string, storages: Record<string, number[]>): Uint8Array {
    const keys = Object.keys(storages);
    const head = [
      "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",
      "M\xe9\x03",
      "}",
      object,
      `](${keys.map(word).join("")}e`,
    ].map(pickle);
    const parts: Uint8Array[] = [ascii(head.join(""))];
    for (const numbers of Object.values(storages)) {
      const length = new DataView(new ArrayBuffer(8));
      length.setBigInt64(0, BigInt(numbers.length), true);
      parts.push(new Uint8Array(length.buffer), new Uint8Array(Float32Array.from(numbers).buffer));
    }
    return Uint8Array.from(Buffer.concat(parts));
  }
  /** A vector of `n` from a storage of 10, `view`: its key, where it begins, its elements. */
  const vector = (n: number, view: string): string =>
    `ctorch._utils\n_rebuild_tensor_v2\n((${word("storage")}ctorch\nFloatStorage\n${word("7")}${word("cpu")}K\x0a${view}tQK\x00K${String.fromCharCode(n)}\x85K\x01\x85\x89}tR`;
  const numbers = Array.from({ length: 10 }, (_, i) => i + 0.5);

  test("a storage that is a part of another", async () => {
    const whole = vector(10, "N");
    const part = vector(3, `(${word("8")}K\x04K\x03t`);
    const bytes = legacy(`}(${word("whole")}${whole}${word("part")}${part}u`, { "7": numbers });
    expect(await arraysOf("x.pt", bytes)).toEqual({ whole: numbers, part: [4.5, 5.5, 6.5] });
    const outside = vector(3, `(${word("8")}K\x08K\x03t`);
    const beside = await memoryArrays("x.pt", legacy(`}(${word("a")}${outside}${word("whole")}${whole}u`, { "7": numbers }));
    expect([...beside.skipped]).toEqual([["a", 'expected its bytes inside the file\'s 40, got "12 bytes from 32"']]);
    expect([...beside.arrays.keys()]).toEqual(["whole"]);
    expect(() => findArray(beside, "weight", { weight: "a" })).toThrow(/got "a: expected its bytes inside the file's 40/);
  });

  test("tensors that are wrong in themselves, beside one that is not", async () => {
    const good = vector(10, "N");
    const long = vector(11, "N");
    const other = good.replace("(X\x07\0\0\0storage", "(X\x07\0\0\0unheard");
    const noStorage = "ctorch._utils\n_rebuild_tensor_v2\n(K\x07K\0K\x01\x85K\x01\x85\x89}tR";
    const bytes = legacy(`}(${word("good")}${good}${word("long")}${long}${word("other")}${other}${word("none")}${noStorage}u`, {
      "7": numbers,
    });
    const { arrays, skipped } = await memoryArrays("x.pt", bytes);
    expect([...arrays.keys()]).toEqual(["good"]);
    expect([...skipped.keys()]).toEqual(["long", "other", "none"]);
    expect(skipped.get("long")).toMatch(/a view of 10 numbers, got "one that ends at 11/);
    expect(skipped.get("other")).toMatch(/expected a storage/);
    expect(skipped.get("none")).toMatch(/expected a storage, got "?7/);
  });

  test("the byte order in the facts of the system is not that of the numbers", async () => {
    const from = "}",
      to = `}${word("little_endian")}\x89s`;
    const bytes = legacy(`}${word("whole")}${vector(10, "N")}s`, { "7": numbers });
    const at = Buffer.from(bytes).indexOf(ascii(pickle("M\xe9\x03"))) + 6;
    expect(bytes[at + 2]).toBe(from.charCodeAt(0));
    const big = Uint8Array.from([...bytes.subarray(0, at), ...ascii(pickle(to)), ...bytes.subarray(at + pickle(from).length)]);
    expect(await arraysOf("x.pt", big)).toEqual({ whole: numbers });
  });

  test("a file cut off in its storages is refused as a whole", async () => {
    const bytes = legacy(`}${word("whole")}${vector(10, "N")}s`, { "7": numbers });
    for (const length of [bytes.length - 1, bytes.length - 40, bytes.length - 44, bytes.length - 60])
      await expect(memoryArrays("x.pt", bytes.subarray(0, length))).rejects.toThrow(InputError);
  });

  describe("inside a plain pickle (torch.storage._load_from_bytes)", () => {
    const storageFile = (own: number[]): Uint8Array =>
      legacy(`(${word("storage")}ctorch\nFloatStorage\n${word("7")}${word("cpu")}K${String.fromCharCode(own.length)}NtQ`, {
        "7": own,
      });
    const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
    const loaded = (bytes: Uint8Array): string => `ctorch.storage\n_load_from_bytes\nB${u4(bytes.length)}${text(bytes)}\x85R`;
    const tensor = (n: number, storage: string): string =>
      `ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\x00K${String.fromCharCode(n)}\x85K\x01\x85\x89}tR`;

    test("a tensor is on the storage in those bytes; two tensors may share it", async () => {
      const bytes = ascii(
        pickle(`}(${word("a")}${tensor(10, `${loaded(storageFile(numbers))}q\x05`)}${word("b")}${tensor(3, "h\x05")}u`),
      );
      expect(await arraysOf("x.pkl", bytes)).toEqual({ a: numbers, b: [0.5, 1.5, 2.5] });
    });

    test("bytes that are none, and one file inside the other, leave the rest as it is", async () => {
      const once = storageFile(numbers);
      const twice = ascii(pickle(loaded(once)));
      const bytes = ascii(
        pickle(
          `}(${word("cut")}${tensor(3, loaded(once.subarray(0, 90)))}${word("twice")}${tensor(3, loaded(twice))}${word("number")}${tensor(3, "ctorch.storage\n_load_from_bytes\nK\x07\x85R")}${word("good")}${tensor(10, loaded(once))}u`,
        ),
      );
      const { arrays, skipped } = await memoryArrays("x.pkl", bytes);
      expect([...arrays.keys()]).toEqual(["good"]);
      expect([...skipped.keys()]).toEqual(["cut", "twice", "number"]);
      expect(skipped.get("number")).toMatch(/the bytes of a storage, got "?7/);
    });

    test("the same bytes over and over: what they make is bounded by the file", async () => {
      const lists = ascii(`\x80\x02(${"]".repeat(20_000)}t.`);
      const bytes = ascii(
        `\x80\x02]ctorch.storage\n_load_from_bytes\nq\x010B${u4(lists.length)}${text(lists)}q\x020(${"h\x01h\x02\x85R".repeat(20_000)}e.`,
      );
      const before = process.memoryUsage().heapUsed;
      await memoryArrays("x.pkl", bytes).catch((error) => expect(error).toBeInstanceOf(InputError));
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(200e6);
    });
  });

  test("a whole model: its class is a name, the source beside it is not looked at", async () => {
    // ("module", class, source file, source)
    const model = (state: string): string =>
      `(${word("module")}cmodels\nNet\n${word("models.py")}${word("class Net: ...")}tQ)\x81${state}b`;
    const bytes = legacy(model(`}${word("weight")}${vector(10, "N")}s`), { "7": numbers });
    expect(await arraysOf("x.pt", bytes)).toEqual({ weight: numbers });
    await expect(memoryArrays("x.pt", legacy(model("}"), {}))).rejects.toThrow(/asks for models\.Net; nothing was run/);
  });
});

describe("a pickle that is packed", () => {
  /** A list of two labels beside bytes of which the first `noise` cannot be packed and the others are 0. */
  async function labels(length: number, noise: number): Promise<number[]> {
    const r = random(2);
    const padding = new Uint8Array(length);
    for (let i = 0; i < noise; i++) padding[i] = r.integer(256);
    const content = Uint8Array.from(
      Buffer.concat([ascii(`\x80\x02}(${word("labels")}](K\x01K\x00e${word("pad")}B${u4(length)}`), padding, ascii("u.")]),
    );
    return (await arraysOf("x.pt", zipOf([{ name: "a/data.pkl", content, deflated: true }]))).labels;
  }

  test("up to 50 times its bytes, or to a megabyte, whatever it is packed from", async () => {
    expect(await labels(1_500_000, 40_000)).toEqual([1, 0]);
    expect(await labels(1_000_000, 0)).toEqual([1, 0]);
    for (const noise of [20_000, 5_000, 0])
      await expect(labels(1_500_000, noise)).rejects.toThrow(/data\.pkl: expected at most 50 times its \d+ packed bytes/);
  });
});
