import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { type ArrayFile, findArray, headMatrix, openArrays, readWhole } from "../../src/features/index.ts";
import { dataOf, opened } from "./opened.ts";

const fixtures = join(import.meta.dirname, "../fixtures/containers");
const folder = mkdtempSync(join(tmpdir(), "nclab-onnx-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("every type, raw and in the fields of its own, is what NumPy has; what is no number is left out by name", async () => {
  await opened(join(fixtures, "types.onnx"), (of) =>
    opened(join(fixtures, "types-onnx.npz"), async (truth) => {
      expect(of.kind).toBe("onnx");
      expect([...of.arrays.keys()].sort()).toEqual([...truth.arrays.keys()].sort());
      for (const name of truth.arrays.keys()) expect(await dataOf(of, name), name).toEqual(await dataOf(truth, name));
      expect([...of.skipped.keys()]).toEqual(["words", "complex"]);
    }),
  );
});

describe("the head is what the graph says, whatever it is called and however it stands, also where d = K", () => {
  test.each(["gemm", "gemm-plain", "matmul", "transposed"])("%s", async (name) => {
    await opened(join(fixtures, `head-${name}.onnx`), (of) =>
      opened(join(fixtures, "head-onnx.npz"), async (truth) => {
        const weight = findArray(of, "weight");
        expect(weight).toBe(of.arrays.get("w.of.head"));
        const { W } = await headMatrix(weight as never, "w.of.head", 4);
        expect([...W]).toEqual((await dataOf(truth, "W")).data);
        expect(findArray(of, "bias")).toBe(of.arrays.get("b.of.head"));
        expect((await dataOf(of, "b.of.head")).data).toEqual((await dataOf(truth, "b")).data);
        // What is stated goes before.
        expect(findArray(of, "weight", { weight: "inner" })).toBe(of.arrays.get("inner"));
      }),
    );
  });

  test("where an output comes through a nonlinearity there is none", async () => {
    await opened(join(fixtures, "head-no-head.onnx"), async (of) => expect(findArray(of, "weight")).toBeUndefined());
  });
});

describe("external data", () => {
  const model = readFileSync(join(fixtures, "external.onnx"));
  const data = readFileSync(join(fixtures, "external.data"));
  const renamed = (to: string): Buffer => Buffer.from(model.toString("latin1").replaceAll("external.data", to), "latin1");

  test("beside the model", async () => {
    await opened(join(fixtures, "external.onnx"), (of) =>
      opened(join(fixtures, "head-onnx.npz"), async (truth) =>
        expect(await dataOf(of, "w.of.head")).toEqual(await dataOf(truth, "W")),
      ),
    );
  });

  test("in a folder below it", async () => {
    mkdirSync(join(folder, "abc"));
    writeFileSync(join(folder, "abc", "123456789"), data);
    writeFileSync(join(folder, "below.onnx"), renamed("abc/123456789"));
    await opened(join(folder, "below.onnx"), async (of) => expect((await dataOf(of, "w.of.head")).shape).toEqual([4, 4]));
  });

  test.each(["../etc/passwd", "/etc//passwd.", "/etc/passwd12", "a\\..\\..\\..\\b", "a/../../../b", "C:/abcdefghi"])(
    "%s is refused",
    async (place) => {
      writeFileSync(join(folder, "refused.onnx"), renamed(place.padEnd(13, "x").slice(0, 13)));
      await opened(join(folder, "refused.onnx"), async (of) => {
        expect(of.arrays.size).toBe(0);
        expect(of.skipped.get("w.of.head")).toMatch(/external data: expected a file in the model's folder/);
      });
    },
  );

  test("missing, too short, or no file: left out by name, and asked for it is said", async () => {
    for (const [name, make] of [
      ["nothing.data0", () => {}],
      ["short.data.00", (at: string) => writeFileSync(at, data.subarray(0, 40))],
      ["device.data.0", (at: string) => symlinkSync("/dev/zero", at)],
      ["folder.data.0", (at: string) => mkdirSync(at)],
    ] as const) {
      make(join(folder, name));
      writeFileSync(join(folder, "wrong.onnx"), renamed(name));
      await opened(join(folder, "wrong.onnx"), async (of) => {
        expect(of.skipped.size, name).toBeGreaterThan(0);
        expect(() => findArray(of, "weight", { weight: [...of.skipped.keys()][0] })).toThrow(InputError);
      });
    }
  });
});

test("what is no ONNX, or is cut off, is a message", async () => {
  const whole = readFileSync(join(fixtures, "types.onnx"));
  for (const bytes of [whole.subarray(0, 700), whole.subarray(0, 3), Buffer.from([255, 255, 255]), Buffer.from("text")]) {
    writeFileSync(join(folder, "cut.onnx"), bytes);
    const error = await openArrays(join(folder, "cut.onnx")).catch((e) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toContain("cut.onnx");
  }
});

/** PyTorch's exporter, where it needs nothing more (NCLAB_PYTHON, /usr/bin/python3 or python3). */
const python = [process.env.NCLAB_PYTHON, "/usr/bin/python3", "python3"].find(
  (name) => name !== undefined && spawnSync(name, ["-c", "import numpy, torch"]).status === 0,
);

test.skipIf(python === undefined)(
  "models that PyTorch exports: their own numbers, whatever the exporter calls them",
  async ({ skip }) => {
    const code = `
import torch, numpy as np
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.fc = nn.Linear(4, 6), nn.Linear(6, 3)
    def forward(self, x):
        return self.fc(torch.relu(self.body(x)))
net = Net().eval()
# Rows alone give Gemm, rows of rows MatMul and Add.
torch.onnx.export(net, torch.zeros(2, 4), "gemm.onnx")
torch.onnx.export(net, torch.zeros(2, 5, 4), "matmul.onnx")
np.savez("net.npz", W=net.fc.weight.detach().numpy(), b=net.fc.bias.detach().numpy())
`;
    if (spawnSync(python as string, ["-c", code], { cwd: folder, stdio: "ignore" }).status !== 0)
      skip("this PyTorch does not export without more packages");
    const truth = await opened(join(folder, "net.npz"), async (of) => ({ W: await dataOf(of, "W"), b: await dataOf(of, "b") }));
    for (const name of ["gemm", "matmul"])
      await opened(join(folder, `${name}.onnx`), async (of) => {
        const { W } = await headMatrix(findArray(of, "weight") as never, "", 6);
        expect([...W]).toEqual(truth.W.data);
        expect([...(await readWhole(findArray(of, "bias") as never)).data]).toEqual(truth.b.data);
      });
  },
);

describe("what is made to fill the memory is refused", () => {
  const integer = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...integer(n >>> 7)]);
  const part = (id: number, ...of: Uint8Array[]): Buffer => {
    const body = Buffer.concat(of);
    return Buffer.concat([Buffer.from([...integer(8 * id + 2), ...integer(body.length)]), body]);
  };
  const number = (id: number, n: number): Buffer => Buffer.from([...integer(8 * id), ...integer(n)]);
  const text = (id: number, words: string): Buffer => part(id, Buffer.from(words));
  const many = (field: Buffer): Buffer => Buffer.alloc(field.length * 5_000_000, field);
  const ones = (n: number): Buffer => Buffer.alloc(n, 1);
  const opening = async (...graph: Uint8Array[]): Promise<ArrayFile> => {
    writeFileSync(join(folder, "many.onnx"), Buffer.concat([number(1, 8), part(7, ...graph)]));
    return openArrays(join(folder, "many.onnx"));
  };
  const weight = (...more: Uint8Array[]): Buffer => part(5, text(8, "w"), number(1, 4), number(2, 6), ...more);
  const order = (perm: Uint8Array): Buffer => part(1, text(4, "Transpose"), part(5, text(1, "perm"), part(8, perm)));

  test("numbers one by one, and packed, are read where they are as many as the shape says", async () => {
    for (const numbers of [[part(5, ones(4))], [1, 1, 1, 1].map((n) => number(5, n)), [number(5, 1), part(5, ones(3))]]) {
      const of = await opening(weight(...numbers));
      expect(await dataOf(of, "w")).toEqual({ shape: [4], data: [1, 1, 1, 1] });
      await of.close();
    }
  });

  test.each<[string, () => Buffer]>([
    ["numbers of a tensor, one by one", () => weight(many(number(5, 1)))],
    ["numbers of four bytes", () => weight(many(Buffer.from([8 * 4 + 5, 0, 0, 0, 0])))],
    ["inputs of a node", () => part(1, many(part(1)))],
    ["attributes of a node", () => part(1, many(part(5)))],
    ["outputs of the graph", () => many(part(12))],
    ["entries of external data", () => weight(many(part(13)))],
    ["fields that nobody knows", () => many(number(99, 1))],
  ])("%s", async (_, made) => {
    await expect(opening(made())).rejects.toThrow(/many\.onnx: fields: expected at most 4194304, got "more"/);
  });

  test.each<[string, () => Buffer]>([
    ["axes of a tensor", () => weight(part(1, ones(1_000_000)))],
    ["axes of a transposition", () => order(ones(1_000_000))],
  ])("packed: %s", async (_, made) => {
    await expect(opening(made())).rejects.toThrow(/many\.onnx: integers: expected at most 64, got 1000000/);
  });

  test.each<[string, Buffer[], number, number]>([
    ["packed", [part(5, ones(1_000_000))], 4, 1_000_000],
    ["one by one", [part(5, ones(4)), number(5, 1)], 0, 1],
  ])("more numbers than the shape says, %s", async (_, numbers, most, got) => {
    const of = await opening(weight(...numbers));
    await expect(dataOf(of, "w")).rejects.toThrow(`integers: expected at most ${most}, got ${got}`);
    await of.close();
  });
});
