import {
  add,
  divide,
  equal,
  exp,
  largest,
  log,
  maximum,
  mean,
  multiply,
  positive,
  sqrt,
  square,
  subtract,
  sum,
} from "./elementary.ts";
import { type Node, sizeOf } from "./graph.ts";

/** x - log sum exp x along the last axis. */
export function logSoftmax(x: Node): Node {
  return x.graph.rule(
    [x],
    () => {
      const shifted = subtract(x, largest(x, "columns"));
      return subtract(shifted, log(sum(exp(shifted), "columns")));
    },
    (g, y) => [subtract(g, multiply(exp(y), sum(g, "columns")))],
  );
}

/** log(1 + e^x), from -|x|, so that nothing overflows. */
export function softplus(x: Node): Node {
  const small = (): Node => exp(multiply(maximum(x, multiply(x, -1)), -1));
  return x.graph.rule(
    [x],
    () => add(maximum(x, 0), log(add(small(), 1))),
    // 1/(1 + e^-x) is 1/(1 + s) for x > 0 and s/(1 + s) below, s = e^-|x|.
    (g) => {
      const s = small();
      const above = positive(x);
      return [multiply(g, divide(add(above, multiply(subtract(1, above), s)), add(s, 1)))];
    },
  );
}

/** 1 where the first of a row's largest numbers is at the same place in a and b (n x K each), else 0: n x 1. Not differentiated. */
export function sameLargest(a: Node, b: Node): Node {
  const K = a.shape[1];
  const { graph } = a;
  return graph.undifferentiated(() => {
    const places = graph.constant(Array.from({ length: K }, (_, k) => K - k));
    const first = (x: Node): Node => largest(multiply(equal(x, largest(x, "columns")), places), "columns");
    return equal(first(a), first(b));
  });
}

/** A normalization's output, and what it measured: mean and (biased) variance. */
export interface Normalized {
  /** The shape of what was normalized. */
  output: Node;
  /** C numbers over rows; over columns the shape with a last axis of 1. */
  mean: Node;
  /** In the shape of the mean. */
  variance: Node;
}

/**
 * scale o (x - mean) / sqrt(variance + eps) + shift, with mean and (biased) variance over all rows (batch normalization) or over the columns of each row (layer normalization).
 * With u the normalized values and g the gradient in them, the gradient in x is (g - mean g - u mean(g o u)) / sqrt(variance + eps).
 */
export function normalize(x: Node, scale: Node, shift: Node, over: "rows" | "columns", eps: number): Normalized {
  const { graph } = x;
  const measured = graph.undifferentiated(() => {
    const center = mean(x, over);
    return { mean: center, variance: mean(square(subtract(x, center)), over) };
  });
  const inverse = graph.undifferentiated(() => divide(1, sqrt(add(measured.variance, eps))));
  // Written anew where it is used: no array of it is kept.
  const u = (): Node => multiply(subtract(x, measured.mean), inverse);
  const output = graph.rule(
    [x, scale, shift],
    () => add(multiply(u(), scale), shift),
    (g) => {
      const inScale = sum(multiply(g, u()), "rows");
      const inShift = sum(g, "rows");
      const n = sizeOf(x.shape) / sizeOf(scale.shape);
      if (over === "rows") {
        const away = add(multiply(u(), multiply(inScale, 1 / n)), multiply(inShift, 1 / n));
        return [multiply(subtract(g, away), multiply(scale, inverse)), inScale, inShift];
      }
      const h = (): Node => multiply(g, scale);
      const away = add(multiply(u(), mean(multiply(h(), u()), over)), mean(h(), over));
      return [multiply(subtract(h(), away), inverse), inScale, inShift];
    },
  );
  return { output, ...measured };
}
