import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Places } from "../../src/engine/wasm/places.ts";
import { hasFusedProducts, type ProductShape, productModule, scratchBytes } from "../../src/engine/wasm/product-kernel.ts";
import { random } from "../../src/math/random.ts";

/** The plain twin of a kernel: the same sum in float64. */
function plain(
  { M, N, K, rows, columns, B }: ProductShape,
  a: Float32Array,
  b: Float32Array,
): { sums: Float64Array; sizes: Float64Array } {
  const sums = new Float64Array(M * N);
  const sizes = new Float64Array(M * N);
  const inRow = Array.from({ length: K }, (_, k) => place(columns, k));
  for (let m = 0; m < M; m++)
    for (let n = 0, row = place(rows, m); n < N; n++)
      for (let k = 0; k < K; k++) {
        const term = a[row + inRow[k]] * b[B === "rows" ? k * N + n : n * K + k];
        sums[m * N + n] += term;
        sizes[m * N + n] += Math.abs(term);
      }
  return { sums, sizes };
}

function place(places: Places, i: number): number {
  if (places.kind === "even") return i * places.stride;
  if (places.kind === "taps") return Math.floor(i / places.length) * places.stride + (i % places.length);
  const { height, width, step, from } = places;
  const [image, row, column] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
  return ((image * from[0] + row * step) * from[1] + column * step) * from[2];
}

const kernels = new Map<string, (...args: number[]) => void>();
const memory = new WebAssembly.Memory({ initial: 40, maximum: 65536, shared: true });
const floats = new Float32Array(memory.buffer);

/** Runs a kernel part by part on operands that end where the memory or a guard of NaN begins. */
function run(shape: ProductShape, relaxed: boolean, a: Float32Array, b: Float32Array, cuts: number[]): Float32Array {
  const key = JSON.stringify([shape, relaxed]);
  let kernel = kernels.get(key);
  if (!kernel) {
    const module = new WebAssembly.Module(productModule(shape, { relaxed }));
    kernel = new WebAssembly.Instance(module, { env: { memory, scratch: 64 } }).exports.kernel as (...args: number[]) => void;
    kernels.set(key, kernel);
  }
  const atB = (64 + scratchBytes) / 4;
  const atC = atB + b.length;
  const size = shape.M * shape.N;
  // The last operand ends with the memory: a read past its end would trap.
  const atA = floats.length - a.length;
  expect(atC + size + 8).toBeLessThan(atA);
  floats.set(a, atA);
  floats.set(b, atB);
  floats.fill(Number.NaN, atC, atC + size + 8);
  const before = Float32Array.from(floats.subarray(atC + size, atC + size + 8));
  const ends = [...cuts.filter((cut) => cut < size), size];
  for (const [i, end] of ends.entries()) kernel(4 * atA, 4 * atB, 4 * atC, i === 0 ? 0 : ends[i - 1], end);
  expect(floats.subarray(atC + size, atC + size + 8)).toEqual(before);
  return floats.slice(atC, atC + size);
}

const small = fc.integer({ min: 1, max: 30 });
const eights = fc.integer({ min: 1, max: 5 }).map((n) => 8 * n);

/** Matrices stored either way; depths beyond a block, widths beyond one too. */
const matrices = fc
  .record({
    M: small,
    N: fc.oneof(eights, fc.constantFrom(264, 512)),
    K: fc.oneof(small, fc.constantFrom(255, 256, 257, 600)),
    form: fc.constantFrom("XY", "XY'", "X'Y"),
  })
  .map(
    ({ M, N, K, form }): ProductShape => ({
      M,
      N,
      K,
      rows: { kind: "even", stride: form === "X'Y" ? 1 : K },
      columns: { kind: "even", stride: form === "X'Y" ? M : 1 },
      B: form === "XY'" ? "columns" : "rows",
    }),
  );

/** Windows of images by a kernel, and the transposed windows by a gradient. */
const convolutions = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 6 }),
    width: fc.integer({ min: 1, max: 6 }),
    channels: fc.integer({ min: 1, max: 7 }),
    outputs: eights,
    size: fc.constantFrom(1, 3),
    step: fc.constantFrom(1, 2),
    gradient: fc.boolean(),
  })
  .map(({ batch, height, width, channels, outputs, size, step, gradient }): ProductShape => {
    const from = [(height - 1) * step + size, (width - 1) * step + size, channels] as const;
    const pixels: Places = { kind: "pixels", height, width, step, from };
    const taps: Places = { kind: "taps", length: size * channels, stride: from[1] * channels };
    const [count, depth] = [batch * height * width, size * size * channels];
    return gradient
      ? { M: depth, N: outputs, K: count, rows: taps, columns: pixels, B: "rows" }
      : { M: count, N: outputs, K: depth, rows: pixels, columns: taps, B: "rows" };
  });

const reach = (places: Places, count: number): number => Math.max(...Array.from({ length: count }, (_, i) => place(places, i)));

const cases = fc.record({
  shape: fc.oneof(matrices, convolutions),
  seed: fc.nat(),
  cut: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
});

function operands(shape: ProductShape, seed: number): { a: Float32Array; b: Float32Array } {
  const r = random(seed);
  const normal = (length: number): Float32Array => Float32Array.from({ length }, () => r.normal());
  return { a: normal(1 + reach(shape.rows, shape.M) + reach(shape.columns, shape.K)), b: normal(shape.N * shape.K) };
}

describe.each(hasFusedProducts ? [true, false] : [false])("products in float32, fused: %s", (relaxed) => {
  /*
   * A sum of k products in float32 is off by at most gamma_k |A||B|, gamma_k = k u / (1 - k u), u = 2^-24, in whatever order (Higham, Accuracy and
   * Stability of Numerical Algorithms, 2nd ed., (3.13)); fused products only lower it.
   */
  test("agree with the sum in float64 within the rounding of k terms", () => {
    fc.assert(
      fc.property(cases, ({ shape, seed }) => {
        const { a, b } = operands(shape, seed);
        const { sums, sizes } = plain(shape, a, b);
        const c = run(shape, relaxed, a, b, []);
        const u = 2 ** -24;
        const gamma = (shape.K * u) / (1 - shape.K * u);
        // Not "above": a NaN is wrong too.
        const wrong = sums.findIndex((sum, i) => !(Math.abs(c[i] - sum) <= gamma * sizes[i]));
        expect(wrong, `entry ${wrong}: ${c[wrong]} against ${sums[wrong]}`).toBe(-1);
      }),
      { numRuns: 200 },
    );
  });

  test("have the same bits in parts as in one go, wherever they are cut", () => {
    fc.assert(
      fc.property(cases, ({ shape, seed, cut }) => {
        const { a, b } = operands(shape, seed);
        const cuts = cut.map((x) => Math.floor(x * shape.M * shape.N)).sort((x, y) => x - y);
        expect(run(shape, relaxed, a, b, cuts)).toEqual(run(shape, relaxed, a, b, []));
      }),
      { numRuns: 100 },
    );
  });
});

if (!hasFusedProducts) console.info("skipped: fused products, which this version of Node lacks");

test("no kernel for widths that are not whole panels, nor for matrices that lie neither way", () => {
  const even = (stride: number): Places => ({ kind: "even", stride });
  const shape: ProductShape = { M: 4, N: 8, K: 4, rows: even(4), columns: even(1), B: "rows" };
  expect(WebAssembly.validate(productModule(shape))).toBe(true);
  expect(() => productModule({ ...shape, N: 10 })).toThrow("no kernel");
  expect(() => productModule({ ...shape, rows: even(8), columns: even(2) })).toThrow("no kernel");
});
