import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openArrays, readWhole, rowBlocks } from "../../src/features/index.ts";

/**
 * Files that PyTorch 1.13 wrote, with what PyTorch says of them (make.py beside them): random tensors of every type in views of every kind, quantized
 * and sparse ones among them, in three formats; whole modules; TorchScript. Every number is PyTorch's own.
 */
const fixtures = join(dirname(fileURLToPath(import.meta.url)), "../fixtures/torch");
type Expected = Record<string, Record<string, [number[], number[]]>>;
const expectedIn = (folder: string): Expected => JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));

/** Compares every array, whole and in blocks of rows; gives the names of other tensors (lists of numbers, as `kernel_size`, are aside) and what was skipped. */
async function compare(folder: string, file: string, arrays: Expected[string]): Promise<{ more: string[]; skipped: string[] }> {
  const opened = await openArrays(join(folder, file));
  try {
    for (const [name, [shape, values]] of Object.entries(arrays)) {
      const array = opened.arrays.get(name);
      if (!array) throw new Error(`${file}: no ${name}: ${opened.skipped.get(name)}`);
      expect(array.shape, `${file}: ${name}`).toEqual(shape);
      expect([...(await readWhole(array)).data], `${file}: ${name}`).toEqual(values);
      if (shape.length === 0) continue;
      const rows: number[] = [];
      for await (const block of rowBlocks(array, 0, shape[0], 2)) rows.push(...block.values);
      expect(rows, `${file}: ${name} in blocks`).toEqual(values);
    }
    return {
      more: [...opened.arrays].filter(([name, { aside }]) => !aside && !Object.hasOwn(arrays, name)).map(([name]) => name),
      skipped: [...opened.skipped.keys()],
    };
  } finally {
    await opened.close();
  }
}

const expected = expectedIn(fixtures);

describe("every array is PyTorch's", () => {
  test.each(["zip.pt", "legacy.pt", "plain.pkl"])("%s; what is not read is named", async (file) => {
    expect(Object.keys(expected[file])).toHaveLength(28);
    expect(await compare(fixtures, file, expected[file])).toEqual({ more: [], skipped: ["complex", "meta"] });
  });

  test.each(["module-zip.pt", "module-legacy.pt"])("%s: the names are those of its state_dict()", async (file) => {
    expect(await compare(fixtures, file, expected[file])).toEqual({ more: [], skipped: [] });
  });

  test("beside-legacy.pt: weights beside one of everything that people keep with them", async () => {
    const { more, skipped } = await compare(fixtures, "beside-legacy.pt", expected["beside-legacy.pt"]);
    // Adam's moments are arrays too; of NumPy's arrays those of anything but numbers or words are named.
    expect(more.every((name) => /^scheduler\.optimizer\./.test(name))).toBe(true);
    expect(skipped).toEqual(["mixed", "record"]);
    const opened = await openArrays(join(fixtures, "beside-legacy.pt"));
    expect(await opened.texts.get("words")?.words()).toEqual(["a", "bc"]);
    await opened.close();
  });

  test("frozen.pt: parameters that were made constants, by their numbers", async () => {
    expect(Object.keys(expected["frozen.pt"])).toHaveLength(5);
    const frozen = await compare(fixtures, "frozen.pt", {});
    expect(frozen).toEqual({ more: [0, 1, 2, 3, 4].map((i) => `constants.${i}`), skipped: [] });
    expect(await compare(fixtures, "frozen.pt", expected["frozen.pt"])).toEqual({ more: [], skipped: [] });
  });

  test.each(["scripted.pt", "traced.pt"])("%s: parameters and buffers by their paths", async (file) => {
    expect(Object.keys(expected[file])).toHaveLength(10);
    expect(await compare(fixtures, file, expected[file])).toEqual({ more: [], skipped: [] });
  });
});

const python = [process.env.NCLAB_PYTHON, "/usr/bin/python3", "python3"].find(
  (name) => name !== undefined && spawnSync(name, ["-c", "import numpy, torch"]).status === 0,
);
if (python === undefined) console.info("skipped: no python3 with numpy and torch was found");

/** NCLAB_TORCH_FILES=20 writes as many sets of files. */
test.skipIf(python === undefined)("files that PyTorch writes now, beside one of everything", { timeout: 300_000 }, async () => {
  for (let seed = 1; seed <= Number(process.env.NCLAB_TORCH_FILES ?? 1); seed++) {
    const folder = mkdtempSync(join(tmpdir(), "nclab-torch-"));
    try {
      execFileSync(python as string, [join(fixtures, "make.py"), folder, String(seed), "100"], {
        stdio: ["ignore", "ignore", "inherit"],
      });
      const files = Object.entries(expectedIn(folder));
      expect(files).toHaveLength(11);
      for (const [file, arrays] of files) await compare(folder, file, arrays);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
});
