import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { Graph, type Node } from "../../src/engine/graph.ts";
import * as op from "../../src/engine/operations.ts";
import { evaluate } from "../../src/engine/plain.ts";
import { plan } from "../../src/engine/plan.ts";
import { wasmEngine } from "../../src/engine/wasm/index.ts";
import { programOf } from "../../src/engine/wasm/program.ts";
import { team } from "../../src/engine/wasm/team.ts";
import { graphOf, recipes } from "./whole-numbers.ts";

const engines = [wasmEngine(1), wasmEngine(2)];
afterAll(() => {
  for (const engine of engines) engine.close();
});

/** Not the sign of a zero. */
const numbers = (x: ArrayLike<number>): number[] => Array.from(x, (y) => y + 0);

describe("memory is shared, and nothing is written over that is needed later", () => {
  test("whatever the graph, two runs in a row give the twin's numbers, outputs and held arrays", async () => {
    await fc.assert(
      fc.asyncProperty(recipes, async (recipe) => {
        const { graph, given, held } = graphOf(recipe);
        const runs = await Promise.all(
          engines.map(async (engine) => ({ held: engine.hold(held), program: await engine.compile(graph) })),
        );
        let now: Record<string, ArrayLike<number>> = Object.fromEntries(
          Object.entries(held).map(([name, { data }]) => [name, data]),
        );
        for (let run = 0; run < 2; run++) {
          const wanted = evaluate(graph, given, now, (n) => new Float64Array(n));
          now = { ...now, ...wanted.kept };
          for (const { held, program } of runs) {
            const outputs = await program.run(held, given);
            for (const [name, x] of Object.entries(wanted.outputs)) expect(numbers(outputs[name]), name).toEqual(numbers(x));
            const read = await held.read();
            for (const [name, x] of Object.entries(now)) expect(numbers(read[name].data), name).toEqual(numbers(x));
          }
        }
        for (const { held, program } of runs) {
          held.dispose();
          program.dispose();
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** A graph of its inputs x and y and its held arrays A and v, 4 x 4 each, planned as it is. */
function planOf(make: (arrays: Record<"x" | "y" | "A" | "v", Node>, graph: Graph) => Record<string, Node>): {
  planned: ReturnType<typeof plan>;
  made: Record<string, Node>;
} {
  const graph = new Graph();
  const arrays = {
    x: graph.input("x", [4, 4]),
    y: graph.input("y", [4, 4]),
    A: graph.held("A", [4, 4]),
    v: graph.held("v", [4, 4]),
  };
  const made = make(arrays, graph);
  return { planned: plan(graph), made };
}

describe("a map takes the place of an array", () => {
  const of = (make: (product: Node, graph: Graph) => Record<string, Node>): [Node | undefined, Node] => {
    const { planned, made } = planOf(({ x, y }, graph) => {
      const product = op.product("XY", x, y);
      return { product, ...make(product, graph) };
    });
    return [planned.inPlace.get(made.map), made.product];
  };

  test("that nobody needs afterwards", () => {
    const [taken, product] = of((product, graph) => {
      const map = op.relu(product);
      graph.output("z", map);
      return { map };
    });
    expect(taken).toBe(product);
  });

  test.each<[string, (product: Node, map: Node, graph: Graph) => void]>([
    ["is an output", (product, _, graph) => graph.output("product", product)],
    ["is an output in another shape", (product, _, graph) => graph.output("product", op.reshape(product, [2, 8]))],
    ["is kept", (product, _, graph) => graph.keep("A", product)],
    ["a later node takes", (product, map, graph) => graph.output("later", op.product("XY", map, product))],
    ["a later node takes in another shape", (p, _, graph) => graph.output("later", op.sum(op.reshape(p, [2, 8]), "rows"))],
  ])("but not of one that %s", (_, use) => {
    const [taken] = of((product, graph) => {
      const map = op.relu(product);
      graph.output("z", map);
      use(product, map, graph);
      return { map };
    });
    expect(taken).toBeUndefined();
  });

  test("nor of one of another shape, of an input or of a constant: these are there in every run", () => {
    const { planned, made } = planOf(({ x, y }, graph) => {
      const row = op.sum(x, "rows");
      const map = op.add(x, row);
      const ofConstant = op.relu(graph.constant(new Float32Array(16), [4, 4]));
      graph.output("map", map);
      graph.output("y", op.relu(y));
      graph.output("constant", ofConstant);
      return { map, ofConstant };
    });
    expect(planned.inPlace.size).toBe(0);
    const constant = made.ofConstant.inputs[0];
    expect(planned.lives.get(constant)).toEqual({ from: 0, to: planned.nodes.length });
  });
});

describe("a held array is written by the node itself", () => {
  const direct = (make: Parameters<typeof planOf>[0]): string[] => [...planOf(make).planned.direct.values()];

  test("that is a map and the last to need its old values", () => {
    const rate = 0.1;
    // A step of gradient descent with momentum.
    const step = direct(({ x, y, A, v }, graph) => {
      const velocity = op.add(op.multiply(v, 0.9), op.product("X'Y", x, op.subtract(op.product("XY", x, A), y)));
      graph.keep("v", velocity);
      graph.keep("A", op.subtract(A, op.multiply(velocity, rate)));
      return {};
    });
    expect(step).toEqual(["v", "A"]);
  });

  test("not where a later node needs them, nor where the node is no map, an output too, or two arrays'", () => {
    const later = direct(({ x, A }, graph) => {
      graph.keep("A", op.relu(x));
      graph.output("before", op.product("XY", A, x));
      return {};
    });
    const product = direct(({ x, y }, graph) => {
      graph.keep("A", op.product("XY", x, y));
      return {};
    });
    const output = direct(({ x }, graph) => {
      const z = op.relu(x);
      graph.keep("A", z);
      graph.output("z", op.reshape(z, [16]));
      return {};
    });
    const twice = direct(({ x }, graph) => {
      const z = op.relu(x);
      graph.keep("A", z);
      graph.keep("v", z);
      return {};
    });
    expect([later, product, output, twice]).toEqual([[], [], [], []]);
  });
});

test("two held arrays change places, and an output has what one was", async () => {
  const graph = new Graph();
  const [A, v] = [graph.held("A", [3]), graph.held("v", [3])];
  graph.keep("A", op.reshape(op.reshape(v, [3, 1]), [3]));
  graph.keep("v", op.reshape(op.reshape(A, [3, 1]), [3]));
  graph.output("before", A);
  for (const engine of engines) {
    const array = (...data: number[]) => ({ shape: [3], data: Float32Array.from(data) });
    const held = engine.hold({ A: array(1, 2, 3), v: array(4, 5, 6) });
    const program = await engine.compile(graph);
    expect([...(await program.run(held)).before]).toEqual([1, 2, 3]);
    const read = await held.read();
    expect([[...read.A.data], [...read.v.data]]).toEqual([
      [4, 5, 6],
      [1, 2, 3],
    ]);
  }
});

test("a long row of products needs no more memory than a short one", () => {
  const bytesOf = (length: number): number => {
    const everybody = team(1);
    const asked: number[] = [];
    const take = everybody.heap.take;
    everybody.heap.take = (bytes) => {
      asked.push(bytes);
      return take(bytes);
    };
    const graph = new Graph();
    const A = graph.held("A", [64, 64]);
    let x = graph.input("x", [64, 64]);
    for (let i = 0; i < length; i++) x = op.relu(op.product("XY", x, A));
    graph.output("x", x);
    programOf(graph, everybody);
    // The arrays, then the table of commands.
    return asked[0];
  };
  // What is given, what is made of it, and the next.
  expect(bytesOf(2)).toBeLessThanOrEqual(3 * (4 * 64 * 64 + 64));
  expect(bytesOf(20)).toBe(bytesOf(2));
});
