import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNpy, encodeNpz, encodeSafetensors, openArrays, readWhole } from "../../src/features/index.ts";
import { random } from "../../src/math/random.ts";

/** NumPy and PyTorch themselves, where they are installed (NCLAB_PYTHON, /usr/bin/python3 or python3); skipped where they are not. */
const python = [process.env.NCLAB_PYTHON, "/usr/bin/python3", "python3"].find(
  (name) => name !== undefined && spawnSync(name, ["-c", "import numpy, torch"]).status === 0,
);
if (python === undefined) console.info("skipped: no python3 with numpy and torch was found");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-python-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = (code: string): string =>
  execFileSync(python as string, ["-c", code], { encoding: "utf8", cwd: folder, stdio: ["ignore", "pipe", "inherit"] });

describe.skipIf(python === undefined)("NumPy and PyTorch", () => {
  test("read what is written here", () => {
    const r = random(1);
    const shape = [6, 5];
    const n = 30;
    const types = [Float64Array, Float32Array, Int8Array, Int16Array, Int32Array, Uint8Array, Uint16Array, Uint32Array] as const;
    const arrays = Object.fromEntries(
      types.map((Type) => [Type.name, { shape, data: new Type(Array.from({ length: n }, () => 100 * r.uniform())) }]),
    );
    const big = { BigInt64Array: { shape, data: BigInt64Array.from({ length: n }, (_, i) => BigInt(i) - 2n ** 60n) } };
    const all = { ...arrays, ...big };
    writeFileSync(join(folder, "all.npz"), encodeNpz(all));
    writeFileSync(join(folder, "one.npy"), encodeNpy(arrays.Float32Array));
    writeFileSync(join(folder, "all.safetensors"), encodeSafetensors(all));
    const expected = Object.fromEntries(
      Object.entries(all).map(([name, { data }]) => [name, Array.from(data as ArrayLike<unknown>, String)]),
    );
    writeFileSync(join(folder, "expected.json"), JSON.stringify(expected));
    // Safetensors by its printed format, into PyTorch tensors, since Debian has no package for it.
    const out = run(`
import json, numpy as np, struct, torch
expected = json.load(open("expected.json"))
z = np.load("all.npz", allow_pickle=False)
assert sorted(z.files) == sorted(expected)
for name, values in expected.items():
    assert z[name].shape == (6, 5), name
    assert z[name].ravel().tolist() == [int(v) if z[name].dtype.kind in "iu" else float(v) for v in values], name
assert np.load("one.npy", allow_pickle=False).ravel().tolist() == [float(v) for v in expected["Float32Array"]]
raw = open("all.safetensors", "rb").read()
length = struct.unpack("<Q", raw[:8])[0]
header = json.loads(raw[8:8 + length])
kinds = {"F64": torch.float64, "F32": torch.float32, "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8}
seen = 0
for name, entry in header.items():
    if entry["dtype"] not in kinds: continue
    a, b = entry["data_offsets"]
    t = torch.frombuffer(bytearray(raw[8 + length + a:8 + length + b]), dtype=kinds[entry["dtype"]]).reshape(entry["shape"])
    assert t.ravel().tolist() == [int(v) if not t.is_floating_point() else float(v) for v in expected[name]], name
    seen += 1
print("read", seen)
`);
    expect(out.trim()).toBe("read 7");
  });

  test("write what is read here: the fixtures, written anew", async () => {
    const fixtures = join(dirname(fileURLToPath(import.meta.url)), "../fixtures/features");
    execFileSync(python as string, [join(fixtures, "make.py"), folder], { stdio: ["ignore", "ignore", "inherit"] });
    const names = readdirSync(fixtures).filter((name) => /\.(npy|npz)$|^checkpoint/.test(name));
    for (const name of names) {
      const [fresh, committed] = [await openArrays(join(folder, name)), await openArrays(join(fixtures, name))];
      expect([...fresh.arrays.keys()]).toEqual([...committed.arrays.keys()]);
      for (const [key, array] of fresh.arrays)
        expect(await readWhole(array)).toEqual(await readWhole(committed.arrays.get(key) as typeof array));
      await fresh.close();
      await committed.close();
    }
    expect(names.length).toBeGreaterThan(30);
    expect(readFileSync(join(folder, "harmful.pt")).includes("system")).toBe(true);
  });
});
