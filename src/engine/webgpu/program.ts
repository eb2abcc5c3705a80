import { DefectError } from "../../errors.ts";
import { disposedArrays, disposedProgram } from "../disposed.ts";
import type { Held, Program } from "../engine.ts";
import { type Graph, sizeOf } from "../graph.ts";
import { type Device, usage } from "./device.ts";
import { HeldArrays } from "./held.ts";
import { type Laid, lay, type Output, outputsOf, type Place } from "./layout.ts";

/** Runs that a host may be ahead of the device: enough that the device never waits, few enough that inputs do not pile up. */
const mostAhead = 4;

/** Time of each kernel of a run, in milliseconds by the device's clock. */
export interface KernelTime {
  name: string;
  milliseconds: number;
}

interface Input {
  place: Place;
  numbers: Float32Array<ArrayBuffer>;
}

/** A graph on the device: every buffer and kernel is there before the first run; what binds them to held arrays is made once for these. */
export class GpuProgram implements Program {
  readonly #device: Device;
  readonly #laid: Laid;
  readonly #pipelines: readonly GPUComputePipeline[];
  readonly #slots: readonly GPUBuffer[];
  readonly #bound = new WeakMap<HeldArrays, GPUBindGroup[]>();
  readonly #outputs: readonly Output[];
  readonly #staging: GPUBuffer | null;
  readonly #stagingBytes: number;
  /** Runs without outputs that have not ended: a host that runs ahead waits when there are more than `mostAhead`. */
  #running: Promise<unknown>[] = [];
  #disposed = false;

  private constructor(
    device: Device,
    laid: Laid,
    pipelines: readonly GPUComputePipeline[],
    slots: readonly GPUBuffer[],
    staging: GPUBuffer | null,
  ) {
    this.#device = device;
    this.#laid = laid;
    this.#pipelines = pipelines;
    this.#slots = slots;
    this.#staging = staging;
    const { outputs, bytes } = outputsOf(laid);
    this.#outputs = outputs;
    this.#stagingBytes = bytes;
  }

  static async compile(device: Device, graph: Graph): Promise<GpuProgram> {
    device.check();
    const laid = lay(graph);
    for (const bytes of laid.slots) device.fits(bytes, "an array of the network");
    const pipelines = await Promise.all(
      laid.dispatches.map(({ kernel }) => device.pipeline(kernel.code, kernel.arrays.length, kernel.name)),
    );
    const total = laid.slots.reduce((sum, bytes) => sum + bytes, 0);
    const { slots, staging } = await device.allocating(
      () => ({
        slots: laid.slots.map((bytes) =>
          device.buffer(bytes, usage.storage | usage.copySource | usage.copyTarget, "an array of the network"),
        ),
        staging:
          laid.graph.outputs.size > 0
            ? device.buffer(outputsOf(laid).bytes, usage.mapRead | usage.copyTarget, "the outputs")
            : null,
      }),
      `the ${Math.round(total / 1e6)} MB of a program`,
    );
    const program = new GpuProgram(device, laid, pipelines, slots, staging);
    for (const node of laid.nodes)
      if (node.kind === "constant")
        device.handle.queue.writeBuffer(program.#buffer(laid.placeOf(node)), 0, Float32Array.from(node.data));
    return program;
  }

  /** Bytes that it holds beside held arrays, and its kernels' number. */
  get size(): { bytes: number; kernels: number } {
    return { bytes: this.#laid.slots.reduce((sum, bytes) => sum + bytes, 0), kernels: this.#pipelines.length };
  }

  async run(held: Held, given: Readonly<Record<string, ArrayLike<number>>> = {}): Promise<Record<string, Float32Array>> {
    const [arrays, inputs] = this.#asked(held, given);
    return this.#device.turns.take(() => this.#run(arrays, inputs));
  }

  async #run(held: HeldArrays, inputs: readonly Input[]): Promise<Record<string, Float32Array>> {
    const groups = this.#groups(held);
    this.#write(inputs);
    const encoder = this.#device.handle.createCommandEncoder();
    const pass = encoder.beginComputePass();
    this.#pipelines.forEach((_, i) => {
      this.#encode(pass, groups, i);
    });
    pass.end();
    this.#finish(encoder, held);
    if (!this.#staging) {
      const done = this.#device.until(this.#device.handle.queue.onSubmittedWorkDone());
      // Who asks next hears of a failure, whether this is waited for or not.
      done.catch(() => {});
      this.#running.push(done);
      if (this.#running.length > mostAhead) await this.#running.shift();
      return {};
    }
    const copy = await this.#device.readMapped(this.#staging, this.#stagingBytes);
    return Object.fromEntries(
      this.#outputs.map(({ name, size, offset }) => [name, new Float32Array(copy.slice(offset, offset + 4 * size))]),
    );
  }

  /** A run whose kernels are timed, each in a pass of its own. Throws where the device has no clock. */
  async profile(held: Held, given: Readonly<Record<string, ArrayLike<number>>> = {}): Promise<KernelTime[]> {
    if (!this.#device.timed) throw new DefectError(`${this.#device.adapter} has no clock`);
    const [arrays, inputs] = this.#asked(held, given);
    return this.#device.turns.take(() => this.#profile(arrays, inputs));
  }

  async #profile(held: HeldArrays, inputs: readonly Input[]): Promise<KernelTime[]> {
    const count = this.#pipelines.length;
    const { handle } = this.#device;
    const groups = this.#groups(held);
    this.#write(inputs);
    // A query set has at most 4,096 times.
    const sets = Array.from({ length: Math.ceil(count / 2048) }, () => handle.createQuerySet({ type: "timestamp", count: 4096 }));
    const times = this.#device.buffer(sets.length * 4096 * 8, usage.resolve | usage.copySource, "times");
    const staging = this.#device.buffer(sets.length * 4096 * 8, usage.mapRead | usage.copyTarget, "times");
    const encoder = handle.createCommandEncoder();
    for (let i = 0; i < count; i++) {
      const at = 2 * (i % 2048);
      const timestampWrites = { querySet: sets[i >> 11], beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 };
      const pass = encoder.beginComputePass({ timestampWrites });
      this.#encode(pass, groups, i);
      pass.end();
    }
    sets.forEach((set, i) => {
      encoder.resolveQuerySet(set, 0, 4096, times, i * 4096 * 8);
    });
    encoder.copyBufferToBuffer(times, 0, staging, 0, sets.length * 4096 * 8);
    this.#finish(encoder, held);
    const ticks = new BigUint64Array(await this.#device.readMapped(staging, sets.length * 4096 * 8));
    for (const one of [...sets, times, staging]) one.destroy();
    return this.#laid.dispatches.map(({ kernel }, i) => ({
      name: kernel.name,
      milliseconds: Number(ticks[2 * i + 1] - ticks[2 * i]) / 1e6,
    }));
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    void this.#device.turns.take(() => {
      for (const buffer of this.#slots) buffer.destroy();
      this.#staging?.destroy();
    });
  }

  /** What a run is asked of: its arrays, and its inputs as they are now. */
  #asked(held: Held, given: Readonly<Record<string, ArrayLike<number>>>): [HeldArrays, Input[]] {
    if (this.#disposed) throw disposedProgram();
    this.#device.check();
    if (!(held instanceof HeldArrays)) throw new DefectError("arrays of another engine");
    if (held.disposed) throw disposedArrays();
    for (const node of this.#laid.nodes) if (node.kind === "held") held.asked(node.name);
    for (const name of this.#laid.graph.kept.keys()) held.asked(name);
    const inputs = this.#laid.nodes.flatMap((node) => {
      if (node.kind !== "input") return [];
      const data = given[node.name];
      const size = sizeOf(node.shape);
      if (data?.length !== size)
        throw new DefectError(`input ${node.name}: ${size} numbers are needed, ${data?.length ?? "none"} given`);
      return [{ place: this.#laid.placeOf(node), numbers: Float32Array.from(data) }];
    });
    return [held, inputs];
  }

  #buffer(place: Place, held?: HeldArrays): GPUBuffer {
    if ("slot" in place) return this.#slots[place.slot];
    if (!held) throw new DefectError(`${place.held} is held`);
    return held.buffer(place.held, place.size);
  }

  #groups(held: HeldArrays): GPUBindGroup[] {
    this.#device.check();
    const before = this.#bound.get(held);
    if (before) return before;
    const made = this.#laid.dispatches.map(({ places }) =>
      this.#device.handle.createBindGroup({
        layout: this.#device.layout(places.length),
        entries: places.map((place, binding) => ({ binding, resource: { buffer: this.#buffer(place, held) } })),
      }),
    );
    this.#bound.set(held, made);
    return made;
  }

  #write(inputs: readonly Input[]): void {
    for (const { place, numbers } of inputs) this.#device.handle.queue.writeBuffer(this.#buffer(place), 0, numbers);
  }

  #encode(pass: GPUComputePassEncoder, groups: readonly GPUBindGroup[], i: number): void {
    const [x, y, z] = this.#laid.dispatches[i].kernel.groups;
    pass.setPipeline(this.#pipelines[i]);
    pass.setBindGroup(0, groups[i]);
    pass.dispatchWorkgroups(x, y, z);
    this.#device.counts.dispatches++;
  }

  /** Copies what is kept and what is read, and submits. */
  #finish(encoder: GPUCommandEncoder, held: HeldArrays): void {
    const { graph, direct, placeOf } = this.#laid;
    for (const { place, size, offset } of this.#outputs)
      encoder.copyBufferToBuffer(this.#buffer(place, held), 0, this.#staging as GPUBuffer, offset, 4 * size);
    for (const [name, node] of graph.kept) {
      if (direct.get(node) === name) continue;
      const size = sizeOf(node.shape);
      encoder.copyBufferToBuffer(this.#buffer(placeOf(node), held), 0, held.buffer(name, size), 0, 4 * size);
    }
    this.#device.submit(encoder.finish());
  }
}
