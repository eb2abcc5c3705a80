import { afterAll, describe, expect, it } from "vitest";
import { Graph } from "../../src/engine/graph.ts";
import * as op from "../../src/engine/operations.ts";
import { evaluate } from "../../src/engine/plain.ts";
import { hostTensor } from "../../src/engine/tensors.ts";
import { wasmEngine } from "../../src/engine/wasm/index.ts";
import { random } from "../../src/math/random.ts";
import { normals } from "./numeric.ts";
import { expectTwin as expectTwinOn } from "./twin.ts";

const engines = [wasmEngine(1), wasmEngine(2)];
afterAll(() => {
  for (const engine of engines) engine.close();
});

/** On one thread and two: same bits. */
const expectTwin = (shapes: Record<string, readonly number[]>, f: Parameters<typeof expectTwinOn>[2]): Promise<void> =>
  expectTwinOn(engines, shapes, f);

describe("the WebAssembly engine against the plain twin", () => {
  it("maps with every way of broadcasting, of lengths that four does and does not divide", async () => {
    for (const C of [4, 8, 10, 64])
      for (const shape of [[300, C], [C], [300, 1], []]) {
        await expectTwin({ x: [300, C], y: shape }, ({ x, y }) => ({
          sum: op.add(x, y),
          difference: op.subtract(y, x),
          product: op.multiply(x, y),
          relu: op.relu(op.subtract(x, y)),
          quotient: op.divide(x, op.add(op.square(y), 1)),
          root: op.sqrt(op.add(op.square(x), op.square(y))),
        }));
      }
    await expectTwin({ x: [3, 4, 6, 8], y: [3, 1, 1, 8] }, ({ x, y }) => ({ product: op.multiply(x, y) }));
    await expectTwin({ x: [4001], y: [4001] }, ({ x, y }) => ({ sum: op.add(x, y), exp: op.exp(x) }));
  });

  it("sums and maxima over every choice of axes", async () => {
    for (const [n, C] of [
      [5, 4],
      [128, 10],
      [1000, 20],
      [3001, 64],
      [70000, 16],
    ])
      await expectTwin({ x: [n, C] }, ({ x }) => ({
        rows: op.sum(op.square(x), "rows"),
        columns: op.sum(x, "columns"),
        all: op.sum(op.square(x), "all"),
        largest: op.largest(x, "columns"),
        highest: op.largest(x, "rows"),
        mean: op.mean(op.multiply(x, op.largest(x, "columns")), "rows"),
      }));
    await expectTwin({ x: [6, 8, 4, 12], y: [6, 1, 1, 12] }, ({ x, y }) => ({
      pixels: op.sum(op.multiply(x, y), "pixels"),
      rows: op.sum(op.multiply(x, y), "rows"),
    }));
  });

  it("products in their three forms, of any number of columns", async () => {
    for (const [M, N, K] of [
      [1, 1, 1],
      [7, 10, 33],
      [128, 10, 512],
      [130, 64, 27],
      [64, 300, 7],
    ])
      await expectTwin({ a: [M, K], b: [K, N], c: [N, K], d: [K, M] }, ({ a, b, c, d }) => ({
        XY: op.product("XY", a, b),
        "XY'": op.product("XY'", a, c),
        "X'Y": op.product("X'Y", d, b),
      }));
  });

  it("convolutions with both gradients", async () => {
    for (const [batch, side, inputs, outputs, size, stride] of [
      [2, 8, 3, 16, 3, 1],
      [3, 8, 16, 24, 3, 2],
      [3, 4, 16, 8, 1, 2],
      [2, 6, 8, 10, 1, 1],
      [2, 6, 1, 5, 3, 1],
      [2, 8, 8, 8, 5, 1],
    ])
      await expectTwin(
        { x: [batch, side, side, inputs], A: [size, size, inputs, outputs], c: [batch, side / stride, side / stride, outputs] },
        ({ x, A, c }) => {
          const y = op.convolve(x, A, stride);
          const [dx, dA] = op.gradients(op.sum(op.multiply(y, c), "all"), [x, A]);
          return { y, dx, dA };
        },
      );
  });

  it("pooling, with many equal values", async () => {
    for (const channels of [3, 8])
      await expectTwin({ x: [2, 8, 4, channels], c: [2, 4, 2, channels] }, ({ x, c }) => {
        // Half of the values are 0.
        const z = op.relu(x);
        const y = op.maxPool(z);
        return { y, dz: op.gradients(op.sum(op.multiply(y, c), "all"), [z])[0] };
      });
  });

  it("softmax, normalizations and their gradients", async () => {
    for (const over of ["rows", "columns"] as const)
      await expectTwin({ x: [200, 32], scale: [32], shift: [32], c: [200, 32] }, ({ x, scale, shift, c }) => {
        const { output, mean, variance } = op.normalize(x, scale, shift, over, 1e-5);
        const [dx, dscale, dshift] = op.gradients(op.sum(op.multiply(op.relu(output), c), "all"), [x, scale, shift]);
        return { output, mean, variance, dx, dscale, dshift };
      });
    await expectTwin({ x: [50, 10], c: [50, 10] }, ({ x, c }) => {
      const y = op.logSoftmax(op.multiply(x, 20));
      return { y, dx: op.gradients(op.sum(op.multiply(y, c), "all"), [x])[0], same: op.sameLargest(x, c) };
    });
  });
});

describe("held arrays", () => {
  it("are what a run made of them, step after step, wherever they lie", async () => {
    // SGD with momentum on |A x - y|^2/2, and a count of the steps.
    const graph = new Graph();
    const [x, y] = [graph.input("x", [40, 6]), graph.input("y", [40, 16])];
    const [A, v, steps] = [graph.held("A", [6, 16]), graph.held("v", [6, 16]), graph.held("steps")];
    const off = op.subtract(op.product("XY", x, A), y);
    const loss = op.multiply(op.sum(op.square(off), "all"), 0.5);
    const velocity = op.add(op.multiply(v, 0.9), op.gradients(loss, [A])[0]);
    graph.keep("v", velocity);
    graph.keep("A", op.subtract(A, op.multiply(velocity, graph.input("rate"))));
    graph.keep("steps", op.add(steps, 1));
    graph.output("loss", loss);
    const r = random(5);
    const given = { x: normals(240, r), y: normals(640, r), rate: [0.001] };
    let host: Record<string, ArrayLike<number>> = { A: normals(96, r), v: new Float64Array(96), steps: [0] };
    const tensors = {
      A: hostTensor([6, 16], (i) => host.A[i]),
      v: hostTensor([6, 16]),
      steps: hostTensor([]),
    };
    const helds = engines.map((engine) => [engine.hold(tensors), engine.hold(tensors)]);
    const programs = await Promise.all(engines.map((engine) => engine.compile(graph)));
    for (let step = 0; step < 4; step++) {
      const { outputs, kept } = evaluate(graph, given, host, (n) => new Float64Array(n));
      host = { ...host, ...kept };
      for (const [e, program] of programs.entries())
        for (const held of helds[e]) {
          expect((await program.run(held, given)).loss[0] / outputs.loss[0]).toBeCloseTo(1, 5);
          const read = await held.read();
          for (const name of ["A", "v", "steps"])
            for (const [i, found] of read[name].data.entries())
              expect(Math.abs(found - host[name][i])).toBeLessThan(1e-5 * (1 + Math.abs(host[name][i])));
        }
    }
    helds[0][0].write({ steps: hostTensor([], () => 7) });
    expect((await helds[0][0].read(["steps"])).steps.data).toEqual(Float32Array.of(7));
    expect((await helds[0][1].read(["steps"])).steps.data).toEqual(Float32Array.of(4));
    for (const name of ["A", "v"]) expect((await helds[0][0].read([name]))[name]).toEqual((await helds[1][1].read([name]))[name]);
  });
});

it("gives what a held array was, as an output or to another held array, where the run changes it", async () => {
  const graph = new Graph();
  const [a, b] = [graph.held("a", [4]), graph.held("b", [2, 2])];
  graph.keep("a", op.add(a, 1));
  graph.keep("b", op.reshape(a, [2, 2]));
  graph.held("c", [4]);
  graph.keep("c", a);
  graph.output("before", a);
  graph.output("shaped", op.reshape(b, [4]));
  for (const engine of engines) {
    const held = engine.hold({
      a: hostTensor([4], (i) => i),
      b: hostTensor([2, 2], (i) => 10 * i),
      c: hostTensor([4], [9, 9, 9, 9]),
    });
    const program = await engine.compile(graph);
    const found = await program.run(held);
    expect([...found.before]).toEqual([0, 1, 2, 3]);
    expect([...found.shaped]).toEqual([0, 10, 20, 30]);
    const read = await held.read();
    expect([...read.a.data]).toEqual([1, 2, 3, 4]);
    expect([...read.b.data]).toEqual([0, 1, 2, 3]);
    expect([...read.c.data]).toEqual([0, 1, 2, 3]);
  }
});

it("refuses arrays that have not the numbers of their shape, and runs on arrays that were given back", async () => {
  const graph = new Graph();
  const a = graph.held("a", [4]);
  graph.keep("a", op.add(a, 1));
  for (const engine of engines) {
    expect(() => engine.hold({ a: { shape: [4], data: new Float32Array(2) } })).toThrow(
      /array a: expected 4 numbers of shape 4, got 2/,
    );
    const held = engine.hold({ a: hostTensor([4]) });
    const program = await engine.compile(graph);
    await program.run(held);
    held.dispose();
    const other = engine.hold({ b: hostTensor([4]) });
    await expect(program.run(held)).rejects.toThrow(/disposed of/);
    expect([...(await other.read()).b.data]).toEqual([0, 0, 0, 0]);
  }
});
