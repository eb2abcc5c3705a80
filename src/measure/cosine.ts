import { inputError } from "../errors.ts";
import type { Block } from "./first-pass.ts";
import type { Head } from "./head.ts";
import type { Stream } from "./passes.ts";

/**
 * Cosine classifiers (normalized heads: NormedLinear of LDAM, CosFace, ArcFace): the logits are s cos(w_k, h) + b_k. That is a linear head on features of
 * length 1: rows of the head and features are divided by their lengths, the rows multiplied by s, and then everything is as for a linear head.
 */
export function cosineHead({ W, b }: Head, d: number, scale = 1): Head {
  if (!(scale > 0 && Number.isFinite(scale))) throw inputError("scale", "a positive number", scale);
  const rows = unitRows(W, W.length / d, d);
  return { W: rows.map((w) => scale * w), b };
}

/** Each of `n` rows of `d` numbers over its length; rows of 0 stay 0. */
export function unitRows(rows: ArrayLike<number>, n: number, d: number): Float64Array {
  const units = new Float64Array(n * d);
  for (let i = 0; i < n; i++) {
    let squares = 0;
    for (let e = i * d; e < i * d + d; e++) squares += rows[e] * rows[e];
    const length = Math.sqrt(squares);
    if (length > 0) for (let e = i * d; e < i * d + d; e++) units[e] = rows[e] / length;
  }
  return units;
}

/** The same features under a cosine head. */
export function cosineStream<S extends Stream>(stream: S, scale?: number): S {
  const { d, head } = stream;
  return {
    ...stream,
    head: head && cosineHead(head, d, scale),
    async *blocks(from: number, to: number): AsyncGenerator<Block & { first: number }> {
      for await (const block of stream.blocks(from, to)) yield { ...block, features: unitRows(block.features, block.n, d) };
    },
  };
}
