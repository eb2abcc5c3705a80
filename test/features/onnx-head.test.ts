import { describe, expect, test } from "vitest";
import { empty } from "../../src/features/contents.ts";
import { memoryBytes } from "../../src/features/memory-bytes.ts";
import { addDequantized } from "../../src/features/onnx/dequantized.ts";
import { headOf, type Node } from "../../src/features/onnx/graph.ts";
import { contiguous, readWhole, type StoredArray } from "../../src/features/stored-array.ts";

const node = (op: string, inputs: string[], flags: Record<string, number> = {}): Node => ({
  op,
  inputs,
  outputs: ["logits"],
  flags: new Map(Object.entries(flags)),
  order: [],
});
const axes = new Map([
  ["W", 2],
  ["b1", 1],
  ["b2", 1],
]);

describe("a product that is more than W h + b says no head", () => {
  test.each([
    ["plain", node("Gemm", ["h", "W", "b1"], { transB: 1, alpha: 1, beta: 1 }), { weight: "W", kernel: false, bias: "b1" }],
    ["without a bias", node("Gemm", ["h", "W"], {}), { weight: "W", kernel: true }],
    ["scaled", node("Gemm", ["h", "W", "b1"], { transB: 1, alpha: 0.5 }), undefined],
    ["a scaled bias", node("Gemm", ["h", "W", "b1"], { transB: 1, beta: 0.5 }), undefined],
    ["of turned features", node("Gemm", ["h", "W", "b1"], { transA: 1 }), undefined],
    ["a bias that is no vector", node("Gemm", ["h", "W", "W"], {}), undefined],
  ] as const)("%s", (_, gemm, head) => {
    expect(headOf([gemm], ["logits"], axes)).toEqual(head);
  });

  test("two biases", () => {
    const nodes = [
      { ...node("Gemm", ["h", "W", "b1"]), outputs: ["inner"] },
      { ...node("Add", ["inner", "b2"]), outputs: ["logits"] },
    ];
    expect(headOf(nodes, ["logits"], axes)).toBeUndefined();
    expect(headOf([{ ...nodes[0], inputs: ["h", "W"] }, nodes[1]], ["logits"], axes)?.bias).toBe("b2");
  });
});

describe("a temperature behind the product is said, and is no part of the head", () => {
  const single = new Set(["T", "b1"]);
  const behind = (op: string, inputs: string[]): Node => ({ ...node(op, inputs), outputs: ["y"] });
  const gemm = node("Gemm", ["h", "W", "b2"]);
  const head = { weight: "W", kernel: true, bias: "b2" };
  test.each([
    ["divided", behind("Div", ["logits", "T"]), { ...head, scaled: [{ by: "T", sign: "/" }] }],
    ["multiplied", behind("Mul", ["logits", "T"]), { ...head, scaled: [{ by: "T", sign: "*" }] }],
    ["multiplied from the left", behind("Mul", ["T", "logits"]), { ...head, scaled: [{ by: "T", sign: "*" }] }],
    ["a number divided by them", behind("Div", ["T", "logits"]), undefined],
    ["a number a class", behind("Mul", ["logits", "b2"]), undefined],
  ] as const)("%s", (_, last, found) => {
    expect(headOf([gemm, last], ["y"], axes, single)).toEqual(found);
  });

  test("a bias that is added behind it is not the head's", () => {
    const nodes = [
      node("MatMul", ["h", "W"]),
      { ...behind("Div", ["logits", "T"]), outputs: ["scaled"] },
      behind("Add", ["scaled", "b2"]),
    ];
    expect(headOf(nodes, ["y"], axes, single)).toBeUndefined();
  });
});

describe("whole numbers behind a DequantizeLinear are (x - zero) scale", () => {
  const stored = (shape: number[], ...data: number[]): StoredArray => ({
    what: "x",
    shape,
    type: "f8",
    littleEndian: true,
    strides: contiguous(shape),
    bytes: memoryBytes("x", new Uint8Array(Float64Array.from(data).buffer)),
    offset: 0,
  });
  const dequantize = (arrays: Record<string, StoredArray>, flags: Record<string, number> = {}) => {
    const contents = { ...empty(), arrays: new Map(Object.entries(arrays)) };
    const inputs = ["q", "s", ...("z" in arrays ? ["z"] : [])];
    addDequantized("m.onnx", [{ ...node("DequantizeLinear", inputs, flags), outputs: ["W"] }], contents);
    return contents;
  };
  const q = stored([2, 3], 1, 2, 3, 4, 5, 6);
  test.each([
    ["one scale", { s: stored([], 0.5) }, {}, [0.5, 1, 1.5, 2, 2.5, 3]],
    ["and a zero point", { s: stored([1], 0.5), z: stored([], 2) }, {}, [-0.5, 0, 0.5, 1, 1.5, 2]],
    ["a scale a row", { s: stored([2], 1, 10), z: stored([2], 0, 4) }, { axis: 0 }, [1, 2, 3, 0, 10, 20]],
    ["a scale a column, the axis that is meant where none is said", { s: stored([3], 1, 10, 100) }, {}, [1, 20, 300, 4, 50, 600]],
    ["an axis from the end", { s: stored([2], 1, 10) }, { axis: -2 }, [1, 2, 3, 40, 50, 60]],
  ] as const)("%s", async (_, parts, flags, data) => {
    const { arrays } = dequantize({ q, ...parts }, flags);
    expect([...(await readWhole(arrays.get("W") as StoredArray)).data]).toEqual(data);
    expect(arrays.get("q")?.aside).toBe(true);
  });

  test.each([
    ["scales of another length", { s: stored([5], 1, 1, 1, 1, 1) }, {}],
    ["in blocks", { s: stored([1], 1) }, { block_size: 2 }],
    ["scales that the graph computes", {}, {}],
  ] as const)("%s are skipped by name", (_, parts, flags) => {
    const { arrays, skipped } = dequantize({ q, ...parts } as Record<string, StoredArray>, flags);
    expect([arrays.has("W"), arrays.get("q")?.aside, [...skipped.keys()]]).toEqual([false, true, ["W"]]);
  });
});
