import { jax, type Tensor } from "./backend.ts";
import { fits, type ProductShape, productModule, scratchBytes } from "./product-kernel.ts";
import { canReplaceKernels, type KernelMessage, kernelsOf, poolSize, replaceKernel } from "./threads.ts";

const { numpy: np } = jax;

/**
 * Products of matrices, most of the work of every network, by kernels of our own where the library's run on WebAssembly in Node (product-kernel.ts; 1.2 to 2
 * times as fast in Node 24, bench/training/products.mjs).
 *
 * The library has no way to be given a kernel. But it names each one by what it computes and from what shapes, so one can be known again: a product is
 * compiled alone once, the library asked which kernel it sends for that, and whenever a kernel of that name comes, ours takes its place (threads.ts). What
 * is fused with something else has another name and stays the library's, so a product must stand apart: it ends in a change of shape,
 * behind which the library starts a new kernel.
 *
 * In a browser and on WebGPU a product is the library's, from the same expressions.
 */

/** A product that was asked for: its shape, and the library's expression for it with the shapes of what that takes. */
interface Asked {
  shape: ProductShape;
  expression: (a: Tensor, b: Tensor) => Tensor;
  inputs: [readonly number[], readonly number[]];
}

const asked = new Map<string, Asked>();
const answered = new Set<string>();

const hasOwnProducts = (): boolean => canReplaceKernels() && jax.defaultDevice() === "wasm";

/** Whether a product of that shape has a kernel of its own here. */
export const hasOwnProduct = (shape: ProductShape): boolean => hasOwnProducts() && fits(shape);

/** The product of a and b by `expression`, which must say the same as `shape`. Takes its arguments. */
export function product(shape: ProductShape, expression: Asked["expression"], a: Tensor, b: Tensor): Tensor {
  if (hasOwnProduct(shape) && a.dtype === np.float32) {
    const key = JSON.stringify([shape, a.shape, b.shape]);
    if (!answered.has(key)) asked.set(key, { shape, expression, inputs: [a.shape, b.shape] });
  }
  return expression(a, b);
}

/** X Y (m x k, k x n), X Y' (m x k, n x k) or X' Y (k x m, k x n). Takes its arguments. */
export function matrixProduct(form: "XY" | "XY'" | "X'Y", x: Tensor, y: Tensor): Tensor {
  const [M, K] = form === "X'Y" ? [x.shape[1], x.shape[0]] : x.shape;
  const N = form === "XY'" ? y.shape[0] : y.shape[1];
  const shape: ProductShape = {
    M,
    N,
    K,
    rows: { kind: "even", stride: form === "X'Y" ? 1 : K },
    columns: { kind: "even", stride: form === "X'Y" ? M : 1 },
    B: form === "XY'" ? "columns" : "rows",
  };
  const expression = (a: Tensor, b: Tensor): Tensor =>
    np.matmul(form === "X'Y" ? a.transpose() : a, form === "XY'" ? b.transpose() : b).reshape([M, 1, N]);
  return product(shape, expression, x, y).reshape([M, N]);
}

/** A compiled function: calls give their arrays away. */
export type Compiled<F> = (F extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never) & {
  /** Frees it. */
  dispose(): void;
};

/**
 * Compiles a function of arrays, to be called with arrays of the same shapes each time. The first call finds its products and has kernels for them ready
 * before anything is computed, so that the first call's numbers are those of any later one.
 *
 * @typeParam F the function: arrays in, arrays out
 */
export function compile<F extends (...args: never[]) => unknown>(f: F): Compiled<F> {
  const compiled = jax.jit(f as never) as unknown as ((...args: unknown[]) => unknown) & { dispose(): void };
  let ready: Promise<void> | null = null;
  const call = async (...args: unknown[]): Promise<unknown> => {
    ready ??= findProducts(f, args);
    await ready;
    // Nor is anything sent while another function's products are looked for.
    await turn;
    return compiled(...args);
  };
  return Object.assign(call, { dispose: () => compiled.dispose() }) as never;
}

async function findProducts(f: (...args: never[]) => unknown, args: unknown[]): Promise<void> {
  if (!hasOwnProducts()) return;
  const trace = jax.makeJaxpr(f as (...args: unknown[]) => never) as (...args: unknown[]) => { jaxpr: { dispose(): void } };
  trace(...args).jaxpr.dispose();
  // One at a time, also where two functions are compiled at once.
  turn = turn.then(replaceAsked);
  await turn;
}

/** The last search for products: done, or under way. */
let turn: Promise<void> = Promise.resolve();
/** Kept for good, and its address. */
let scratch: { at: number; memory: Tensor } | null = null;

/** A kernel that writes what it makes of two arrays. */
const takesTwo = ({ ptrs }: KernelMessage): boolean => ptrs.length === 3;

async function replaceAsked(): Promise<void> {
  if (asked.size === 0) return;
  // The library's queue is first come, first served: after a kernel of now nothing is left that was sent before.
  const { at, memory } = await scratchMemory();
  scratch = { at, memory };
  for (const [key, { shape, expression, inputs }] of asked) {
    asked.delete(key);
    answered.add(key);
    const [a, b] = inputs.map((sizes) => np.zeros([...sizes]));
    const alone = jax.jit(expression);
    const sent = await kernelsOf(async () => {
      const result = alone(a, b);
      await jax.blockUntilReady(result);
      result.dispose();
    }, takesTwo);
    alone.dispose();
    // Others make the zeros, or copy into another shape.
    const kernels = sent.filter(takesTwo);
    if (kernels.length !== 1)
      throw new Error(
        `products: expected one kernel of two arrays for ${JSON.stringify(shape)}, the library sent ${kernels.length}`,
      );
    replaceKernel(kernels[0].kernelHash, new WebAssembly.Module(productModule(shape)), at);
  }
}

/** Memory for the kernels, and its address: that of the input of a kernel that reads it, which is run. */
async function scratchMemory(): Promise<{ at: number; memory: Tensor }> {
  const memory = scratch?.memory ?? np.array(new Float32Array((poolSize() * scratchBytes) / 4));
  const sum = jax.jit((x: Tensor) => x.sum());
  const sent = await kernelsOf(async () => {
    const result = sum(memory.ref);
    await jax.blockUntilReady(result);
    result.dispose();
  });
  sum.dispose();
  // The last one sent: the first may be left from before.
  return { at: sent[sent.length - 1].ptrs[0], memory };
}
