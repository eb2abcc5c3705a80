import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openArrays, readWhole } from "../../src/features/index.ts";

/**
 * Checkpoints written by PyTorch 2 (NCLAB_PYTHON, or python3 where it has torch): state dictionaries, whole modules, optimizers and settings in
 * four formats, views, all types of numbers, TorchScript, pickles of protocols 0 to 5. Every number equals PyTorch's own.
 */
const python = [process.env.NCLAB_PYTHON, "python3"].find(
  (name) => name !== undefined && spawnSync(name, ["-c", "import torch; assert int(torch.__version__[0]) > 1"]).status === 0,
);
if (python === undefined) console.info("skipped: no python3 with PyTorch 2 was found");

type Expected = Record<string, Record<string, [number[], (number | null | string)[]]>>;
let folder = "";
let expected: Expected = {};
beforeAll(() => {
  if (python === undefined) return;
  folder = mkdtempSync(join(tmpdir(), "nclab-checkpoints-"));
  const script = join(dirname(fileURLToPath(import.meta.url)), "make_checkpoints.py");
  execFileSync(python, [script, folder], { stdio: ["ignore", "ignore", "inherit"] });
  expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
}, 120_000);
afterAll(() => {
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

const number = (x: number | null | string): number =>
  x === null ? Number.NaN : Number(x === "inf" ? Infinity : x === "-inf" ? -Infinity : x);

test.skipIf(python === undefined)("every array of every file is PyTorch's", { timeout: 120_000 }, async () => {
  expect(Object.keys(expected).length).toBeGreaterThan(30);
  for (const [file, arrays] of Object.entries(expected)) {
    const opened = await openArrays(join(folder, file));
    try {
      for (const [name, [shape, values]] of Object.entries(arrays)) {
        const array = opened.arrays.get(name);
        expect(array, `${file}: ${name}`).toBeDefined();
        if (!array) continue;
        expect(array.shape, `${file}: ${name}`).toEqual(shape);
        const { data } = await readWhole(array);
        const wanted = values.map(number);
        // Weight normalization is computed here and there.
        if (/^[abc]\.weight$/.test(name)) for (const [i, x] of data.entries()) expect(x).toBeCloseTo(wanted[i], 14);
        else expect([...data], `${file}: ${name}`).toEqual(wanted);
      }
    } finally {
      await opened.close();
    }
  }
});

test.skipIf(python === undefined)("sparse and quantized tensors are read, those that are not are named", async () => {
  for (const kind of ["zip", "legacy", "protocol4", "legacy5"]) {
    const opened = await openArrays(join(folder, `skipped-${kind}.pth`));
    await opened.close();
    expect([...opened.arrays.keys()]).toEqual(["weight", "sparse", "csr", "quantized"]);
    expect([...opened.skipped.keys()]).toEqual(["complex", "meta"]);
  }
});
