import { describe, expect, test } from "vitest";
import { headOf, type Node } from "../../src/features/onnx/graph.ts";

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
