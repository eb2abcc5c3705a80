import { describe, expect, test } from "vitest";
import { isArrayName } from "../../src/features/array-names.ts";
import { endingsOf, formatOf, type Host } from "../../src/features/format.ts";
import { formats } from "../../src/features/formats/all.ts";
import { everywhere } from "../../src/features/formats/everywhere.ts";
import { encodeNpy, encodeNpz, encodeSafetensors } from "../../src/features/index.ts";
import { holdsArrays } from "../../src/features/labels/labels-in.ts";
import { memoryArrays } from "../../src/features/memory-arrays.ts";
import { memoryBytes } from "../../src/features/memory-bytes.ts";
import { sourceOf } from "../../src/features/read-source.ts";
import { plainUnpacker } from "../../src/features/unpack-plain.ts";
import { zipOf } from "./zip-files.ts";

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const array = { data: Float64Array.of(1, 2), shape: [2] };
const host: Host = {
  unpacker: plainUnpacker,
  anywhere: async (bytes) => bytes,
  file: async (path) => memoryBytes(path, text("")),
  whenClosed() {},
};
const kindOf = async (bytes: Uint8Array, name: string): Promise<string | undefined> =>
  (await formatOf(formats, await sourceOf(memoryBytes(name, bytes), name, host)))?.kind;

describe("the records", () => {
  test.each(formats.map((format) => [format.kind, format] as const))(
    "%s: endings begin with a dot and are no other's",
    (_, { endings }) => {
      for (const ending of endings) {
        expect(ending).toMatch(/^(\.[a-z0-9]+)+$/);
        expect(formats.filter((other) => other.endings.includes(ending))).toHaveLength(1);
      }
    },
  );

  test.each(formats.map((format) => [format.kind, format] as const))(
    "%s: neither an empty file nor noise is of the format by its bytes alone",
    (_, format) => {
      for (const bytes of [[], [0], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]])
        expect(format.sniff(Uint8Array.from(bytes), "x")).toBe(false);
    },
  );

  test("a folder is searched for files of features, packed ones too, and not for networks and texts", () => {
    const files = ["a.npy", "b.NPZ", "c.pt", "d.h5", "e.parquet", "f.arrow", "g.npy.gz", "h.safetensors.zst", "i.pkl"];
    const others = [
      "a.onnx",
      "b.keras",
      "c.weights.h5",
      "d.bin",
      "e.ckpt",
      "f.json",
      "g.safetensors.index.json",
      "h.csv",
      "i.gz",
      "npy",
    ];
    expect([...files, ...others].filter(isArrayName)).toEqual(files);
  });

  test("a message lists them by their usual endings, each once", () => {
    expect(endingsOf(everywhere)).toBe(".npy, .npz, .safetensors, .pt or .pkl");
  });
});

test("a program of torch.export is told from a checkpoint, with the way out", async () => {
  const archive = ["models/model.json", "data/weights/weight_0", "data/sample_inputs/model.pt"];
  for (const members of [archive.map((name) => `export/${name}`), ["serialized_exported_program.json", "version"]]) {
    const bytes = zipOf(members.map((name) => ({ name, content: text("{}") })));
    const source = await sourceOf(memoryBytes("net.pt2", bytes), "net.pt2", host);
    const format = await formatOf(formats, source);
    expect(format?.kind).toBe("torch-export");
    await expect(format?.open(source)).rejects.toThrow(
      /net\.pt2: expected a checkpoint, got a program of torch\.export: .*state_dict/,
    );
  }
});

describe("what a file is by its beginning", () => {
  test.each([
    ["x.npy", encodeNpy(array), "npy"],
    ["x", encodeNpz({ x: array }), "npz"],
    ["x", encodeNpz({}), "npz"],
    ["x", zipOf([{ name: "archive/data.pkl", content: text("") }]), "torch"],
    ["x", encodeSafetensors({ x: array }), "safetensors"],
    ["x.safetensors", Uint8Array.of(200, 0, 0, 0), "safetensors"],
    ["x", text('{"weight_map": {}}'), "safetensors"],
    ["x", Uint8Array.of(0x80, 4, 0x4e, 0x2e), "pickle"],
    ["x.pkl", text("(lp0\nI1\naI2\na."), "pickle"],
  ])("%s that was written by its writer", async (name, bytes, kind) => {
    expect(await kindOf(bytes, name)).toBe(kind);
    expect(holdsArrays(formats, bytes.subarray(0, 16), name)).toBe(bytes[0] !== 0x7b);
  });

  test.each(["PKW\nVAN\n", "PK", "(a)\n", "[0, 1]", "{}", ""])("%j is text where labels are read", (words) => {
    expect(holdsArrays(formats, text(words), "labels.txt")).toBe(false);
  });

  test.each(["y.npy", "y.PT", "y.pickle", "a.bin"])("%s is a file of arrays by its name, whatever is in it", (name) => {
    expect(holdsArrays(formats, text("0\n1\n"), name)).toBe(true);
  });

  test("a text that begins like a zip's letters is called text, no damaged zip", async () => {
    await expect(memoryArrays("classes.txt", text("PKW\nVAN\n"))).rejects.toThrow("got text");
  });
});
