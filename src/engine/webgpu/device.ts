import { DefectError, WorkError } from "../../errors.ts";
import { closedEngine } from "../disposed.ts";
import { Turns } from "../turns.ts";
import { requireAdapter } from "./find.ts";

/** The constants of WebGPU that are used: Node has no globals for them. */
export const usage = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, storage: 0x80, resolve: 0x200 } as const;
const mapForReading = 0x1;
const stageCompute = 0x4;

/**
 * A device, and the first error that it had: from then on everything that is asked of it throws that error, so that a computation ends there and no message is printed twice.
 */
export class Device {
  readonly handle: GPUDevice;
  /** What computes, in its driver's words. */
  readonly adapter: string;
  /** Whether it is a driver that imitates a graphics processor. */
  readonly software: boolean;
  /** Whether it has a clock. */
  readonly timed: boolean;
  /** What was done so far. */
  readonly counts: { submissions: number; buffers: number; bytes: number; dispatches: number } = {
    submissions: 0,
    buffers: 0,
    bytes: 0,
    dispatches: 0,
  };
  /** What is asked of it, one after another. */
  readonly turns: Turns = new Turns();
  #error: Error | undefined;
  /** Of everybody who waits for the device: only these, since a promise that never ends would keep whatever was compared with it. */
  readonly #waiting = new Set<(error: Error) => void>();
  #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  #layouts = new Map<number, GPUBindGroupLayout>();

  private constructor(handle: GPUDevice, words: { adapter: string; software: boolean }) {
    this.handle = handle;
    this.adapter = words.adapter;
    this.software = words.software;
    this.timed = handle.features.has("timestamp-query");
    handle.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#fail(this.#describe((event as GPUUncapturedErrorEvent).error));
    });
    handle.lost.then(({ message, reason }) =>
      this.#fail(new WorkError(`WebGPU on ${this.adapter}: the device was lost (${message || reason || "no reason given"})`)),
    );
  }

  /** A device of the machine's best adapter, with all the memory that it gives. Throws InputError where there is none. */
  static async open(find: typeof requireAdapter = requireAdapter): Promise<Device> {
    const { found, words } = await find();
    const adapter = found as unknown as GPUAdapter;
    const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
    const device = await adapter
      .requestDevice({
        requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
        requiredFeatures: adapter.features.has("timestamp-query") ? ["timestamp-query"] : [],
      })
      .catch((error: Error) => {
        throw new WorkError(`WebGPU on ${words.adapter}: ${error.message}`);
      });
    return new Device(device, words);
  }

  /** Throws the first error. */
  check(): void {
    if (this.#error) throw this.#error;
  }

  /** Whether it had no error so far. */
  get usable(): boolean {
    return this.#error === undefined;
  }

  /** Waits for something of the device, or throws its first error. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const value = await new Promise<T>((resolve, reject) => {
      if (this.#error) reject(this.#error);
      this.#waiting.add(reject);
      promise
        .then(resolve, (error: Error) => reject(this.#error ?? new WorkError(`WebGPU on ${this.adapter}: ${error.message}`)))
        .finally(() => this.#waiting.delete(reject));
    });
    this.check();
    return value;
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Throws where no buffer is so large. */
  fits(bytes: number, what: string): void {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.handle.limits;
    const most = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    if (bytes > most)
      throw new WorkError(
        `WebGPU on ${this.adapter}: ${what} needs ${megabytes(bytes)} in one piece, and it gives at most ${megabytes(most)}; a smaller batch needs less`,
      );
  }

  /** A buffer of at least `bytes`. */
  buffer(bytes: number, use: number, what: string): GPUBuffer {
    this.check();
    this.fits(bytes, what);
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    this.counts.buffers++;
    this.counts.bytes += size;
    return this.handle.createBuffer({ size, usage: use });
  }

  /** Does what makes buffers, and throws where there is no memory for them. */
  async allocating<T>(make: () => T, what: string): Promise<T> {
    this.check();
    this.handle.pushErrorScope("out-of-memory");
    const made = make();
    const error = await this.until(this.handle.popErrorScope());
    if (error)
      throw new WorkError(`WebGPU on ${this.adapter}: no memory for ${what} (${error.message}); a smaller batch needs less`);
    return made;
  }

  submit(commands: GPUCommandBuffer): void {
    this.check();
    this.counts.submissions++;
    this.handle.queue.submit([commands]);
  }

  /** The numbers in a buffer for reading, from its beginning. */
  async readMapped(staging: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    await this.until(staging.mapAsync(mapForReading, 0, bytes));
    const copy = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    return copy;
  }

  /** Of a kernel with so many arrays, of which the last is written: each text is compiled once. */
  pipeline(code: string, arrays: number, name: string): Promise<GPUComputePipeline> {
    const before = this.#pipelines.get(code);
    if (before) return before;
    const made = this.until(
      this.handle.createComputePipelineAsync({
        label: name,
        layout: this.handle.createPipelineLayout({ bindGroupLayouts: [this.layout(arrays)] }),
        compute: { module: this.handle.createShaderModule({ label: name, code }), entryPoint: "main" },
      }),
    );
    this.#pipelines.set(code, made);
    return made;
  }

  layout(arrays: number): GPUBindGroupLayout {
    const before = this.#layouts.get(arrays);
    if (before) return before;
    const made = this.handle.createBindGroupLayout({
      entries: Array.from({ length: arrays }, (_, binding) => ({
        binding,
        visibility: stageCompute,
        buffer: { type: binding === arrays - 1 ? ("storage" as const) : ("read-only-storage" as const) },
      })),
    });
    this.#layouts.set(arrays, made);
    return made;
  }

  close(): void {
    this.#fail(closedEngine());
    this.handle.destroy();
  }

  #fail(error: Error): void {
    this.#error ??= error;
    for (const reject of this.#waiting) reject(this.#error);
    this.#waiting.clear();
  }

  #describe(error: GPUError): Error {
    const text = `WebGPU on ${this.adapter}: ${error.message.split("\n").slice(0, 3).join(" ")}`;
    // What the standard forbids is our doing; all else is the machine's.
    return error.constructor.name === "GPUValidationError" ? new DefectError(text) : new WorkError(text);
  }
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
