import { inputError } from "../../errors.ts";
import { closedEngine, disposedArrays, disposedProgram } from "../disposed.ts";
import type { Engine, Held, Program } from "../engine.ts";
import { fused } from "../fuse.ts";
import type { Graph } from "../graph.ts";
import { sameShape, sizeOf } from "../graph.ts";
import type { HostTensor, HostTensors } from "../tensors.ts";
import { Turns } from "../turns.ts";
import { blockSize } from "./blocked.ts";
import { lower } from "./lower.ts";
import { mostThreads, Operators } from "./operators.ts";
import { type Runtime, type RuntimeTensor, requireOnnx } from "./runtime.ts";

/**
 * Graphs as models of ONNX Runtime: native code for the processor. It comes with the optional package `onnxruntime-node`. `threads`: among how many it shares the work, 16 at most; the numbers do not depend on it.
 * InputError where the package is not there.
 */
export async function onnxEngine(threads: number, { blocks = true }: { blocks?: boolean } = {}): Promise<Engine> {
  if (!Number.isInteger(threads) || threads < 1) throw inputError("threads", "a positive integer", threads);
  const { runtime, version } = requireOnnx();
  const block = blocks ? await blockSize(runtime, () => new Operators()) : 0;
  const programs = new Set<Program>();
  let closed = false;
  const open = (): void => {
    if (closed) throw closedEngine();
  };
  return {
    device: "onnx",
    // A model is made for the block, and another order of its sums has other last bits.
    about: { "onnxruntime-node": version, block: String(block) },
    get usable() {
      return !closed;
    },
    hold(arrays) {
      open();
      return new OnnxHeld(runtime, arrays);
    },
    async compile(graph) {
      open();
      const program = await compile(runtime, graph, threads, block);
      programs.add(program);
      return {
        async run(held, given) {
          open();
          return program.run(held, given);
        },
        dispose() {
          programs.delete(program);
          program.dispose();
        },
      };
    },
    close() {
      closed = true;
      for (const program of programs) program.dispose();
      programs.clear();
    },
  };
}

/** Twice each array that runs change: a run reads the one and writes the other. What is asked is checked at once, and done in its turn. */
class OnnxHeld implements Held {
  readonly runtime: Runtime;
  readonly turns = new Turns();
  #arrays = new Map<string, { shape: readonly number[]; now: Place; next: Place | null }>();
  disposed = false;

  constructor(runtime: Runtime, arrays: HostTensors) {
    this.runtime = runtime;
    for (const [name, { shape, data }] of Object.entries(arrays)) {
      const now = this.#place(shape);
      now.data.set(data);
      this.#arrays.set(name, { shape, now, next: null });
    }
  }

  #place(shape: readonly number[]): Place {
    const data = new Float32Array(sizeOf(shape));
    return { data, tensor: new this.runtime.Tensor("float32", data, shape) };
  }

  #array(name: string): { shape: readonly number[]; now: Place; next: Place | null } {
    const array = this.#arrays.get(name);
    if (!array) throw new Error(`no array ${name} is held`);
    return array;
  }

  shape(name: string): readonly number[] {
    if (this.disposed) throw new Error(`no array ${name} is held`);
    return this.#array(name).shape;
  }

  now(name: string): RuntimeTensor {
    return this.#array(name).now.tensor;
  }

  next(name: string): RuntimeTensor {
    const array = this.#array(name);
    array.next ??= this.#place(array.shape);
    return array.next.tensor;
  }

  /** What was written is what is read from now on. */
  turn(names: Iterable<string>): void {
    for (const name of names) {
      const array = this.#array(name);
      [array.now, array.next] = [array.next as Place, array.now];
    }
  }

  async read(names: readonly string[] = this.disposed ? [] : [...this.#arrays.keys()]): Promise<HostTensors> {
    for (const name of names) this.shape(name);
    const read = (name: string): HostTensor => {
      const { shape, now } = this.#array(name);
      return { shape, data: now.data.slice() };
    };
    return this.turns.take(() => Object.fromEntries(names.map((name) => [name, read(name)])));
  }

  write(arrays: HostTensors): void {
    const copies = Object.entries(arrays).map(([name, { shape, data }]) => {
      const own = this.shape(name);
      if (!sameShape(shape, own)) throw new Error(`${name}: of shape ${own.join(" x ")}, written ${shape.join(" x ")}`);
      return { name, data: data.slice() };
    });
    void this.turns.take(() => {
      for (const { name, data } of copies) this.#array(name).now.data.set(data);
    });
  }

  dispose(): void {
    this.disposed = true;
    void this.turns.take(() => this.#arrays.clear());
  }
}

/** A tensor and the numbers that it shares. */
interface Place {
  data: Float32Array<ArrayBuffer>;
  tensor: RuntimeTensor;
}

async function compile(runtime: Runtime, graph: Graph, threads: number, block: number): Promise<Program> {
  const { bytes, inputs, held, outputs, kept } = lower(fused(graph), block);
  const session = await runtime.InferenceSession.create(bytes, {
    intraOpNumThreads: Math.min(threads, mostThreads),
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    // A plan of all memory ahead takes a third more than arrays that are given back as they go, and no less time.
    enableMemPattern: false,
  });
  const heldShapes = [...graph.nodes].flatMap((node) => (node.kind === "held" ? [[node.name, node.shape] as const] : []));
  let disposed = false;
  const runs = new Set<Promise<unknown>>();
  return {
    async run(arrays, given = {}) {
      if (disposed) throw disposedProgram();
      if (!(arrays instanceof OnnxHeld)) throw new Error("arrays of another engine");
      if (arrays.disposed) throw disposedArrays();
      for (const [name, shape] of heldShapes)
        if ((held.has(name) || kept.has(name)) && !sameShape(arrays.shape(name), shape))
          throw new Error(`${name}: of shape ${arrays.shape(name).join(" x ")}, expected ${shape.join(" x ")}`);
      const feeds: Record<string, RuntimeTensor> = {};
      const fetches: Record<string, RuntimeTensor | null> = {};
      for (const [name, value] of inputs) {
        const numbers = given[name];
        if (numbers?.length !== sizeOf(value.shape))
          throw new Error(`${name}: expected ${sizeOf(value.shape)} numbers, got ${numbers?.length ?? "none"}`);
        feeds[value.name] = new runtime.Tensor("float32", Float32Array.from(numbers), value.shape);
      }
      const run = arrays.turns.take(async () => {
        for (const [name, { name: own }] of held) feeds[own] = arrays.now(name);
        for (const { name } of outputs.values()) fetches[name] = null;
        for (const [name, { name: own }] of kept) fetches[own] = arrays.next(name);
        const found = await session.run(feeds, fetches);
        arrays.turn(kept.keys());
        return Object.fromEntries(
          [...outputs].map(([name, { name: own }]) => [name, Float32Array.from(found[own].data as Float32Array)]),
        );
      });
      runs.add(run);
      return run.finally(() => runs.delete(run));
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      // The runtime refuses a session's runs that have not begun when it is released.
      void Promise.allSettled(runs).then(() => session.release());
    },
  };
}
