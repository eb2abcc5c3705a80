import { DefectError } from "../../errors.ts";
import type { Node } from "../graph.ts";
import { convolveKernels } from "./convolve.ts";
import type { Kernels } from "./kernel.ts";
import { mapKernels } from "./map.ts";
import { poolKernels } from "./pool.ts";
import { productKernels } from "./product.ts";
import { reduceKernels } from "./reduce.ts";

/** The kernels of a node that is computed. `inOutput`: which inputs of a map lie in the output's array. */
export function kernelsOf(node: Node, inOutput: readonly boolean[]): Kernels {
  switch (node.kind) {
    case "map":
      return mapKernels(node, inOutput);
    case "reduce":
      return reduceKernels(node);
    case "product":
      return productKernels(node);
    case "convolve":
    case "convolve-images":
    case "convolve-kernel":
      return convolveKernels(node);
    case "pool":
    case "pool-gradient":
      return poolKernels(node);
    default:
      throw new DefectError(`no kernel computes a node of the kind ${node.kind}`);
  }
}
