import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { fused } from "../../src/engine/fuse.ts";
import { Graph, type Node, type Shape, sizeOf } from "../../src/engine/graph.ts";
import { onnxEngine } from "../../src/engine/onnx/engine.ts";
import { findOnnx } from "../../src/engine/onnx/runtime.ts";
import {
  add,
  convolve,
  divide,
  equal,
  exp,
  expand,
  gradients,
  largest,
  log,
  logSoftmax,
  maximum,
  maxPool,
  mean,
  multiply,
  normalize,
  positive,
  product,
  relu,
  reshape,
  sameLargest,
  softplus,
  sqrt,
  square,
  subtract,
  sum,
} from "../../src/engine/operations.ts";
import { evaluate } from "../../src/engine/plain.ts";
import type { HostTensors } from "../../src/engine/tensors.ts";
import { random } from "../../src/math/random.ts";

const found = findOnnx();
const skipped = "missing" in found ? `, skipped: ${found.missing}` : "";

const double = (length: number): Float64Array => new Float64Array(length);
const rounded = (size: number, seed: number): Float32Array<ArrayBuffer> => {
  const r = random(seed);
  return Float32Array.from({ length: size }, () => r.normal());
};

/**
 * How far float32 may be from the twin's float64, as a part of the array's largest number: each operation rounds to 2^-24 = 6e-8, and sums of n terms of either sign lose some sqrt(n) of that, with
 * n <= 1000 here 2e-6; a few operations in a row, whose sums can cancel, 1e-5.
 */
const tolerance = 1e-5;

function expectAlike(found: ArrayLike<number>, wanted: ArrayLike<number>, what: string, most = tolerance): void {
  expect(found.length, what).toBe(wanted.length);
  let [apart, size] = [0, 1e-30];
  for (let i = 0; i < wanted.length; i++) {
    // NaN is no number's equal: not "apart > most".
    if (!(Math.abs(found[i] - wanted[i]) <= apart)) apart = Math.abs(found[i] - wanted[i]);
    size = Math.max(size, Math.abs(wanted[i]));
  }
  expect(apart / size, what).toBeLessThan(most);
}

/** Every output of a graph of inputs, as it is and fused, beside the twin's. */
async function expectTwin(
  shapes: Record<string, Shape>,
  f: (arrays: Record<string, Node>, graph: Graph) => Record<string, Node>,
  { held = [] as readonly string[], values = (size: number, i: number) => rounded(size, i + 1), most = tolerance } = {},
): Promise<void> {
  const graph = new Graph();
  const kinds = (name: string): "held" | "input" => (held.includes(name) ? "held" : "input");
  const arrays = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, graph[kinds(name)](name, shape)]));
  for (const [name, node] of Object.entries(f(arrays, graph))) graph.output(name, node);
  const data = Object.fromEntries(Object.entries(shapes).map(([name, shape], i) => [name, values(sizeOf(shape), i)]));
  const wanted = evaluate(graph, data, data, double).outputs;
  for (const [g, options] of [
    [graph, {}],
    [fused(graph), { blocks: false }],
  ] as const) {
    const engine = await onnxEngine(1, options);
    const arrays = engine.hold(Object.fromEntries(held.map((name) => [name, { shape: shapes[name], data: data[name] }])));
    const program = await engine.compile(g);
    const found = await program.run(arrays, data);
    for (const [name, numbers] of Object.entries(wanted)) expectAlike(found[name], numbers, name, most);
    program.dispose();
    arrays.dispose();
  }
}

const away = (size: number, i: number): Float32Array<ArrayBuffer> => rounded(size, i + 1).map((x) => Math.fround(0.5 + x * x));

describe.skipIf(skipped)(`onnx beside the plain twin${skipped}`, () => {
  it("arithmetic with every way of broadcasting, matrices", async () => {
    for (const y of [[4, 6], [6], [4, 1], [], [1, 1]])
      await expectTwin(
        { x: [4, 6], y },
        ({ x, y }) => ({
          sum: add(x, y),
          difference: subtract(y, x),
          product: multiply(x, y),
          quotient: divide(x, y),
          larger: maximum(x, y),
          same: equal(x, y),
        }),
        { values: away },
      );
    await expectTwin({ x: [5], y: [] }, ({ x, y }) => ({ z: multiply(x, y), w: add(y, 2), c: expand(y, [3, 4]) }));
    await expectTwin({ x: [1, 1], y: [3] }, ({ x, y }) => ({ z: multiply(x, y) }));
  });

  it("arithmetic with every way of broadcasting, images and kernels", async () => {
    for (const y of [[2, 4, 6, 3], [3], [2, 4, 6, 1], [2, 1, 1, 3], [], [1, 1, 1, 1]])
      for (const held of [[], ["x"], ["y"], ["x", "y"]])
        await expectTwin(
          { x: [2, 4, 6, 3], y, A: [3, 3, 3, 3] },
          ({ x, y, A }) => ({
            // As it stands; and between convolutions, where axes lie in another order.
            plain: subtract(y, multiply(x, y)),
            images: convolve(add(convolve(x, A), multiply(y, x)), A),
            kernel: convolve(x, multiply(A, sum(A, "rows"))),
            wide: convolve(expand(y, [2, 4, 6, 3]), A),
          }),
          { held },
        );
  });

  it("functions of one number", async () => {
    await expectTwin(
      { x: [3, 5] },
      ({ x }) => ({ sqrt: sqrt(x), exp: exp(x), log: log(x), square: square(x), quotient: divide(2, x) }),
      { values: away },
    );
    await expectTwin({ x: [3, 5] }, ({ x }) => ({ relu: relu(x), positive: positive(x), soft: softplus(multiply(x, 30)) }));
  });

  it("what is no number stays none", async () => {
    const graph = new Graph();
    const x = graph.input("x", [40]);
    graph.output("relu", relu(x));
    graph.output("larger", maximum(x, multiply(x, -1)));
    graph.output("sum", sum(x, "all"));
    const engine = await onnxEngine(1);
    const {
      relu: r,
      larger,
      sum: s,
    } = await (await engine.compile(graph)).run(engine.hold({}), { x: new Float32Array(40).fill(Number.NaN) });
    for (const numbers of [r, larger, s]) expect([...numbers].every(Number.isNaN)).toBe(true);
  });

  it("sums and largest over every choice of axes", async () => {
    for (const shape of [[3, 5], [7], [2, 4, 6, 3]])
      await expectTwin({ x: shape, A: [3, 3, 3, 3] }, ({ x, A }) =>
        Object.fromEntries(
          (["rows", "columns", "all", "pixels"] as const).flatMap((over) => {
            if (over === "pixels" && shape.length !== 4) return [];
            const y = shape.length === 4 ? convolve(x, A) : x;
            return [
              [`sum over ${over}`, sum(x, over)],
              [`of expressions over ${over}`, sum(multiply(square(y), sum(y, over)), over)],
              [`of a number over ${over}`, sum(multiply(y, 0), over)],
              [`largest over ${over}`, largest(y, over)],
            ];
          }),
        ),
      );
    await expectTwin({ A: [3, 3, 2, 4] }, ({ A }) => ({ a: sum(square(A), "all"), b: sum(A, "rows") }), { held: ["A"] });
  });

  it("products and convolutions that threads would share by columns have the same bits with any number of threads", async () => {
    const graph = new Graph();
    for (const [m, k, n] of [
      [8, 4000, 72],
      [10, 512, 100],
      [128, 784, 512],
      [100, 100, 1],
    ]) {
      const [x, y, z] = [graph.input(`x${m}`, [m, k]), graph.input(`y${m}`, [k, n]), graph.input(`z${m}`, [n, k])];
      graph.output(`XY ${m}`, product("XY", x, y));
      graph.output(`XY' ${m}`, product("XY'", x, z));
    }
    for (const batch of [1, 3])
      for (const [side, inputs, outputs, stride] of [
        [8, 64, 64, 1],
        [8, 16, 64, 2],
        [4, 256, 32, 1],
        [8, 3, 40, 1],
      ]) {
        const x = graph.input(`images ${batch} ${side} ${inputs}`, [batch, side, side, inputs]);
        const A = graph.input(`kernel ${inputs}`, [3, 3, inputs, outputs]);
        const y = convolve(x, A, stride);
        const [inX, inA] = gradients(sum(square(y), "all"), [x, A]);
        const nodes = { y, inX, inA, rows: sum(y, "rows"), all: sum(y, "all") };
        for (const [name, node] of Object.entries(nodes)) graph.output(`${name} ${batch} ${inputs} ${outputs}`, node);
      }
    const given = Object.fromEntries(
      graph.nodes.flatMap((node, i) => (node.kind === "input" ? [[node.name, rounded(sizeOf(node.shape), i)]] : [])),
    );
    const run = async (threads: number): Promise<Record<string, Float32Array>> => {
      const engine = await onnxEngine(threads);
      return (await engine.compile(graph)).run(engine.hold({}), given);
    };
    const one = await run(1);
    for (const threads of [2, 3, 8]) {
      const found = await run(threads);
      for (const [name, numbers] of Object.entries(one)) expect(found[name], `${name}, ${threads} threads`).toEqual(numbers);
    }
  });

  it("products have the same bits with more threads than there are cores", async () => {
    const graph = new Graph();
    for (const [m, k, n] of [
      [64, 700, 1100],
      [128, 512, 4096],
      [70, 300, 2048],
      [16, 4000, 16],
      [24, 2000, 9],
      [10, 2000, 20],
      [31, 1000, 31],
    ]) {
      const name = `${m} x ${k} x ${n}`;
      const [x, y, z] = [graph.input(`x ${name}`, [m, k]), graph.input(`y ${name}`, [k, n]), graph.input(`z ${name}`, [n, k])];
      graph.output(`XY ${name}`, product("XY", x, y));
      graph.output(`XY' ${name}`, product("XY'", x, z));
    }
    const given = Object.fromEntries(
      graph.nodes.flatMap((node, i) => (node.kind === "input" ? [[node.name, rounded(sizeOf(node.shape), i)]] : [])),
    );
    const run = async (threads: number): Promise<Record<string, Float32Array>> => {
      const engine = await onnxEngine(threads);
      return (await engine.compile(graph)).run(engine.hold({}), given);
    };
    const one = await run(1);
    for (const threads of [16, 64]) {
      const found = await run(threads);
      const other = Object.keys(one).filter((name) => !one[name].every((x, i) => Object.is(x, found[name][i])));
      expect(other, `${threads} threads`).toEqual([]);
    }
  });

  it("products in their three forms", async () => {
    await expectTwin({ x: [3, 4], y: [4, 5] }, ({ x, y }) => ({ z: product("XY", x, y) }));
    await expectTwin({ x: [3, 4], y: [5, 4] }, ({ x, y }) => ({ z: product("XY'", x, y) }), { held: ["y"] });
    await expectTwin({ x: [4, 3], y: [4, 5] }, ({ x, y }) => ({ z: product("X'Y", x, y) }));
  });

  it("convolutions and their gradients, of every size and stride", async () => {
    // Of many pixels, of few, and smaller than the kernel.
    for (const [size, stride] of [
      [1, 1],
      [1, 2],
      [3, 1],
      [3, 2],
      [3, 4],
      [5, 1],
      [5, 2],
    ])
      for (const [inputs, outputs] of [
        [3, 4],
        [1, 1],
        [16, 32],
      ])
        for (const [batch, height, width] of [
          [2, 8, 4],
          [1, 4, 4],
          [3, 4, 20],
          [2, 2, 2],
        ].filter(([, height, width]) => height % stride === 0 && width % stride === 0))
          await expectTwin(
            {
              x: [batch, height, width, inputs],
              A: [size, size, inputs, outputs],
              c: [batch, height / stride, width / stride, outputs],
            },
            ({ x, A, c }) => {
              const y = convolve(x, A, stride);
              const [inX, inA] = gradients(sum(multiply(y, c), "all"), [x, A]);
              return { y, inX, inA };
            },
            { held: ["A"] },
          );
  });

  it("pooling, and shapes between images and matrices", async () => {
    // Of few values, so that there are equal ones in a window.
    const values = (size: number, i: number) => rounded(size, i + 1).map((x) => Math.round(x));
    await expectTwin(
      { x: [2, 4, 6, 3], c: [2, 2, 3, 3] },
      ({ x, c }) => ({ y: maxPool(x), inX: gradients(sum(multiply(maxPool(x), c), "all"), [x])[0] }),
      { values },
    );
    await expectTwin({ x: [2, 4, 6, 3], A: [3, 3, 3, 3], B: [72, 5] }, ({ x, A, B }) => ({
      flat: product("XY", reshape(convolve(x, A), [2, 72]), B),
      images: convolve(reshape(product("XY", reshape(x, [2, 72]), B), [1, 2, 5, 1]), reshape(sum(A, "rows"), [1, 1, 1, 3])),
      means: reshape(mean(convolve(x, A), "pixels"), [2, 3]),
    }));
  });

  it("softmax, where two are largest in the same place, normalizations", async () => {
    await expectTwin({ x: [4, 6], y: [4, 6] }, ({ x, y }) => ({ p: logSoftmax(multiply(x, 20)), s: sameLargest(x, y) }));
    for (const over of ["rows", "columns"] as const)
      await expectTwin({ x: [8, 6], scale: [6], shift: [6], c: [8, 6] }, ({ x, scale, shift, c }) => {
        const { output, mean, variance } = normalize(x, scale, shift, over, 1e-5);
        const [inX, inScale, inShift] = gradients(sum(multiply(output, c), "all"), [x, scale, shift]);
        return { output, mean, variance, inX, inScale, inShift };
      });
    // Of images, where factors of a channel are gathered, far from 0: a mean of 30 is off by some 30 x 6e-8, and so is what is left of it.
    await expectTwin(
      { x: [3, 4, 6, 16], A: [1, 1, 16, 16], scale: [16], shift: [16], c: [3, 4, 6, 16] },
      ({ x, A, scale, shift, c }) => {
        const { output, mean, variance } = normalize(add(convolve(x, A), 30), scale, shift, "rows", 1e-5);
        const [inA, inScale, inShift] = gradients(sum(multiply(relu(output), c), "all"), [A, scale, shift]);
        return { output, mean, variance, inA, inScale, inShift };
      },
      { most: 1e-4 },
    );
  });

  it("a constant, an input and a held array that are given back as they are", async () => {
    await expectTwin(
      { x: [2, 4, 6, 3], y: [3, 3, 2, 4] },
      ({ x, y }, graph) => ({ x, again: x, y, c: graph.constant([1, 2, 3]), d: graph.constant(rounded(36, 1), [3, 3, 2, 2]) }),
      { held: ["y"] },
    );
  });
});

/** A residual network with batch normalization and a strided block, its cross-entropy, and SGD with momentum: held are the weights, their velocities and the number of steps. */
function residualStep(): { graph: Graph; start: HostTensors; given: Record<string, Float32Array> } {
  const [batch, side, K] = [8, 8, 5];
  const graph = new Graph();
  const start: HostTensors = {};
  const weights: [string, Node][] = [];
  const parameter = (name: string, shape: Shape, scale: number, shift = 0): Node => {
    const held = graph.held(name, shape);
    weights.push([name, held]);
    const values = rounded(sizeOf(shape), weights.length).map((x) => Math.fround(shift + scale * x));
    start[name] = { shape, data: values };
    start[`${name}.velocity`] = { shape, data: new Float32Array(values.length) };
    return held;
  };
  const block = (x: Node, name: string, outputs: number, size = 3, stride = 1): Node => {
    const inputs = x.shape[3];
    const kernel = parameter(`${name}.kernel`, [size, size, inputs, outputs], Math.sqrt(2 / (size * size * inputs)));
    const [scale, shift] = [parameter(`${name}.scale`, [outputs], 0.1, 1), parameter(`${name}.shift`, [outputs], 0.1)];
    return normalize(convolve(x, kernel, stride), scale, shift, "rows", 1e-5).output;
  };
  const x = graph.input("x", [batch, side, side, 3]);
  const labels = graph.input("y", [batch, K]);
  const rate = graph.input("rate");
  const stem = relu(block(x, "stem", 16));
  const same = relu(add(block(relu(block(stem, "a1", 16)), "a2", 16), stem));
  const half = add(block(relu(block(same, "b1", 32, 3, 2)), "b2", 32), block(same, "short", 32, 1, 2));
  const h = reshape(mean(half, "pixels"), [batch, 32]);
  const logits = add(product("XY", h, parameter("head", [32, K], 0.3)), parameter("bias", [K], 0.1));
  const loss = multiply(mean(sum(multiply(labels, logSoftmax(logits)), "columns"), "all"), -1);
  const objective = add(loss, multiply(sum(square(h), "all"), 0.01));
  const slopes = gradients(
    objective,
    weights.map(([, w]) => w),
  );
  weights.forEach(([name, w], i) => {
    const v = add(multiply(graph.held(`${name}.velocity`, w.shape), 0.9), add(slopes[i], multiply(w, 0.01)));
    graph.keep(`${name}.velocity`, v);
    graph.keep(name, subtract(w, multiply(v, rate)));
    graph.output(`slope ${name}`, slopes[i]);
  });
  graph.keep("steps", add(graph.held("steps"), 1));
  start.steps = { shape: [], data: new Float32Array(1) };
  graph.output("loss", loss);
  const given = {
    x: rounded(batch * side * side * 3, 99),
    y: Float32Array.from({ length: batch * K }, (_, e) => Number(e % K === Math.floor(e / K) % K)),
    rate: Float32Array.of(0.05),
  };
  return { graph, start, given };
}

describe.skipIf(skipped)(`sums of many numbers on onnx${skipped}`, () => {
  // One by one in float32, 131,072 numbers near 0.1 come to 2e-4 too much, and a variance of numbers far from 0 is noise.
  it.each([
    { shape: [131072, 4], what: "rows" },
    { shape: [128, 32, 32, 8], what: "images" },
    { shape: [1, 131072], what: "a column" },
    { shape: [127 * 1031], what: "all" },
  ])("$what: as near as pairwise sums come", async ({ shape }) => {
    const graph = new Graph();
    const x = graph.input("x", shape);
    graph.output("all", mean(x, "all"));
    if (shape.length > 1) graph.output("rows", mean(x, "rows"));
    if (shape.length === 2) graph.output("columns", mean(x, "columns"));
    const values = { x: rounded(sizeOf(shape), 3).map((z) => 0.1 + 0.001 * z) };
    const { outputs } = evaluate(graph, values, {}, double);
    const engine = await onnxEngine(2);
    const program = await engine.compile(graph);
    const made = await program.run(engine.hold({}), values);
    for (const [name, found] of Object.entries(made))
      found.forEach((y, i) => {
        expect(Math.abs(y / outputs[name][i] - 1), name).toBeLessThan(5e-6);
      });
    program.dispose();
  });
});

describe.skipIf(skipped)(`training steps on onnx${skipped}`, () => {
  it("three steps of a residual network are the twin's", async () => {
    const { graph, start, given } = residualStep();
    for (const g of [graph, fused(graph)]) {
      const engine = await onnxEngine(2);
      const held = engine.hold(start);
      const program = await engine.compile(g);
      let twin = Object.fromEntries(Object.entries(start).map(([name, { data }]): [string, ArrayLike<number>] => [name, data]));
      for (let step = 0; step < 3; step++) {
        const wanted = evaluate(graph, given, twin, double);
        const outputs = await program.run(held, given);
        // Of a step's own error the next ones make more: a normalization's gradient has its statistics' in it.
        for (const [name, numbers] of Object.entries(wanted.outputs))
          expectAlike(outputs[name], numbers, `step ${step}, ${name}`, 1e-4);
        twin = { ...twin, ...wanted.kept };
      }
      const last = await held.read();
      expect(Object.keys(last).sort()).toEqual(Object.keys(start).sort());
      for (const [name, { shape, data }] of Object.entries(last)) {
        expect(shape).toEqual(start[name].shape);
        expectAlike(data, twin[name], name, 1e-4);
      }
      expect([...last.steps.data]).toEqual([3]);
    }
  });

  it("the same numbers with 1 thread and with 2, and after an interruption", async () => {
    const { graph, start, given } = residualStep();
    const steps = async (threads: number, from: HostTensors, count: number): Promise<HostTensors> => {
      const engine = await onnxEngine(threads);
      const held = engine.hold(from);
      const program = await engine.compile(graph);
      for (let i = 0; i < count; i++) await program.run(held, given);
      return held.read();
    };
    const one = await steps(1, start, 4);
    expect(await steps(2, start, 4)).toEqual(one);
    expect(await steps(2, await steps(2, start, 2), 2)).toEqual(one);
  });

  it("says what decides its last bits: the package's version, and of how many channels this processor's blocks are", async () => {
    const { about } = await onnxEngine(1);
    expect(Object.keys(about).sort()).toEqual(["block", "onnxruntime-node"]);
    expect(about.block).toMatch(/^(0|4|8|16|32)$/);
    expect((await onnxEngine(1, { blocks: false })).about.block).toBe("0");
  });

  it("reads some arrays, writes some, and refuses what does not fit", async () => {
    const engine = await onnxEngine(1);
    const A = { shape: [3, 3, 2, 4], data: rounded(72, 1) };
    const held = engine.hold({ A, b: { shape: [2], data: Float32Array.of(1, 2) } });
    expect(await held.read(["A"])).toEqual({ A });
    const other = { shape: [3, 3, 2, 4], data: rounded(72, 2) };
    held.write({ A: other });
    expect((await held.read()).A).toEqual(other);
    expect(() => held.write({ A: { shape: [72], data: other.data } })).toThrow("shape");
    const graph = new Graph();
    graph.output("sum", add(graph.held("b", [2]), graph.input("x", [2])));
    const program = await engine.compile(graph);
    expect([...(await program.run(held, { x: [3, 4] })).sum]).toEqual([4, 6]);
    await expect(program.run(held, { x: [3] })).rejects.toThrow("x: expected 2 numbers, got 1");
    await expect(program.run(held)).rejects.toThrow("x: expected 2 numbers, got none");
    await expect(program.run(engine.hold({ b: A }), { x: [3, 4] })).rejects.toThrow("b: of shape 3 x 3 x 2 x 4, expected 2");
    await expect(onnxEngine(0)).rejects.toThrow("threads: expected a positive integer, got 0");
  });
});

describe("where the package is not there", () => {
  const before = process.env.NCLAB_ONNX;
  const folder = mkdtempSync(join(tmpdir(), "nclab-onnx-"));
  afterEach(() => {
    if (before === undefined) delete process.env.NCLAB_ONNX;
    else process.env.NCLAB_ONNX = before;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A package that is this text. */
  function packageOf(name: string, text: string): string {
    const place = join(folder, name);
    mkdirSync(place);
    writeFileSync(join(place, "package.json"), JSON.stringify({ name, version: "1.2.3", main: "index.js" }));
    writeFileSync(join(place, "index.js"), text);
    return place;
  }

  it("says so, and how to get it", async () => {
    process.env.NCLAB_ONNX = "/nowhere/onnxruntime-node";
    expect(findOnnx()).toEqual({ missing: "NCLAB_ONNX names /nowhere/onnxruntime-node, where it is not" });
    await expect(onnxEngine(1)).rejects.toThrow("backend onnx: expected the package onnxruntime-node, but NCLAB_ONNX names");
  });

  it("takes a folder as the user's own folder sees it", () => {
    process.env.NCLAB_ONNX = relative(process.cwd(), packageOf("there", "module.exports = {}"));
    expect(findOnnx()).toEqual({ version: "1.2.3" });
    process.env.NCLAB_ONNX = "./nowhere";
    expect(findOnnx()).toEqual({ missing: `NCLAB_ONNX names ${join(process.cwd(), "nowhere")}, where it is not` });
  });

  it("says which other package it lacks", () => {
    process.env.NCLAB_ONNX = packageOf("lacks", 'require("no-such-package")');
    expect(findOnnx()).toEqual({
      missing: expect.stringMatching(/^it does not load here: Cannot find module 'no-such-package'/),
    });
  });
});
