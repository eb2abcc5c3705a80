import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { fileBytes } from "../../src/features/bytes.ts";
import { addressOf } from "../../src/features/hdf5/arrays.ts";
import { openHdf5 } from "../../src/features/hdf5/library.ts";
import { numberBits } from "../../src/features/hdf5/type-message.ts";
import { findArray, headMatrix, labelsIn, openArrays, openFile, readWhole, rowBlocks } from "../../src/features/index.ts";
import { dataOf, opened } from "./opened.ts";

const fixtures = join(import.meta.dirname, "../fixtures/containers");
const folder = mkdtempSync(join(tmpdir(), "nclab-hdf5-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(["odd", "latest"])("%s.h5, as h5py wrote it", (name) => {
  const file = join(fixtures, `${name}.h5`);

  test("every dataset of numbers is what h5py reads, whatever its type, order and layout", async () => {
    await opened(file, (of) =>
      opened(join(fixtures, `${name}-h5.npz`), async (truth) => {
        expect(truth.arrays.size).toBeGreaterThan(30);
        for (const path of truth.arrays.keys()) {
          const key = path.replaceAll("|", "/");
          expect(await dataOf(of, key), key).toEqual(await dataOf(truth, path));
        }
        expect(of.kind).toBe("hdf5");
      }),
    );
  });

  test("rows in blocks of any size, from anywhere", async () => {
    await opened(file, async (of) => {
      for (const key of ["features", "layouts/deeper/both", "layouts/deeper/cube", "types/big-f2"]) {
        const array = of.arrays.get(key) as never;
        const { shape, data } = await readWhole(array);
        const d = data.length / shape[0];
        for (const [from, step] of [
          [0, 1],
          [3, 5],
          [11, 100],
        ])
          for await (const { first, n, values } of rowBlocks(array, from, shape[0], step))
            expect([...values]).toEqual([...data.subarray(first * d, (first + n) * d)]);
      }
    });
  });

  test("words of one length and of any, packed ones too; names of classes", async () => {
    await opened(file, async (of) => {
      const words = async (key: string): Promise<string[] | undefined> => of.texts.get(key)?.words();
      expect(await words("class_names")).toEqual(["cat", "dög", "horse"]);
      expect(await words("words/fixed")).toEqual(["cat", "dog", "horse"]);
      expect(await words("words/utf8")).toEqual(["cat", "dög", "horse"]);
      expect(await words("words/one")).toEqual(["hello"]);
      const { data } = await dataOf(of, "labels");
      expect(await words("words/packed")).toEqual(data.map((k) => ["cat", "dög", "horse"][k]));
      expect(await words("types/enum/class_names")).toEqual(["a", "b", "c"]);
      expect(of.texts.has("types/bool/class_names")).toBe(false);
      const labels = await labelsIn(of, {}, {});
      expect([labels?.names, labels?.n]).toEqual([["cat", "dög", "horse"], 23]);
      expect((await labelsIn(of, { labels: "types/enum" }, {}))?.names).toEqual(["a", "b", "c"]);
    });
  });

  test("links: other names of the same are aside, what leads out of the file is not followed", async () => {
    await opened(file, async (of) => {
      const names = [...of.arrays.keys()];
      expect(names.filter((key) => key.startsWith("links/"))).toEqual(["links/hard", "links/soft"]);
      expect(names.every((key) => !key.startsWith("links/") || of.arrays.get(key)?.aside)).toBe(true);
      expect(Object.fromEntries(of.skipped)).toEqual({
        "links/nowhere": "a link that leads to nothing in the file",
        "links/elsewhere": "a link to another file",
        "unread/compound": "1 of compound, 12 bytes each",
        "unread/empty": "nothing: a dataset without a shape",
        "unread/opaque": "2 of opaque, 2 bytes each",
      });
      expect(findArray(of, "features")?.shape).toEqual([23, 5]);
    });
  });

  test("packed by gzip it is the same, and the file itself is never written to", async () => {
    const copy = join(folder, `${name}.h5`);
    copyFileSync(file, copy);
    const before = statSync(copy);
    await opened(copy, (of) => dataOf(of, "features"));
    expect([statSync(copy).mtimeMs, statSync(copy).size]).toEqual([before.mtimeMs, before.size]);
    expect(readFileSync(copy).equals(readFileSync(file))).toBe(true);
    writeFileSync(`${copy}.gz`, gzipSync(readFileSync(file)));
    const [plain, packed] = [copy, `${copy}.gz`].map((path) => opened(path, (of) => dataOf(of, "features")));
    expect(await packed).toEqual(await plain);
  });
});

test("MATLAB 7.3: arrays have the axes that they have in MATLAB", async () => {
  await opened(join(fixtures, "matlab73.mat"), (of) =>
    opened(join(fixtures, "matlab73.npz"), async (truth) => {
      for (const key of ["X", "y"]) expect(await dataOf(of, key)).toEqual(await dataOf(truth, key));
      const blocks: number[] = [];
      for await (const { values } of rowBlocks(of.arrays.get("X") as never, 4, 21, 6)) blocks.push(...values);
      expect(blocks).toEqual((await dataOf(truth, "X")).data.slice(20, 105));
    }),
  );
});

describe("Keras", () => {
  test.each([
    ["keras3.keras", "keras", "keras3"],
    ["keras3.weights.h5", "hdf5", "keras3"],
    ["keras-legacy.h5", "hdf5", "keras3"],
    ["keras3-bfloat16.keras", "keras", "keras3-bfloat16"],
  ])("%s: the head and its bias are found by name, and are the layer's own numbers", async (name, kind, truth) => {
    await opened(join(fixtures, name), (of) =>
      opened(join(fixtures, `${truth}.npz`), async (own) => {
        expect(of.kind).toBe(kind);
        const weight = findArray(of, "weight");
        const key = [...of.arrays].find(([, array]) => array === weight)?.[0] as string;
        const { shape, data } = await dataOf(own, "W");
        const [d, K] = shape;
        // Also where d = K the name says that it is d x K.
        const { W } = await headMatrix(weight as never, key, d);
        expect([...W]).toEqual(Array.from({ length: K * d }, (_, i) => data[(i % d) * K + Math.floor(i / d)]));
        if (own.arrays.has("b")) {
          const bias = await readWhole(findArray(of, "bias") as never);
          expect([...bias.data]).toEqual((await dataOf(own, "b")).data);
        }
      }),
    );
  });

  test("a model whose weights are deflated in its zip", async () => {
    const of = await openArrays(join(fixtures, "keras3.weights.h5"));
    const { data } = await dataOf(of, "layers/dense_2/vars/0");
    await of.close();
    const file = join(folder, "deflated.keras");
    writeFileSync(
      file,
      zipSync({ "config.json": new Uint8Array(2), "model.weights.h5": readFileSync(join(fixtures, "keras3.weights.h5")) }),
    );
    await opened(file, async (packed) => expect((await dataOf(packed, "layers/dense_2/vars/0")).data).toEqual(data));
  });
});

describe("what is wrong with a file is said, and the next one is read", () => {
  test.each([
    ["cut.h5", (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1), /cut\.h5: expected .*got .*truncated/],
    ["nothing-else.h5", (bytes: Buffer) => bytes.subarray(0, 8), /nothing-else\.h5: expected/],
    ["text.h5", () => Buffer.from("0\n1\n"), /text\.h5: expected a .*got text/],
  ])("%s", async (name, change, message) => {
    writeFileSync(join(folder, name), change(readFileSync(join(fixtures, "odd.h5"))));
    const error = await openArrays(join(folder, name)).catch((e) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toMatch(message);
    await opened(join(fixtures, "odd.h5"), (of) => dataOf(of, "features"));
  });

  test("a dataset that claims more than the file can hold is left out", async () => {
    const bytes = readFileSync(join(fixtures, "latest.h5"));
    // The sizes of a dataspace of two axes (23 x 5, no larger), in its own words.
    const space = Buffer.from([23, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
    const file = join(folder, "claims.h5");
    for (let at = bytes.indexOf(space); at >= 0; at = bytes.indexOf(space, at + 1)) bytes.writeUInt8(255, at + 4);
    writeFileSync(file, bytes);
    const of = await openArrays(file).catch((e) => e);
    if (of instanceof Error) expect(of).toBeInstanceOf(InputError);
    else {
      for (const array of of.arrays.values()) await readWhole(array, 2 ** 22).catch((e) => expect(e).toBeInstanceOf(InputError));
      await of.close();
    }
  });
});

test.each(["odd", "latest"])("%s.h5: the bits of every type of numbers are found in the header of its dataset", async (name) => {
  const path = join(fixtures, `${name}.h5`);
  const of = await openFile(path);
  const file = openHdf5(path, { fd: of.handle.fd, start: 0, length: of.size });
  const floats: Record<string, number[]> = { f2: [10, 5, 0, 10, 15], f4: [23, 8, 0, 23, 127], f8: [52, 11, 0, 52, 1023] };
  const found = await file.children("types");
  expect(found).toHaveLength(24);
  for (const { name: type, address } of found) {
    const bits = await numberBits(fileBytes(of, 0, of.size), addressOf({ address }));
    const kind = type.replace("big-", "").replace("bool", "i1").replace("enum", "i1");
    expect(bits, type).toEqual({
      type: kind[0] === "f" ? 1 : 0,
      offset: 0,
      precision: 8 * Number(kind[1]),
      float: floats[kind] ?? null,
      vax: false,
    });
  }
  await file.close();
  await of.handle.close();
});

/** h5py itself, where it is installed (NCLAB_PYTHON, /usr/bin/python3 or python3). */
const python = [process.env.NCLAB_PYTHON, "/usr/bin/python3", "python3"].find(
  (name) => name !== undefined && spawnSync(name, ["-c", "import h5py, numpy"]).status === 0,
);
if (python === undefined) console.info("skipped: no python3 with h5py was found");

describe.skipIf(python === undefined)("beside h5py", () => {
  test("many chunkings, filters and versions of one array, and filters that are not read", async () => {
    const code = `
import h5py, numpy as np
r = np.random.default_rng(3)
X = r.standard_normal((311, 17)).astype("f4")
np.save("X.npy", X)
for libver in ["earliest", "latest"]:
    with h5py.File(libver + ".h5", "w", libver=libver) as f:
        for k in range(40):
            chunks = (int(r.integers(1, 311)), int(r.integers(1, 17)))
            how = [{}, {"compression": "gzip", "compression_opts": int(r.integers(0, 10))}, {"shuffle": True}, {"fletcher32": True}]
            options = dict(how[k % 4], **how[(k // 4) % 4])
            maxshape = [None, (None, 17), (None, None), (500, 17)][k % 4]
            f.create_dataset(f"x{k}", data=X.astype(["<f4", ">f4", "<f8"][k % 3]), chunks=chunks, maxshape=maxshape, **options)
        f.create_dataset("lzf", data=X, chunks=(100, 17), compression="lzf")
`;
    expect(spawnSync(python as string, ["-c", code], { cwd: folder, stdio: ["ignore", "inherit", "inherit"] }).status).toBe(0);
    const truth = await opened(join(folder, "X.npy"), (of) => dataOf(of, ""));
    for (const libver of ["earliest", "latest"])
      await opened(join(folder, `${libver}.h5`), async (of) => {
        for (let k = 0; k < 40; k++) expect(await dataOf(of, `x${k}`), `${libver} x${k}`).toEqual(truth);
        await expect(readWhole(of.arrays.get("lzf") as never)).rejects.toThrow(
          /lzf: expected data packed by gzip.*got the filter lzf/,
        );
      });
  });

  test("MATLAB 7.3, large and in chunks: columns come from a temporary file, in any blocks", async () => {
    const code = `
import h5py, numpy as np
X = np.random.default_rng(3).standard_normal((20000, 40))
np.save("matlab.npy", X)
with h5py.File("matlab.mat", "w", userblock_size=512) as f:
    f.create_dataset("X", data=X.T, chunks=(7, 1000), compression="gzip", compression_opts=1)
with open("matlab.mat", "r+b") as f:
    f.write(b"MATLAB 7.3 MAT-file".ljust(128))
`;
    expect(spawnSync(python as string, ["-c", code], { cwd: folder, stdio: ["ignore", "inherit", "inherit"] }).status).toBe(0);
    const { data } = await opened(join(folder, "matlab.npy"), (of) => readWhole(of.arrays.get("") as never));
    await opened(join(folder, "matlab.mat"), async (of) => {
      for await (const { first, n, values } of rowBlocks(of.arrays.get("X") as never, 11, 20000, 3333))
        expect(
          Buffer.compare(
            Buffer.from(values.buffer, values.byteOffset, values.byteLength),
            Buffer.from(data.buffer, first * 320, n * 320),
          ),
        ).toBe(0);
    });
  });

  test("floats and integers of other bits: bfloat16 is read, the others are left out; a type that datasets share", async () => {
    const code = `
import h5py, numpy as np
from h5py import h5d, h5s, h5t
def put(f, name, type, data):
    dataset = h5d.create(f.id, name.encode(), type, h5s.create_simple(data.shape))
    dataset.write(h5s.ALL, h5s.ALL, data)
def floats(size, *fields):
    type = (h5t.IEEE_F64LE if size == 8 else h5t.IEEE_F32LE).copy()
    sign, exponent, width, bias = fields
    type.set_fields(sign, exponent, width, 0, exponent)
    type.set_ebias(bias)
    type.set_precision(sign + 1)
    type.set_size(size)
    return type
x = np.array([1.5, -2, 3.140625])
for libver in ["earliest", "latest"]:
    with h5py.File("bits-" + libver + ".h5", "w", libver=libver, userblock_size=512) as f:
        put(f, "bfloat16", floats(2, 15, 7, 8, 127), x)
        put(f, "half", h5t.IEEE_F16LE, x)
        put(f, "three bytes", floats(4, 23, 15, 8, 127), x)
        twelve = h5t.STD_I16LE.copy()
        twelve.set_precision(12)
        put(f, "twelve bits", twelve, np.array([-1, 5, 2000], "i2"))
        f["type"] = np.dtype("f2")
        f.create_dataset("shared", data=x.astype("f2"), dtype=f["type"])
`;
    expect(spawnSync(python as string, ["-c", code], { cwd: folder, stdio: ["ignore", "inherit", "inherit"] }).status).toBe(0);
    for (const libver of ["earliest", "latest"])
      await opened(join(folder, `bits-${libver}.h5`), async (of) => {
        for (const name of ["bfloat16", "half", "shared"])
          expect((await dataOf(of, name)).data, name).toEqual([1.5, -2, 3.140625]);
        expect(of.skipped.get("three bytes")).toBe("3 of floats of another format, 4 bytes each");
        expect(of.skipped.get("twelve bits")).toBe("3 of integers of 12 bits, 2 bytes each");
        expect(["bfloat16", "half", "shared"].map((name) => of.arrays.get(name)?.type)).toEqual(["bf", "f2", "f2"]);
      });
  });
});
