import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { bytesOf } from "../../src/features/array.ts";
import { head } from "../../src/features/bytes.ts";
import { addColumns } from "../../src/features/columns.ts";
import { type Contents, empty } from "../../src/features/contents.ts";
import type { Host } from "../../src/features/format.ts";
import {
  type ArrayFile,
  findArray,
  labelsIn,
  openArrays,
  openLabels,
  readWhole,
  rowBlocks,
  type StoredArray,
} from "../../src/features/index.ts";
import { memoryBytes } from "../../src/features/memory-bytes.ts";
import { nodeUnpacker } from "../../src/features/unpack.ts";
import { dataOf, opened as openedAt } from "./opened.ts";

const fixtures = join(import.meta.dirname, "../fixtures/containers");
const folder = mkdtempSync(join(tmpdir(), "nclab-tables-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const opened = <T>(file: string, use: (file: ArrayFile) => Promise<T>): Promise<T> => openedAt(join(fixtures, file), use);
const truth = async (name: string): Promise<{ shape: readonly number[]; data: number[] }> =>
  opened("tables.npz", (of) => dataOf(of, name));
const named = (pattern: RegExp): string[] => readdirSync(fixtures).filter((name) => pattern.test(name));

describe.each(named(/^wide.*\.(parquet|arrows?)$/))("%s", (file) => {
  test("columns f0 to f11 are one array, by their prefix and as features, in blocks of any size too", async () => {
    const X = await truth("X");
    await opened(file, async (of) => {
      expect(of.kind).toBe(file.endsWith(".parquet") ? "parquet" : "arrow");
      expect(findArray(of, "features")).toBe(of.arrays.get("features"));
      expect(findArray(of, "features", { features: "f" })?.aside).toBe(true);
      for (const name of ["features", "f"]) expect(await dataOf(of, name)).toEqual(X);
      for await (const { first, n, values } of rowBlocks(of.arrays.get("features") as never, 5, 31, 9))
        expect([...values]).toEqual(X.data.slice(first * 12, (first + n) * 12));
      const column = X.data.filter((_, i) => i % 12 === 3);
      expect((await dataOf(of, "f3")).data).toEqual(column);
    });
  });

  test("labels are numbers, or words that are packed as a dictionary", async () => {
    const y = await truth("y");
    await opened(file, async (of) => {
      expect((await dataOf(of, "label")).data).toEqual(y.data);
      if (!of.arrays.has("ok")) return;
      expect((await dataOf(of, "ok")).data).toEqual(y.data.map((k) => Number(k > 0)));
      expect(await of.texts.get("name")?.words()).toEqual(y.data.map((k) => ["cat", "dög", "horse"][k]));
      expect((await labelsIn(of, { labels: "name" }, {}))?.names).toEqual(["cat", "dög", "horse"]);
    });
  });
});

describe.each(named(/^lists.*\.(parquet|arrows?|feather)$/))("%s", (file) => {
  test("lists of equally many numbers are rows, in blocks from anywhere too", async () => {
    const [E, E32, E16] = [await truth("E"), await truth("E32"), await truth("E16")];
    await opened(file, async (of) => {
      expect(await dataOf(of, "embedding")).toEqual(E);
      expect(await dataOf(of, "fixed")).toEqual(E32);
      expect(await dataOf(of, "half")).toEqual(E16);
      for (const name of ["embedding", "fixed"])
        for await (const { first, n, values } of rowBlocks(of.arrays.get(name) as never, 15, 37, 4))
          expect([...values]).toEqual((name === "fixed" ? E32 : E).data.slice(first * 5, (first + n) * 5));
      expect(of.arrays.has("features")).toBe(false);
      expect(findArray(of, "features")).toBe(of.arrays.get("embedding"));
      expect((await labelsIn(of, {}, {}))?.counts.length).toBe(3);
    });
  });
});

describe.each(named(/^odd.*\.(parquet|arrows?)$/))("%s", (file) => {
  test("nulls and rows of other lengths are refused with column and row, other types are left out by name", async () => {
    await opened(file, async (of) => {
      await expect(dataOf(of, "nulls")).rejects.toThrow(/nulls, row 1: expected a value, got null/);
      await expect(of.texts.get("missing")?.words()).rejects.toThrow(/missing, row 1: expected a value, got null/);
      const ragged = of.skipped.get("ragged") ?? (await dataOf(of, "ragged").catch((e) => e.message));
      expect(ragged).toMatch(/row 1: expected 2 numbers, as row 0 has, got "?(fewer|1)/);
      const empty = of.skipped.get("empty") ?? (await dataOf(of, "empty").catch((e) => e.message));
      expect(empty).toMatch(/(entry|row) 1: expected .*null/);
      expect([...of.skipped.keys()]).toEqual(expect.arrayContaining(["time", "pair"]));
      expect((await dataOf(of, "x")).data).toEqual((await truth("E")).data.filter((_, i) => i % 5 === 0));
    });
  });
});

test.each(named(/^polars\./))("%s", async (file) => {
  const E = await truth("E");
  await opened(file, async (of) => {
    expect(await dataOf(of, "features")).toEqual(E);
    expect((await labelsIn(of, {}, {}))?.names).toEqual(["cat", "dög", "horse"]);
  });
});

test.each(named(/\.(parquet|arrows?|feather)$/))(
  "%s, cut off anywhere, is read as far as it is whole or refused",
  async (file) => {
    const whole = readFileSync(join(fixtures, file));
    for (const at of [4, 8, 12, 100, whole.length >> 1, whole.length - 9, whole.length - 1]) {
      const cut = join(folder, `cut-${file}`);
      writeFileSync(cut, whole.subarray(0, at));
      const of = await openArrays(cut).catch((e) => e);
      if (of instanceof Error) {
        expect(of).toBeInstanceOf(InputError);
        expect(of.message).toContain(`cut-${file}`);
      } else {
        for (const array of of.arrays.values()) await readWhole(array).catch((e: Error) => expect(e).toBeInstanceOf(InputError));
        await of.close();
      }
    }
  },
);

describe("which columns are features", () => {
  const host: Host = {
    unpacker: nodeUnpacker,
    anywhere: async (bytes) => memoryBytes("x", await head(bytes, bytes.length)),
    file: async () => memoryBytes("x", new Uint8Array(0)),
    whenClosed() {},
  };
  const table = (names: readonly string[]): Contents => {
    const contents = empty();
    const columns = names.map((name, k) => ({
      name: name.replace("#", ""),
      isFloat: !name.endsWith("#"),
      array: {
        what: name,
        shape: [2],
        type: "f8" as const,
        littleEndian: true,
        strides: [1],
        bytes: memoryBytes(name, bytesOf(Float64Array.of(k, k + 100))),
        offset: 0,
      },
    }));
    addColumns(contents, columns, 2, { host, what: "t" });
    return contents;
  };
  const firstRow = async ({ arrays }: Contents, name: string): Promise<number[]> => [
    ...(await readWhole(arrays.get(name) as never)).data.slice(0, (arrays.get(name) as StoredArray).shape[1]),
  ];

  test.each<[string, string[], string | undefined, number[]]>([
    [
      "floats in the order of the file, whole numbers and labels not among them",
      ["b", "id#", "a", "target", "c"],
      "features",
      [0, 2, 4],
    ],
    ["numbered ones in the order of their numbers", ["f10", "f2", "f1"], "features", [2, 1, 0]],
    ["numbered ones behind a dash or a dot", ["e_2", "e_1"], "features", [1, 0]],
    ["numbered ones beside others: which is a guess", ["f2", "loss", "f1"], "columns", [0, 1, 2]],
    ["numbered ones of two names", ["f1", "g1", "f2", "g2"], "columns", [0, 1, 2, 3]],
    ["one column alone is what it is", ["f1", "id#"], undefined, []],
  ])("%s", async (_, names, name, row) => {
    const contents = table(names);
    for (const other of ["features", "columns"]) expect(contents.arrays.has(other)).toBe(other === name);
    if (name !== undefined) expect(await firstRow(contents, name)).toEqual(row);
  });

  test("a group has the name that its columns begin with", async () => {
    const contents = table(["f10", "loss", "f2"]);
    expect(await firstRow(contents, "f")).toEqual([2, 0]);
    expect(contents.arrays.get("f")?.aside).toBeUndefined();
    expect(contents.arrays.get("f2")?.aside).toBe(true);
    // A column that is called like a group stays.
    expect(table(["f", "f1", "f2"]).arrays.get("f")?.shape).toEqual([2]);
  });
});

test("labels in a table of their own", async () => {
  let file: ArrayFile | undefined;
  const labels = await openLabels(join(fixtures, "lists.parquet"), {}, {}, async (path) => {
    file = await openArrays(path);
    return file;
  });
  expect([labels.n, labels.names]).toEqual([37, ["cat", "dög", "horse"]]);
  await file?.close();
});

test("a dictionary may grow from batch to batch or be another one, and has no null among its entries", async () => {
  const words = async (file: string): Promise<unknown> => opened(file, async (of) => of.texts.get("name")?.words());
  expect(await words("dictionary-grows.arrows")).toEqual(["a", "b", "c", "a", "b", "c"]);
  expect(await words("dictionary-replaced.arrows")).toEqual(["a", "b", "y", "x", "x", "y"]);
  await expect(words("dictionary-null-entry.arrows")).rejects.toThrow(/name: dictionary, row 1: expected a value, got null/);
});
