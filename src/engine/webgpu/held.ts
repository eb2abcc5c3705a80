import { DefectError } from "../../errors.ts";
import type { Held } from "../engine.ts";
import { sizeOf } from "../graph.ts";
import type { HostTensor, HostTensors } from "../tensors.ts";
import { type Device, usage } from "./device.ts";

/** Arrays in buffers of their own. What is asked is checked at once, and done in its turn. */
export class HeldArrays implements Held {
  readonly #device: Device;
  readonly #arrays = new Map<string, { shape: readonly number[]; buffer: GPUBuffer }>();
  disposed = false;

  constructor(device: Device, arrays: HostTensors) {
    this.#device = device;
    for (const [name, { shape }] of Object.entries(arrays))
      this.#arrays.set(name, {
        shape,
        buffer: device.buffer(4 * sizeOf(shape), usage.storage | usage.copySource | usage.copyTarget, `the array ${name}`),
      });
    for (const [name, { data }] of Object.entries(arrays)) this.#put(name, data);
  }

  /** Throws where there is no such array, or no more. */
  asked(name: string): { shape: readonly number[] } {
    if (this.disposed) throw new DefectError(`no array ${name} is held`);
    return this.#array(name);
  }

  /** Its buffer, if it has that many numbers. */
  buffer(name: string, size: number): GPUBuffer {
    const { shape, buffer } = this.#array(name);
    if (sizeOf(shape) !== size)
      throw new DefectError(`the held array ${name} has the shape ${shape.join(" x ")}, not ${size} numbers`);
    return buffer;
  }

  async read(names: readonly string[] = this.disposed ? [] : [...this.#arrays.keys()]): Promise<HostTensors> {
    for (const name of names) this.asked(name);
    return this.#device.turns.take(() => this.#read(names));
  }

  async #read(names: readonly string[]): Promise<HostTensors> {
    const wanted = names.map((name) => ({ name, ...this.#array(name) }));
    const offsets: number[] = [];
    let bytes = 0;
    for (const { shape } of wanted) {
      offsets.push(bytes);
      bytes += 4 * sizeOf(shape);
    }
    if (bytes === 0) return {};
    const staging = this.#device.buffer(bytes, usage.mapRead | usage.copyTarget, "a copy of held arrays");
    try {
      const encoder = this.#device.handle.createCommandEncoder();
      wanted.forEach(({ shape, buffer }, i) => {
        encoder.copyBufferToBuffer(buffer, 0, staging, offsets[i], 4 * sizeOf(shape));
      });
      this.#device.submit(encoder.finish());
      const copy = await this.#device.readMapped(staging, bytes);
      return Object.fromEntries(
        wanted.map(({ name, shape }, i) => [
          name,
          { shape, data: new Float32Array(copy.slice(offsets[i], offsets[i] + 4 * sizeOf(shape))) },
        ]),
      );
    } finally {
      staging.destroy();
    }
  }

  write(arrays: HostTensors): void {
    this.#device.check();
    const copies = Object.entries(arrays).map(([name, { data }]) => {
      if (sizeOf(this.asked(name).shape) !== data.length) this.buffer(name, data.length);
      return { name, data: data.slice() };
    });
    const written = this.#device.turns.take(() => {
      for (const { name, data } of copies) this.#put(name, data);
    });
    // Who asks next hears of a device that failed meanwhile.
    written.catch(() => {});
  }

  dispose(): void {
    this.disposed = true;
    void this.#device.turns.take(() => {
      for (const { buffer } of this.#arrays.values()) buffer.destroy();
      this.#arrays.clear();
    });
  }

  #put(name: string, data: HostTensor["data"]): void {
    this.#device.check();
    this.#device.handle.queue.writeBuffer(this.buffer(name, data.length), 0, data);
  }

  #array(name: string): { shape: readonly number[]; buffer: GPUBuffer } {
    const array = this.#arrays.get(name);
    if (!array) throw new DefectError(`no array ${name} is held`);
    return array;
  }
}
