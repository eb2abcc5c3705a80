import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { type ArrayFile, findArray, labelsIn, openArrays, openLabels, readWhole, rowBlocks } from "../../src/features/index.ts";

const fixtures = join(import.meta.dirname, "../fixtures/containers");
const folder = mkdtempSync(join(tmpdir(), "nclab-tables-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function opened<T>(file: string, use: (file: ArrayFile) => Promise<T>): Promise<T> {
  const of = await openArrays(join(fixtures, file));
  try {
    return await use(of);
  } finally {
    await of.close();
  }
}
const dataOf = async (file: ArrayFile, name: string): Promise<{ shape: readonly number[]; data: number[] }> => {
  const { shape, data } = await readWhole(file.arrays.get(name) as never);
  return { shape, data: [...data] };
};
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

test("labels in a table of their own", async () => {
  let file: ArrayFile | undefined;
  const labels = await openLabels(join(fixtures, "lists.parquet"), {}, {}, async (path) => {
    file = await openArrays(path);
    return file;
  });
  expect([labels.n, labels.names]).toEqual([37, ["cat", "dög", "horse"]]);
  await file?.close();
});
