import { get, loadFour, moduleOf, relaxedMaddFour, storeFour } from "../wasm/index.ts";

/**
 * How this machine's WebAssembly computes a product and a sum, a b + c: "fused", rounded once, or "separate", rounded twice. It decides the last bits of a training, and
 * is the one thing that does: with the same arithmetic different versions of Node give the same bits (docs/sweeps.md says what was tried).
 *
 * Fused products are an instruction of relaxed SIMD, which browsers and Node have from V8 11.4 on (Node 20 behind a flag); what it computes where the processor has no
 * such instruction is left to the machine. So it is tried: (1 + 2^-12)^2 - (1 + 2^-11) is 2^-24, and 0 where the square was rounded to float32 first.
 *
 * @internal
 */
export type Arithmetic = "fused" | "separate";

/** How products of float32 are rounded on this machine. @internal */
export function arithmetic(): Arithmetic {
  const bytes = moduleOf(
    1,
    1,
    0,
    0,
    storeFour(get(0), 48, relaxedMaddFour(loadFour(get(0), 0), loadFour(get(0), 16), loadFour(get(0), 32))),
  );
  if (!WebAssembly.validate(bytes)) return "separate";
  const { memory, run } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as {
    memory: WebAssembly.Memory;
    run(address: number): void;
  };
  const values = new Float32Array(memory.buffer);
  values.fill(1 + 2 ** -12, 0, 8);
  values.fill(-(1 + 2 ** -11), 8, 12);
  run(0);
  return values[12] === 0 ? "separate" : "fused";
}
