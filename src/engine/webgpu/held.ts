import { DefectError } from "../../errors.ts";
import type { Held } from "../engine.ts";
import { sizeOf } from "../graph.ts";
import type { HostTensors } from "../tensors.ts";
import { type Device, usage } from "./device.ts";

/** Arrays in buffers of their own. */
export class HeldArrays implements Held {
  readonly #device: Device;
  readonly #arrays = new Map<string, { shape: readonly number[]; buffer: GPUBuffer }>();

  constructor(device: Device, arrays: HostTensors) {
    this.#device = device;
    for (const [name, { shape }] of Object.entries(arrays))
      this.#arrays.set(name, {
        shape,
        buffer: device.buffer(4 * sizeOf(shape), usage.storage | usage.copySource | usage.copyTarget, `the array ${name}`),
      });
    this.write(arrays);
  }

  /** Its buffer, if it has that many numbers. */
  buffer(name: string, size: number): GPUBuffer {
    const { shape, buffer } = this.#array(name);
    if (sizeOf(shape) !== size)
      throw new DefectError(`the held array ${name} has the shape ${shape.join(" x ")}, not ${size} numbers`);
    return buffer;
  }

  async read(names: readonly string[] = [...this.#arrays.keys()]): Promise<HostTensors> {
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
    for (const [name, { data }] of Object.entries(arrays))
      this.#device.handle.queue.writeBuffer(this.buffer(name, data.length), 0, data);
  }

  dispose(): void {
    for (const { buffer } of this.#arrays.values()) buffer.destroy();
    this.#arrays.clear();
  }

  #array(name: string): { shape: readonly number[]; buffer: GPUBuffer } {
    const array = this.#arrays.get(name);
    if (!array) throw new DefectError(`no array ${name} is held`);
    return array;
  }
}
