import { inputError } from "../errors.ts";
import { checkNotLarge, checkSizes } from "./range.ts";

/** The linear head: logits of a sample h are W h + b. */
export interface Head {
  /** K x d, row-major. */
  W: Float64Array;
  /** K numbers. */
  b: Float64Array;
}

/** Throws InputError unless the head has K x d finite weights and K finite biases. */
export function checkHead(
  { W, b }: Head,
  K: number,
  d: number,
  { weight = "head.W", bias = "head.b" }: { weight?: string; bias?: string } = {},
): void {
  if (W.length !== K * d) throw inputError(weight, `${K} x ${d} numbers, a row a class`, `${W.length} numbers`);
  if (b.length !== K) throw inputError(bias, `${K} numbers, one a class`, `${b.length} numbers`);
  checkSizes(W, weight);
  checkNotLarge(b, bias);
}
