import { inputError } from "../errors.ts";
import { type Rows, rowsIn } from "../row-store.ts";
import { checkNotLarge, checkSizes } from "./range.ts";

/** The linear head: logits of a sample h are W h + b. */
export interface Head {
  /** K x d, row-major. Where it lies on a disk (`storedHead`), asking for it fills the memory. */
  readonly W: Float64Array;
  /** K numbers. */
  b: Float64Array;
  /** W by rows, where it lies on a disk. @internal */
  readonly stored?: Rows;
}

/** A head whose W is read row by row. @internal */
export function storedHead(stored: Rows, b: Float64Array): Head {
  let all: Float64Array | undefined;
  const W = (): Float64Array => {
    all ??= stored.all();
    return all;
  };
  return Object.defineProperty({ b, stored } as Head, "W", { get: W });
}

/** W by rows, wherever it lies. @internal */
export const headRows = (head: Head): Rows => head.stored ?? rowsIn(head.W, head.b.length, head.W.length / head.b.length);

/** Throws InputError unless the head has K x d finite weights and K finite biases. */
export function checkHead(
  head: Head,
  K: number,
  d: number,
  { weight = "head.W", bias = "head.b" }: { weight?: string; bias?: string } = {},
): void {
  const { b, stored } = head;
  const length = stored ? stored.n * stored.d : head.W.length;
  if (length !== K * d) throw inputError(weight, `${K} x ${d} numbers, a row a class`, `${length} numbers`);
  if (b.length !== K) throw inputError(bias, `${K} numbers, one a class`, `${b.length} numbers`);
  checkSizes(stored ?? rowsIn(head.W, K, d), weight);
  checkNotLarge(b, bias);
}
