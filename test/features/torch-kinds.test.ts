import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import type { ArrayValue } from "../../src/features/array-value.ts";
import type { Bytes } from "../../src/features/bytes.ts";
import type { ElementType } from "../../src/features/elements.ts";
import { readWhole, rowBlocks, type StoredArray } from "../../src/features/index.ts";
import { memoryBytes } from "../../src/features/memory-bytes.ts";
import type { Global, Opaque, Pickled } from "../../src/features/pickle-values.ts";
import { contiguous } from "../../src/features/stored-array.ts";
import { torchName } from "../../src/features/torch-names.ts";

/** Quantized and sparse tensors by their definitions, from what PyTorch's _utils.py says of their parts. */
const tuple = (...items: Pickled[]): Pickled => ({ kind: "tuple", items });
const global = (name: string): Pickled => ({ kind: "global", name: `torch.${name}` });
const rebuilder = (names: ReturnType<typeof torchName>, name: string) => (names("torch._utils", name) as Required<Global>).call;
const made = (name: string, ...args: Pickled[]): ArrayValue =>
  (rebuilder(torchName("x.pt", true), name)(args) as Opaque).value as ArrayValue;
const storage = (name: string, width: number, bytes: Bytes): Pickled => ({
  kind: "opaque",
  value: { is: "storage", name, type: undefined, width, bytes } as Opaque["value"],
});
const tensor = (shape: number[], data: number[], type: ElementType = "f8"): Pickled => {
  const raw = type === "i8" ? BigInt64Array.from(data, BigInt) : Float64Array.from(data);
  const bytes = memoryBytes("x.pt", new Uint8Array(raw.buffer));
  const value: ArrayValue = {
    is: "array",
    array: { shape, type, littleEndian: true, strides: contiguous(shape), bytes, offset: 0 },
  };
  return { kind: "opaque", value };
};
const stored = (value: ArrayValue): StoredArray => {
  if (value.is !== "array") throw new Error(value.is === "unread" ? value.why : value.is);
  return { ...value.array, what: "x.pt, a" };
};
const numbers = async (value: ArrayValue): Promise<number[]> => [...(await readWhole(stored(value))).data];
const why = (value: ArrayValue): string => (value.is === "unread" ? value.why : value.is);

describe("quantized tensors", () => {
  const codes = Int8Array.from({ length: 13 }, (_, i) => 7 * i - 40);
  const held = memoryBytes("x.pt", new Uint8Array(codes.buffer));
  const quantized = (params: Pickled, strides = [4, 1], shape = [3, 4], bytes: Bytes = held, name = "QInt8Storage"): ArrayValue =>
    made("_rebuild_qtensor", storage(name, 1, bytes), 1, tuple(...shape), tuple(...strides), params, false, new Map());
  const single = (x: number): number => Math.fround(x);
  const perTensor = tuple(global("per_tensor_affine"), 0.1, -3);

  test("one scale: scale (q - zero point) of every code, in single precision, in blocks of rows and as columns", async () => {
    const meant = (i: number): number => single(single(0.1) * (codes[1 + i] + 3));
    const value = quantized(perTensor);
    expect(stored(value).type).toBe("f4");
    expect(await numbers(value)).toEqual(Array.from({ length: 12 }, (_, i) => meant(i)));
    const rows: number[] = [];
    for await (const block of rowBlocks(stored(value), 1, 3, 1)) rows.push(...block.values);
    expect(rows).toEqual(Array.from({ length: 8 }, (_, i) => meant(4 + i)));
    const columns = Array.from({ length: 12 }, (_, e) => meant(3 * (e % 4) + Math.floor(e / 4)));
    expect(await numbers(quantized(perTensor, [1, 3]))).toEqual(columns);
  });

  test("a scale a channel, along either axis, in rows and in columns; scales as tensors or lists", async () => {
    const [scales, zeros] = [
      [0.5, 0.25, 2, 1],
      [1, -2, 0, 5],
    ];
    for (const axis of [0, 1])
      for (const strides of [
        [4, 1],
        [1, 3],
      ]) {
        const n = [3, 4][axis];
        const expected = Array.from({ length: 12 }, (_, e) => {
          const index = [Math.floor(e / 4), e % 4];
          return scales[index[axis]] * (codes[1 + index[0] * strides[0] + index[1] * strides[1]] - zeros[index[axis]]);
        });
        const [s, z] = [scales.slice(0, n), zeros.slice(0, n)];
        for (const [given, zero] of [
          [tensor([n], s), tensor([n], z, "i8")],
          [s, z],
        ])
          expect(await numbers(quantized(tuple(global("per_channel_affine"), given, zero, axis), strides))).toEqual(expected);
      }
  });

  test("from bytes that can be read in order only", async () => {
    const { readAt: _, ...inOrder } = held;
    expect(await numbers(quantized(perTensor, [4, 1], [3, 4], inOrder))).toEqual(await numbers(quantized(perTensor)));
  });

  test("what is none of these is unread and says why", () => {
    const channels = (axis: Pickled, n = 4): Pickled =>
      tuple(global("per_channel_affine"), tensor([n], [1, 1, 1, 1]), tensor([n], [0, 0, 0, 0]), axis);
    expect(why(quantized(tuple(global("per_tensor_symmetric"), 0.1, 0)))).toMatch(
      /one for each channel, got "?torch.per_tensor_symmetric/,
    );
    expect(why(quantized(tuple(global("per_tensor_affine"), "1", 0)))).toMatch(/a scale and a zero point/);
    expect(why(quantized(channels(2)))).toMatch(/an axis of its own, got "2"/);
    expect(why(quantized(channels(0)))).toMatch(/3 scales and zero points, got "4"/);
    expect(why(quantized(channels(1), [0, 1]))).toMatch(/one after the other in memory/);
    expect(why(quantized(tuple(global("per_channel_affine"), 1, 2, 0)))).toMatch(/scales and zero points as numbers/);
    expect(why(quantized(perTensor, [4, 1], [4, 4]))).toMatch(/a view of 13 numbers/);
    expect(why(quantized(perTensor, [4, 1], [3, 4], held, "QUInt4x2Storage"))).toBe(
      "a quantized tensor of QUInt4x2 (save x.dequantize())",
    );
  });
});

describe("sparse tensors", () => {
  const layout = (name: string): Pickled => ({
    kind: "object",
    name: "torch.serialization._get_layout",
    args: [`torch.${name}`],
    state: null,
    items: [],
    entries: new Map(),
  });
  const sparse = (name: string, ...parts: Pickled[]): ArrayValue => made("_rebuild_sparse_tensor", layout(name), tuple(...parts));
  const coo = (indices: number[][], values: number[], size: number[], block: number[] = []): ArrayValue =>
    sparse(
      "sparse_coo",
      tensor([indices.length, indices[0].length], indices.flat(), "i8"),
      tensor([indices[0].length, ...block], values),
      tuple(...size),
    );

  test("coordinates: values at one place add up; the axes behind are dense", async () => {
    expect(await numbers(coo([[0, 1, 0], [2, 0, 2]], [1, 2, 4], [2, 3]))).toEqual([0, 0, 5, 2, 0, 0]); // biome-ignore format: a matrix
    expect(await numbers(coo([[2, 0]], [1, 2, 3, 4], [3, 2], [2]))).toEqual([3, 4, 0, 0, 1, 2]);
    expect(await numbers(sparse("sparse_coo", tensor([2, 0], [], "i8"), tensor([0], []), tuple(2, 2), true))).toEqual([
      0, 0, 0, 0,
    ]);
  });

  test("compressed rows and columns", async () => {
    const parts = [tensor([3], [0, 2, 3], "i8"), tensor([3], [0, 2, 1], "i8"), tensor([3], [1, 2, 3])];
    expect(await numbers(sparse("sparse_csr", ...parts, tuple(2, 3)))).toEqual([1, 0, 2, 0, 3, 0]);
    expect(await numbers(made("_rebuild_sparse_csr_tensor", layout("sparse_csr"), tuple(...parts, tuple(2, 3))))).toEqual([
      1, 0, 2, 0, 3, 0,
    ]);
    expect(await numbers(sparse("sparse_csc", ...parts, tuple(3, 2)))).toEqual([1, 0, 0, 3, 2, 0]);
  });

  test("indices outside are found when it is read", async () => {
    for (const value of [
      coo([[3]], [1], [3]),
      coo([[-1]], [1], [3]),
      sparse("sparse_csr", tensor([2], [0, 9], "i8"), tensor([1], [0], "i8"), tensor([1], [1]), tuple(1, 3)),
      sparse("sparse_csr", tensor([2], [0, 1], "i8"), tensor([1], [3], "i8"), tensor([1], [1]), tuple(1, 3)),
    ]) {
      await expect(readWhole(stored(value))).rejects.toThrow(InputError);
      await expect(readWhole(stored(value))).rejects.toThrow(/x\.pt: sparse tensor: expected indices from 0 to/);
    }
  });

  test("what is none of these is unread and says why", () => {
    expect(why(sparse("sparse_bsr", 1, 2, 3, tuple(1)))).toBe("a sparse tensor of layout sparse_bsr (save x.to_dense())");
    expect(why(coo([[0], [0]], [1], [3]))).toMatch(/axes x entries indices/);
    expect(why(sparse("sparse_coo", tensor([1, 2], [0, 1], "i8"), tensor([1], [1]), tuple(3)))).toMatch(/got "1 x 2 and 1"/);
    expect(why(sparse("sparse_csr", tensor([2], [0, 1]), tensor([1], [0]), tensor([1], [1]), tuple(2, 3)))).toMatch(
      /a start for each row/,
    );
    expect(why(sparse("sparse_coo", 1, 2, tuple(3)))).toMatch(/indices and values that are read/);
    expect(why(sparse("sparse_coo", 1, 2, 3))).toMatch(/expected a size/);
    expect(why(coo([[0]], [1], [-1]))).toMatch(/expected whole numbers/);
  });

  test("with their zeros all of a file's have at most 2^24 numbers", () => {
    const build = rebuilder(torchName("x.pt", true), "_rebuild_sparse_tensor");
    const one = (n: number): ArrayValue =>
      (build([layout("sparse_coo"), tuple(tensor([1, 1], [0], "i8"), tensor([1], [1]), tuple(n))]) as Opaque).value as ArrayValue;
    expect(why(one(2 ** 24 + 1))).toMatch(/a sparse tensor of 16777217 numbers with its zeros/);
    expect([2 ** 23, 2 ** 23, 1].map((n) => why(one(n)))).toEqual(["array", "array", expect.stringMatching(/with its zeros/)]);
    expect(why(one(2 ** 60))).not.toBe("array");
  });
});
