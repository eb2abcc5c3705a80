import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InputError } from "../../../src/errors.ts";
import { type ArrayFile, type LabelOptions, type Labels, openArrays, openLabels } from "../../../src/features/index.ts";

/** The classes of the samples in test/fixtures/labels, as make.py says. */
const expected = [2, 0, 1, 1, 0, 2, 2, 2];
const python = spawnSync("python3", ["--version"]).status === 0;
const fixture = (name: string): string => join(import.meta.dirname, "../../fixtures/labels", name);

async function read(place: string, options: LabelOptions = {}, key?: string): Promise<{ labels: Labels; all: number[] }> {
  const open: ArrayFile[] = [];
  try {
    const labels = await openLabels(place, key === undefined ? {} : { labels: key }, options, async (file) => {
      open.push(await openArrays(file));
      return open[0];
    });
    const all: number[] = [];
    for await (const block of labels.blocks(0, labels.n, 3)) for (let i = 0; i < block.length; i++) all.push(block[i]);
    return { labels, all };
  } finally {
    for (const file of open) await file.close();
  }
}

test.each([
  ..."i1 i2 i4_big i8 u8_big u1 f4 f8_big f2 object".split(" ").map((type) => `numbers_${type}.npy`),
  "column.npy",
  "row.npy",
  "onehot_bool.npy",
  "onehot_columns.npy",
  "digits.npy",
  "savetxt.txt",
  "savetxt_onehot.txt",
  "savetxt_row.csv",
])("%s: numbers", async (name) => {
  const { labels, all } = await read(fixture(name));
  expect(all).toEqual(expected);
  expect([...labels.counts]).toEqual([2, 2, 4]);
  expect(labels.names).toBeNull();
});

test("truth values are two classes", async () => {
  const { labels, all } = await read(fixture("bool.npy"));
  expect(all).toEqual(expected.map((k) => (k === 2 ? 1 : 0)));
  expect(labels.classes).toBe(2);
});

test.each(["words_u.npy", "words_big.npy", "words_s.npy", "words_object.npy", "words_packed.npz", "words.pt"])(
  "%s: names, in the order of text",
  async (name) => {
    const { labels, all } = await read(fixture(name));
    expect(labels.names).toEqual(["ant", "bee", "cat"]);
    expect(all).toEqual(expected);
    expect(labels.order).toMatch(/sorted as text/);
  },
);

test("names sort by code points, as Python's do: an emoji after every letter", async () => {
  expect((await read(fixture("accents.npy"))).labels.names).toEqual(["ant", "Ölkäfer", "🦊"]);
});

test("a list of names beside the labels names the classes, and orders them", async () => {
  for (const name of ["names_beside.npz", "dataset.pt"]) {
    const { labels, all } = await read(fixture(name));
    expect(all).toEqual(expected);
    expect(labels.names).toEqual(["x", "a", "m"]);
  }
  const { labels, all } = await read(fixture("order_beside.npz"));
  expect(labels.names).toEqual(["cat", "bee", "ant"]);
  // cat, ant, bee, bee, ant, cat, cat, cat in that order.
  expect(all).toEqual([0, 2, 1, 1, 2, 0, 0, 0]);
});

test.each([
  [
    "multilabel.npy",
    /multilabel\.npy\[0\]: expected one label a sample.*one-hot row of 3 with a single 1 \(.*--keys labels=\[:,0\].*\), got \[1,0,1\]/,
  ],
  ["soft.npy", /soft\.npy\[0\]: expected one label a sample/],
  ["nothing.npy", /nothing\.npy: expected a readable file, got ENOENT/],
])("%s is refused", async (name, message) => {
  const error = await read(fixture(name)).catch((e) => e);
  expect(error).toBeInstanceOf(InputError);
  expect(error.message).toMatch(message);
});

test("labels to be ignored are counted and marked", async () => {
  const { labels, all } = await read(fixture("numbers_i8.npy"), { ignore: "0" });
  expect(all).toEqual([2, -1, 1, 1, -1, 2, 2, 2]);
  expect([labels.ignored, ...labels.counts]).toEqual([2, 0, 2, 4]);
  const named = await read(fixture("words_u.npy"), { ignore: "ant" });
  expect(named.labels.names).toEqual(["bee", "cat"]);
  expect(named.all).toEqual([1, -1, 0, 0, -1, 1, 1, 1]);
});

describe("a folder of class folders, as ImageFolder reads it", () => {
  let root = "";
  const put = (file: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), "");
  };
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "nclab-folders-"));
    for (const file of ["B/1.PNG", "B/deep/er/2.jpeg", "B/notes.txt", "a/1.webp", "10/x.tif", "10/y.bmp", "2/z.ppm", "README.md"])
      put(`images/${file}`);
    for (const file of ["yes/1.wav", "yes/2.wav", "yes/.hidden", "no/1.wav"]) put(`sounds/${file}`);
    for (const file of ["a/1.png", "b/notes.txt"]) put(`empty/${file}`);
    for (const file of ["train/a/1.png", "val/a/1.png"]) put(`parts/${file}`);
    for (const file of ["a/1.png", "b/1.png"]) put(`loop/${file}`);
    symlinkSync("..", join(root, "loop/a/up"));
    symlinkSync("b", join(root, "loop/c"));
    mkdirSync(join(root, "none"));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test("images count, whatever their ending's case; classes are sorted as text", async () => {
    const { labels, all } = await read(join(root, "images"));
    expect(labels.names).toEqual(["10", "2", "B", "a"]);
    expect(all).toEqual([0, 0, 1, 2, 2, 3]);
  });

  test.skipIf(!python)("the same order and counts as Python's own walk", () => {
    const code = `
import os, sys, json
root = sys.argv[1]
ends = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
classes = sorted(e.name for e in os.scandir(root) if e.is_dir())
print(json.dumps([[c, sum(f.lower().endswith(ends) for _, _, fs in os.walk(os.path.join(root, c), followlinks=True) for f in fs)] for c in classes]))`;
    const walked = JSON.parse(execFileSync("python3", ["-c", code, join(root, "images")], { encoding: "utf8" }));
    return read(join(root, "images")).then(({ labels }) => {
      expect((labels.names as string[]).map((name, k) => [name, labels.counts[k]])).toEqual(walked);
    });
  });

  test("without any image all files count", async () => {
    const { labels } = await read(join(root, "sounds"));
    expect(labels.names).toEqual(["no", "yes"]);
    expect([...labels.counts]).toEqual([1, 2]);
  });

  test("links are followed, once", async () => {
    const { labels } = await read(join(root, "loop"));
    expect(labels.names).toEqual(["a", "b", "c"]);
    // a holds its own file and, through the link, that of b.
    expect([...labels.counts]).toEqual([2, 1, 1]);
  });

  test.each([
    ["empty", /empty\/b: expected images .* in every class's folder, got none/],
    ["parts", /parts: classes: expected one of its parts, such as .*train/],
    ["none", /none: classes: expected a folder with one sub-folder a class, got "no folder in it"/],
  ])("%s is refused", async (name, message) => {
    await expect(read(join(root, name))).rejects.toThrow(message);
  });
});
