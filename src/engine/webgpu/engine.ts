import type { Engine, Held } from "../engine.ts";
import type { Graph } from "../graph.ts";
import type { HostTensors } from "../tensors.ts";
import { Device } from "./device.ts";
import { HeldArrays } from "./held.ts";
import { GpuProgram } from "./program.ts";

/**
 * Graphs on a graphics processor, by WebGPU: kernels in WGSL, made for the shapes of each node. A run writes its inputs and gives the device one list of commands; nothing is made anew. The same computation
 * on the same device gives the same bits.
 */
export class WebGpuEngine implements Engine {
  readonly device = "webgpu" as const;
  readonly #device: Device;

  private constructor(device: Device) {
    this.#device = device;
  }

  /** Throws InputError where there is no WebGPU, and WorkError where its driver gives no device. */
  static async start(): Promise<WebGpuEngine> {
    return new WebGpuEngine(await Device.open());
  }

  get about(): { adapter: string } {
    return { adapter: this.adapter };
  }

  /** What computes, in its driver's words. */
  get adapter(): string {
    return this.#device.adapter;
  }

  /** Whether that is a driver which imitates a graphics processor. */
  get software(): boolean {
    return this.#device.software;
  }

  /** Whether `profile` of a program can say what its kernels take. */
  get timed(): boolean {
    return this.#device.timed;
  }

  /** What it did so far. */
  get counts(): Readonly<{ submissions: number; buffers: number; bytes: number; dispatches: number }> {
    return { ...this.#device.counts };
  }

  hold(arrays: HostTensors): Held {
    return new HeldArrays(this.#device, arrays);
  }

  compile(graph: Graph): Promise<GpuProgram> {
    return GpuProgram.compile(this.#device, graph);
  }

  get usable(): boolean {
    return this.#device.usable;
  }

  close(): void {
    this.#device.close();
  }
}
