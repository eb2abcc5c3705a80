import { type Node, sizeOf } from "../graph.ts";
import type { Plan } from "../plan.ts";
import { type Command, commandsFor, own, type Place } from "./commands.ts";
import { lowerMap, lowerReduce } from "./lower-entrywise.ts";
import { lowerProduct } from "./lower-products.ts";
import { type Bordered, lowerConvolution, lowerPool } from "./lower-windows.ts";

/** What a plan becomes. */
export interface Lowered {
  commands: readonly Command[];
  /** Where a node's values lie. */
  placeOf(node: Node): Place;
}

/** A plan's nodes as commands, for so many threads. */
export function lower(plan: Plan, about: { threads: number; shared: boolean }): Lowered {
  const commands = commandsFor(about);
  const places = new Map<Node, Place>();
  const bordered: Bordered = new Map();
  const placeOf = (node: Node): Place => places.get(plan.root(node)) as Place;
  /** Where a node's values go. */
  const target = (node: Node, floats: number): Place => {
    const held = plan.direct.get(node);
    const over = plan.inPlace.get(node);
    if (held !== undefined) return { floats, held };
    return over ? (places.get(over) as Place) : own(floats);
  };
  for (const node of plan.nodes) {
    const floats = sizeOf(node.shape);
    if (node.kind === "reshape") continue;
    if (node.kind === "held") places.set(node, { floats, held: node.name });
    else if (node.kind === "input" || node.kind === "constant") places.set(node, own(floats));
    else {
      const task = { reads: node.inputs.map(placeOf), writes: target(node, floats) };
      places.set(node, task.writes);
      if (node.kind === "map") lowerMap(commands, { node, ...task });
      else if (node.kind === "reduce") lowerReduce(commands, { node, ...task });
      else if (node.kind === "product") lowerProduct(commands, { node, ...task });
      else if (node.kind === "pool" || node.kind === "pool-gradient") lowerPool(commands, { node, ...task });
      else if (node.kind === "convolve" || node.kind === "convolve-images" || node.kind === "convolve-kernel")
        lowerConvolution(commands, bordered, { node, ...task });
      else throw new Error(`${node.kind} has no commands`);
    }
  }
  return { commands: commands.list, placeOf };
}
