import { inputError } from "../errors.ts";
import { type RowStorage, type Rows, rowsOfBlock } from "../row-store.ts";
import { isKernelName } from "./head-names.ts";
import { readWhole, rowBlocks, rowsOf, type StoredArray } from "./stored-array.ts";

/**
 * The last layer's weights as K x d, in whatever way they were stored: PyTorch's `weight` is K x d, a 1 x 1 convolution's K x d x 1 x 1; the
 * `kernel` of Flax and Keras is d x K, or 1 x 1 x d x K.
 */
export interface HeadMatrix {
  /** Number of classes. */
  K: number;
  /** K x d, row-major. */
  W: Float64Array;
  /** Whether it was stored as d x K. */
  transposed: boolean;
}

/** Two sizes of a matrix that may have axes of size 1 around it; null where the array is none. @internal */
export function matrixShape(shape: readonly number[]): [number, number] | null {
  const sizes = [...shape];
  while (sizes.length > 2 && sizes.at(-1) === 1) sizes.pop();
  while (sizes.length > 2 && sizes[0] === 1) sizes.shift();
  return sizes.length === 2 ? [sizes[0], sizes[1]] : null;
}

/** Whether an array can be the head of features with `d` columns. */
export function fitsHead(shape: readonly number[], d: number): boolean {
  return matrixShape(shape)?.includes(d) ?? false;
}

/** Reads it; d numbers are a head of one logit. Where both ways fit (d = K), the name says which. Throws InputError where neither does. */
export async function headMatrix(weight: StoredArray, name: string, d: number): Promise<HeadMatrix> {
  const { K, transposed } = sidesOf(weight, name, d);
  const { data } = await readWhole(weight);
  if (!transposed) return { K, W: data, transposed };
  const W = new Float64Array(data.length);
  for (let j = 0; j < d; j++) for (let k = 0; k < K; k++) W[k * d + j] = data[j * K + k];
  return { K, W, transposed };
}

/** The same, read to `storage` a block of rows at a time; null where it does not stand in the file as K rows of d. Throws InputError as that does. @internal */
export async function headToStorage(weight: StoredArray, name: string, d: number, storage: RowStorage): Promise<Rows | null> {
  const { K, transposed } = sidesOf(weight, name, d);
  if (transposed || rowsOf(weight).n !== K) return null;
  const rows = storage.rows(K, d);
  for await (const { first, values } of rowBlocks(weight, 0, K, rowsOfBlock(d)))
    rows.write(first, values instanceof Float64Array ? values : Float64Array.from(values));
  return rows;
}

function sidesOf(weight: StoredArray, name: string, d: number): { K: number; transposed: boolean } {
  const sizes = matrixShape(weight.shape.length === 1 ? [1, ...weight.shape] : weight.shape);
  if (!sizes?.includes(d))
    throw inputError(
      `${weight.what}: shape`,
      `K x ${d}, a row a class (the features have ${d} columns${weight.shape.length > 2 && !weight.part ? "; --keys weight=NAME[0] takes the first of a stack" : ""})`,
      weight.shape.join(" x ") || "()",
    );
  const transposed = sizes[1] !== d || (sizes[0] === d && (weight.kernel ?? isKernelName(name)));
  return { K: transposed ? sizes[1] : sizes[0], transposed };
}
