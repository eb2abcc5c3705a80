import { afterAll, describe, expect, it } from "vitest";
import { Graph, type Node, sizeOf } from "../../src/engine/graph.ts";
import * as op from "../../src/engine/operations.ts";
import { evaluate } from "../../src/engine/plain.ts";
import { type HostTensors, hostTensor } from "../../src/engine/tensors.ts";
import { Device } from "../../src/engine/webgpu/device.ts";
import { lay } from "../../src/engine/webgpu/layout.ts";
import { shareSlots } from "../../src/engine/webgpu/slots.ts";
import { tileFor } from "../../src/engine/webgpu/tile-size.ts";
import { WorkError } from "../../src/errors.ts";
import { type Random, random } from "../../src/math/random.ts";
import { normals } from "./numeric.ts";
import { type Remote, remoteEngine } from "./webgpu-remote.ts";

const started = await remoteEngine();
if ("missing" in started) console.info(`skipped: the WebGPU engine; ${started.missing}`);
const engine = started as Remote;
afterAll(() => {
  if (!("missing" in started)) engine.stop();
});

const double = (n: number): Float64Array => new Float64Array(n);
const singles = (size: number, r: Random, scale = 1): Float32Array<ArrayBuffer> => Float32Array.from(normals(size, r, scale));

/** Largest difference beside the largest value. */
function off(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  const scale = Array.from(wanted).reduce((top, w) => Math.max(top, Math.abs(w)), 1e-3);
  let most = 0;
  for (let i = 0; i < wanted.length; i++) {
    const difference = Math.abs(found[i] - wanted[i]);
    most = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(most, difference);
  }
  expect(found.length).toBe(wanted.length);
  return most / scale;
}

/**
 * Runs a function of arrays twice (same bits), and against the twin in float64 of the same float32 numbers. A sum of n products of normal numbers is good to some sqrt(n) 2^-24 of its own size, and WGSL allows a
 * few units in the last place for exp, log, sqrt and division: 1e-5 of the largest value has room for both.
 */
async function expectTwin(
  shapes: Record<string, readonly number[]>,
  f: (x: Record<string, Node>, graph: Graph) => Record<string, Node>,
  tolerance = 1e-5,
): Promise<void> {
  const r = random(3);
  const values = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, singles(sizeOf(shape), r)]));
  const graph = new Graph();
  const made = f(Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, graph.input(name, shape)])), graph);
  for (const [name, node] of Object.entries(made)) graph.output(name, node);
  const { outputs: wanted } = evaluate(graph, values, {}, double);
  const { runs } = await engine.run(graph, {}, [values, values]);
  for (const name of Object.keys(made)) {
    expect(off(runs[0][name], wanted[name]), `${name} of ${JSON.stringify(shapes)}`).toBeLessThan(tolerance);
    expect(runs[1][name], `${name}, again`).toEqual(runs[0][name]);
  }
}

describe.skipIf("missing" in started)("the WebGPU engine against the plain twin", { timeout: 300_000 }, () => {
  it("maps with every way of broadcasting, of lengths that four does and does not divide", async () => {
    for (const C of [1, 4, 10, 64])
      for (const shape of [[300, C], [C], [300, 1], []])
        await expectTwin({ x: [300, C], y: shape }, ({ x, y }) => ({
          sum: op.add(x, y),
          difference: op.subtract(y, x),
          product: op.multiply(x, y),
          relu: op.relu(op.subtract(x, y)),
          quotient: op.divide(x, op.add(op.square(y), 1)),
          root: op.sqrt(op.add(op.square(x), op.square(y))),
          equal: op.equal(op.positive(x), op.positive(y)),
        }));
    for (const C of [8, 3])
      await expectTwin({ x: [3, 4, 6, C], y: [3, 1, 1, C], z: [3, 4, 6, 1] }, ({ x, y, z }) => ({
        product: op.multiply(op.add(x, z), y),
      }));
    await expectTwin({ x: [4001], y: [4001] }, ({ x, y }) => ({ sum: op.add(x, y), exp: op.exp(x), soft: op.softplus(y) }));
    await expectTwin({ x: [1], y: [] }, ({ x, y }) => ({ sum: op.add(x, y), log: op.log(op.add(op.square(x), 0.1)) }));
  });

  it("sums and maxima over every choice of axes, in one step and in two", async () => {
    for (const [n, C] of [
      [1, 1],
      [5, 4],
      [128, 10],
      [7, 3000],
      [3001, 64],
      [9000, 12],
    ])
      await expectTwin({ x: [n, C], row: [C], column: [n, 1] }, ({ x, row, column }) => ({
        rows: op.sum(op.square(x), "rows"),
        columns: op.sum(op.multiply(x, row), "columns"),
        all: op.sum(op.square(op.subtract(x, column)), "all"),
        largest: op.largest(x, "columns"),
        highest: op.largest(op.multiply(op.add(x, row), column), "rows"),
        most: op.largest(x, "all"),
      }));
    for (const C of [12, 3])
      await expectTwin({ x: [6, 8, 4, C], y: [6, 1, 1, C] }, ({ x, y }) => ({
        pixels: op.sum(op.multiply(x, y), "pixels"),
        rows: op.sum(op.multiply(x, y), "rows"),
        columns: op.largest(op.add(x, y), "columns"),
      }));
    await expectTwin({ x: [3, 200, 200, 2] }, ({ x }) => ({ pixels: op.mean(op.square(x), "pixels") }));
  });

  it("more groups of threads than a dimension has", async () => {
    await expectTwin({ x: [70001, 1], y: [129] }, ({ x, y }) => {
      const z = op.multiply(op.expand(y, [70001, 129]), x);
      return { rows: op.sum(z, "rows"), all: op.sum(op.square(z), "all") };
    });
  });

  it("products in their three forms, of any sizes, in tiles of all sizes and in parts", async () => {
    for (const [M, N, K] of [
      [1, 1, 1],
      [7, 10, 33],
      [130, 64, 27],
      [260, 136, 100],
      [9, 12, 1500],
    ])
      await expectTwin({ a: [M, K], b: [K, N], c: [N, K], d: [K, M] }, ({ a, b, c, d }) => ({
        XY: op.product("XY", a, b),
        "XY'": op.product("XY'", a, c),
        "X'Y": op.product("X'Y", d, b),
      }));
  });

  it("the tiles of large products", async () => {
    for (const [M, N, K, tile] of [
      [2436, 772, 8, "128x128"],
      [300, 130, 12, "128x64"],
      [64, 300, 7, "64x128"],
    ] as const)
      await expectTwin({ a: [M, K], b: [K, N] }, ({ a, b }, graph) => {
        const XY = op.product("XY", a, b);
        graph.output("laid", XY);
        expect(lay(graph).dispatches[0].kernel.name).toContain(`tiles ${tile}`);
        return { XY };
      });
  });

  it("convolutions with both gradients", async () => {
    for (const [batch, height, width, inputs, outputs, size, stride] of [
      [2, 8, 8, 3, 16, 3, 1],
      [3, 8, 6, 16, 24, 3, 2],
      [3, 4, 4, 16, 8, 1, 2],
      [2, 6, 10, 1, 5, 3, 1],
      [2, 8, 8, 4, 12, 5, 2],
      [2, 9, 6, 5, 3, 3, 3],
      [1, 2, 2, 64, 72, 3, 1],
    ])
      await expectTwin(
        {
          x: [batch, height, width, inputs],
          A: [size, size, inputs, outputs],
          c: [batch, height / stride, width / stride, outputs],
        },
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

  it("NaN goes through ReLU, maxima and pooling from every place, so that a training that diverges shows it", async () => {
    for (const C of [1, 4]) {
      const graph = new Graph();
      const [x, z] = [graph.input("x", [1, 4, 4, C]), graph.input("z", [1, 4, 4, C])];
      graph.output("relu", op.relu(x));
      graph.output("left", op.maximum(x, z));
      graph.output("right", op.maximum(z, x));
      graph.output("sum", op.sum(op.relu(x), "all"));
      graph.output("pool", op.maxPool(x));
      graph.output("rows", op.largest(x, "rows"));
      graph.output("columns", op.largest(x, "columns"));
      graph.output("all", op.largest(x, "all"));
      const places = Array.from({ length: 16 }, (_, place) => place);
      const { runs } = await engine.run(
        graph,
        {},
        places.map((place) => ({
          x: Float32Array.from({ length: 16 * C }, (_, i) => (i === place * C ? Number.NaN : i)),
          z: new Float32Array(16 * C).fill(5),
        })),
      );
      for (const place of places) {
        const at = (name: string): number[] => [...runs[place][name].keys()].filter((i) => Number.isNaN(runs[place][name][i]));
        const window = 2 * (place >> 3) + ((place % 4) >> 1);
        expect(Object.fromEntries(Object.keys(runs[place]).map((name) => [name, at(name)])), `place ${place} of ${C}`).toEqual({
          relu: [place * C],
          left: [place * C],
          right: [place * C],
          sum: [0],
          pool: [window * C],
          rows: [0],
          columns: [place],
          all: [0],
        });
      }
    }
    const tall = new Graph();
    tall.output("all", op.largest(tall.input("x", [40_001]), "all"));
    const { runs } = await engine.run(
      tall,
      {},
      [0, 777, 40_000].map((place) => ({ x: Float32Array.from({ length: 40_001 }, (_, i) => (i === place ? Number.NaN : i)) })),
    );
    for (const { all } of runs) expect(all[0]).toBeNaN();
  });

  it("the largest of nothing but -infinity is that", async () => {
    for (const n of [1, 3, 5, 300, 9001]) {
      const graph = new Graph();
      const x = graph.input("x", [n, 3]);
      graph.output("rows", op.largest(x, "rows"));
      graph.output("columns", op.largest(x, "columns"));
      const none = Number.NEGATIVE_INFINITY;
      const { runs } = await engine.run(graph, {}, [
        { x: Float32Array.from({ length: 3 * n }, (_, i) => (i === 1 ? -1e30 : none)) },
      ]);
      expect(runs[0].rows).toEqual(Float32Array.of(none, -1e30, none));
      expect(runs[0].columns).toEqual(Float32Array.from({ length: n }, (_, i) => (i === 0 ? -1e30 : none)));
    }
  });

  it("what it was not given is an error by name", async () => {
    const graph = new Graph();
    graph.output("y", op.relu(graph.input("x", [3])));
    await expect(engine.run(graph, {}, [{}])).rejects.toThrow(/input x: 3 numbers are needed, none given/);
    await expect(engine.run(graph, {}, [{ x: Float32Array.of(1) }])).rejects.toThrow(/input x: 3 numbers are needed, 1 given/);
    const held = new Graph();
    held.output("y", op.relu(held.held("w", [3])));
    await expect(engine.run(held, {}, [{}])).rejects.toThrow(/no array w is held/);
    const large = new Graph();
    large.output("y", op.sum(op.product("XY", large.input("x", [2 ** 19, 1]), large.input("z", [1, 2 ** 19])), "all"));
    await expect(engine.run(large, {}, [{}])).rejects.toThrow(
      /WebGPU on .+: an array of the network needs 1099512 MB in one piece.*smaller batch/,
    );
    // It works on.
    expect((await engine.run(graph, {}, [{ x: Float32Array.of(-1, 0, 2) }])).runs[0].y).toEqual(Float32Array.of(0, 0, 2));
  });
});

/** A residual network with batch normalization, pooling and a head; its objective with a penalty, and SGD with momentum on all of it. */
function network(): { graph: Graph; held: HostTensors } {
  const graph = new Graph();
  const r = random(11);
  const held: HostTensors = {};
  const parameter = (name: string, shape: number[], start?: (i: number) => number): Node => {
    const scale = Math.sqrt(2 / sizeOf(shape.slice(0, -1)));
    held[name] = hostTensor(shape, start ?? (() => scale * r.normal()));
    held[`v ${name}`] = hostTensor(shape);
    return graph.held(name, shape);
  };
  const layer = (name: string, x: Node, outputs: number, size: number, stride: number): Node => {
    const y = op.convolve(x, parameter(name, [size, size, x.shape[3], outputs]), stride);
    const scale = parameter(`${name} scale`, [outputs], () => 1);
    const shift = parameter(`${name} shift`, [outputs], () => 0);
    const { output, mean } = op.normalize(y, scale, shift, "rows", 1e-5);
    held[`${name} mean`] = hostTensor([outputs]);
    graph.keep(`${name} mean`, op.add(op.multiply(graph.held(`${name} mean`, [outputs]), 0.9), op.multiply(mean, 0.1)));
    return output;
  };
  const stem = op.relu(layer("stem", graph.input("x", [6, 8, 8, 3]), 8, 3, 1));
  const inner = layer("second", op.relu(layer("first", stem, 12, 3, 2)), 12, 3, 1);
  const block = op.relu(op.add(inner, layer("shortcut", stem, 12, 1, 2)));
  const features = op.reshape(op.mean(op.maxPool(block), "pixels"), [6, 12]);
  const head = parameter("head", [12, 5]);
  const logits = op.add(
    op.product("XY", features, head),
    parameter("bias", [5], () => 0),
  );
  const fit = op.multiply(op.sum(op.multiply(op.logSoftmax(logits), graph.input("y", [6, 5])), "all"), -1 / 6);
  const loss = op.add(fit, op.multiply(op.sum(op.square(head), "all"), op.multiply(graph.input("lambda"), 0.5)));
  const names = Object.keys(held).filter((name) => !name.startsWith("v ") && !name.endsWith("mean"));
  const gradients = op.gradients(
    loss,
    names.map((name) => graph.held(name, held[name].shape)),
  );
  names.forEach((name, i) => {
    const { shape } = held[name];
    graph.output(`d ${name}`, gradients[i]);
    const velocity = op.add(op.multiply(graph.held(`v ${name}`, shape), 0.9), gradients[i]);
    graph.keep(`v ${name}`, velocity);
    graph.keep(name, op.subtract(graph.held(name, shape), op.multiply(velocity, graph.input("rate"))));
  });
  graph.output("loss", loss);
  held.steps = hostTensor([]);
  graph.keep("steps", op.add(graph.held("steps"), 1));
  return { graph, held };
}

describe.skipIf("missing" in started)("training on WebGPU", { timeout: 300_000 }, () => {
  const { graph, held } = network();
  const r = random(12);
  const given = Array.from({ length: 4 }, () => ({
    x: singles(6 * 8 * 8 * 3, r),
    y: Float32Array.from({ length: 30 }, (_, i) => Number(i % 5 === (i >> 3) % 5)),
    lambda: Float32Array.of(0.1),
    rate: Float32Array.of(0.05),
  }));

  it("gradients and four steps of SGD with momentum as the twin's, with one submission a step and no buffer made", async () => {
    const found = await engine.run(graph, held, given);
    let values: Record<string, ArrayLike<number>> = Object.fromEntries(
      Object.entries(held).map(([name, { data }]) => [name, data]),
    );
    for (const [step, run] of found.runs.entries()) {
      const { outputs, kept } = evaluate(graph, given[step], values, double);
      values = { ...values, ...kept };
      // Rounding grows through seven layers and from step to step; no unit of ReLU is near enough to 0 to flip with these seeds.
      for (const name of Object.keys(outputs)) expect(off(run[name], outputs[name]), `step ${step}, ${name}`).toBeLessThan(1e-4);
    }
    for (const [name, { data }] of Object.entries(found.held)) expect(off(data, values[name]), name).toBeLessThan(1e-4);
    expect(found.held.steps.data).toEqual(Float32Array.of(4));
    expect(found.counts).toEqual(given.map(() => ({ submissions: 1, buffers: 0 })));
  });

  it("the same bits when it is done again", async () => {
    const [first, second] = [await engine.run(graph, held, given), await engine.run(graph, held, given)];
    expect(second.runs).toEqual(first.runs);
    expect(second.held).toEqual(first.held);
  });

  it("held arrays see what they were before, also when they change places or are read out", async () => {
    const swap = new Graph();
    const [a, b] = [swap.held("a", [4]), swap.held("b", [2, 2])];
    swap.keep("a", op.reshape(b, [4]));
    swap.keep("b", op.reshape(a, [2, 2]));
    swap.held("c", [4]);
    swap.keep("c", op.add(op.reshape(a, [4]), op.multiply(op.reshape(b, [4]), 10)));
    swap.output("before", a);
    const arrays = {
      a: hostTensor([4], (i) => i),
      b: hostTensor([2, 2], (i) => 10 + i),
      c: hostTensor([4]),
    };
    const { runs, held: after } = await engine.run(swap, arrays, [{}, {}, {}]);
    expect(runs.map((run) => run.before[0])).toEqual([0, 10, 0]);
    expect(after.a.data).toEqual(arrays.b.data);
    expect(after.b.data).toEqual(arrays.a.data);
    expect(after.c.data).toEqual(Float32Array.from([0, 1, 2, 3], (i) => i + 10 * (10 + i)));
  });
});

describe("how a graph is laid out, on any machine", () => {
  it("no kernel has more arrays than every device binds, and none reads a buffer that it writes", () => {
    const { dispatches, slots } = lay(network().graph);
    for (const { kernel, places } of dispatches) {
      expect(places.length).toBeLessThanOrEqual(8);
      for (const size of kernel.groups) expect(size).toBeLessThan(65_536);
      const names = places.map((place) => JSON.stringify("slot" in place ? place.slot : place.held));
      expect(names.lastIndexOf(names[names.length - 1])).toBe(names.indexOf(names[names.length - 1]));
    }
    expect(slots.length).toBeLessThan(dispatches.length / 2);
  });

  it("slots are shared by what is never needed at once", () => {
    const r = random(4);
    const blocks = Array.from({ length: 60 }, () => {
      const from = Math.floor(50 * r.uniform());
      return { from, to: from + Math.floor(10 * r.uniform()), bytes: 4 + 4 * Math.floor(100 * r.uniform()) };
    });
    const { slotOf, bytes } = shareSlots(blocks);
    blocks.forEach((a, i) => {
      expect(bytes[slotOf[i]]).toBeGreaterThanOrEqual(a.bytes);
      blocks.forEach((b, j) => {
        if (i !== j && slotOf[i] === slotOf[j]) expect(a.to < b.from || b.to < a.from).toBe(true);
      });
    });
    expect(bytes.length).toBeLessThan(30);
  });

  it("tiles fit in 16 KiB and give a large processor work", () => {
    for (const [rows, columns, depth, phases] of [
      [131072, 64, 576, 1],
      [576, 64, 131072, 1],
      [2048, 512, 4608, 1],
      [4608, 512, 2048, 1],
      [128, 10, 512, 1],
      [512, 256, 1024, 4],
    ]) {
      const { tile, parts } = tileFor({ rows, columns, depth, phases });
      expect((tile.rows + tile.columns) * tile.depth * 4).toBeLessThanOrEqual(16384);
      const threads = (tile.rows * tile.columns) / (tile.threadRows * tile.threadColumns);
      expect(((tile.rows + tile.columns) * tile.depth) / 16).toBeLessThanOrEqual(threads);
      expect(threads).toBeLessThanOrEqual(256);
      if (rows * columns * depth > 1e8)
        expect(Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) * phases * parts).toBeGreaterThanOrEqual(128);
    }
  });
});

describe("a device that fails", () => {
  /** A device of which only what goes wrong is played. */
  async function failing() {
    let tell = (_: object): void => {};
    let lose = (_: object): void => {};
    const handle = {
      features: new Set(),
      limits: { maxBufferSize: 1e9, maxStorageBufferBindingSize: 1e9 },
      lost: new Promise((resolve) => {
        lose = resolve;
      }),
      addEventListener: (_: string, listener: (event: object) => void) => {
        tell = listener;
      },
    };
    const adapter = { features: new Set(), limits: handle.limits, requestDevice: async () => handle };
    const device = await Device.open(async () => ({ found: adapter as object, words: { adapter: "a card", software: false } }));
    const prevented: string[] = [];
    const fail = (kind: new (message: string) => object, message: string): void =>
      tell({ error: new kind(message), preventDefault: () => prevented.push(message) });
    return { device, fail, lose: (about: object) => lose(about), prevented };
  }
  class GPUOutOfMemoryError {
    message: string;
    constructor(message: string) {
      this.message = message;
    }
  }
  class GPUValidationError extends GPUOutOfMemoryError {}

  it("throws its first error from then on, with the adapter's name, and prints none", async () => {
    const { device, fail, prevented } = await failing();
    device.check();
    const waiting = device.until(new Promise(() => {}));
    fail(GPUOutOfMemoryError, "no memory");
    fail(GPUValidationError, "bad buffer");
    await expect(waiting).rejects.toThrow(new WorkError("WebGPU on a card: no memory"));
    expect(() => device.check()).toThrow("WebGPU on a card: no memory");
    await expect(device.until(Promise.resolve(1))).rejects.toThrow("WebGPU on a card: no memory");
    expect(prevented).toEqual(["no memory", "bad buffer"]);
  });

  it("keeps nothing of what was waited for, and lets everybody go who waits when it fails", async () => {
    const { device, fail } = await failing();
    for (let i = 0; i < 10; i++) await device.until(Promise.resolve(i));
    await expect(device.until(Promise.reject(new Error("no map")))).rejects.toThrow("WebGPU on a card: no map");
    await Promise.resolve();
    expect(device.waiting).toBe(0);
    const waiting = [1, 2].map(() => device.until(new Promise(() => {})));
    expect(device.waiting).toBe(2);
    expect(device.usable).toBe(true);
    fail(GPUOutOfMemoryError, "no memory");
    for (const one of waiting) await expect(one).rejects.toThrow("no memory");
    expect([device.waiting, device.usable]).toEqual([0, false]);
  });

  it("calls what the standard forbids a defect, and tells why it was lost", async () => {
    const { device, fail } = await failing();
    fail(GPUValidationError, "bad buffer");
    expect(() => device.check()).toThrow(/a defect of nclab.*WebGPU on a card: bad buffer/);
    const other = await failing();
    const waiting = other.device.until(new Promise(() => {}));
    other.lose({ message: "the driver was reset", reason: "unknown" });
    await expect(waiting).rejects.toThrow("WebGPU on a card: the device was lost (the driver was reset)");
  });
});
