import { expect } from "vitest";
import { fused } from "../../src/engine/fuse.ts";
import { Graph, type Node, sizeOf } from "../../src/engine/graph.ts";
import { gradients, multiply, sum } from "../../src/engine/operations.ts";
import { evaluate } from "../../src/engine/plain.ts";
import { type Random, random } from "../../src/math/random.ts";

const double = (length: number): Float64Array => new Float64Array(length);

export const normals = (size: number, r: Random, scale = 1, shift = 0): Float64Array =>
  Float64Array.from({ length: size }, () => scale * r.normal() + shift);

/**
 * Compares gradients by the graph's rules with central differences of f = sum c o function(arrays), c random, in some entries of each array, in float64. Step 1e-4: the truncation is
 * h^2 f''' / 6 ~ 1e-8, rounding 1e-16 / h ~ 1e-12. Fused and as it is.
 */
export function expectGradients(
  shapes: Record<string, readonly number[]>,
  f: (arrays: Record<string, Node>, graph: Graph) => Node,
  { entries = 6, start = normals }: { entries?: number; start?: (size: number, r: Random) => Float64Array } = {},
): void {
  const r = random(7);
  const values = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, name === "x" ? normals(sizeOf(shape), r) : start(sizeOf(shape), r)]),
  );
  const graph = new Graph();
  const arrays = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, graph.input(name, shape)]));
  const output = f(arrays, graph);
  const objective = sum(multiply(output, graph.input("c", output.shape)), "all");
  values.c = normals(sizeOf(output.shape), r);
  const names = Object.keys(shapes);
  gradients(
    objective,
    names.map((name) => arrays[name]),
  ).forEach((gradient, i) => {
    expect(gradient.shape, names[i]).toEqual(shapes[names[i]]);
    graph.output(names[i], gradient);
  });
  const value = new Graph();
  const again = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, value.input(name, shape)]));
  value.output("f", sum(multiply(f(again, value), value.input("c", output.shape)), "all"));
  const at = (): number => evaluate(value, values, {}, double).outputs.f[0];
  for (const g of [graph, fused(graph)]) {
    const found = evaluate(g, values, {}, double).outputs;
    for (const name of names) {
      const data = values[name];
      const stride = Math.max(1, Math.floor(data.length / entries));
      for (let i = 0; i < data.length; i += stride) {
        const h = 1e-4;
        const kept = data[i];
        data[i] = kept + h;
        const above = at();
        data[i] = kept - h;
        const difference = (above - at()) / (2 * h);
        data[i] = kept;
        const error = Math.abs(found[name][i] - difference);
        expect(error, `${name}[${i}]: ${found[name][i]} against ${difference}`).toBeLessThan(1e-6 * (1 + Math.abs(difference)));
      }
    }
  }
}
