import type { Graph, Node } from "../engine/index.ts";
import type { Pass, Purpose } from "./layer.ts";

/** An array of a graph by its name and shape. */
export type ArraysOf = (name: string, shape: readonly number[]) => Node;

/** A way through a network that has noted the parameters that it met. */
export interface PassThrough extends Pass {
  /** By name, in the order in which they were met. */
  readonly params: Map<string, Node>;
}

/**
 * A way through a network or a layer in a graph. Its parameters and statistics are held arrays of their own names, those of `init`, so that an engine that holds `{...params, ...stats}` has them;
 * `param` and `stat`, if given, say where else they are: inputs, constants, other names.
 */
export function passThrough(graph: Graph, purpose: Purpose, arrays: { param?: ArraysOf; stat?: ArraysOf } = {}): PassThrough {
  const held: ArraysOf = (name, shape) => graph.held(name, shape);
  const { param = held, stat = held } = arrays;
  const params = new Map<string, Node>();
  return {
    purpose,
    params,
    found: new Map(),
    param(name, shape) {
      const w = param(name, shape);
      params.set(name, w);
      return w;
    },
    stat,
  };
}
