import { fused } from "../fuse.ts";
import { type Graph, type Node, sizeOf } from "../graph.ts";
import { type Plan, plan } from "../plan.ts";
import type { Kernel } from "./kernel.ts";
import { kernelsOf } from "./kernels.ts";
import { type Block, shareSlots } from "./slots.ts";

/** Where an array lies: in a buffer of the program, or in a held array. */
export type Place = { slot: number } | { held: string; size: number };

export interface Dispatch {
  kernel: Kernel;
  places: Place[];
}

/** What a graph becomes: kernels in order and where their arrays lie. */
export interface Laid {
  dispatches: Dispatch[];
  /** Bytes of each slot. */
  slots: number[];
  placeOf(node: Node): Place;
  graph: Graph;
  nodes: readonly Node[];
  direct: Plan["direct"];
}

/** Kernels and memory of a graph. Nothing of a device is asked. */
export function lay(unfused: Graph): Laid {
  const graph = fused(unfused);
  const planned = plan(graph);
  const { nodes, root, lives, inPlace, direct } = planned;
  const blocks: Block[] = [];
  const blockOf = new Map<Node, number>();
  for (const node of nodes) {
    const life = lives.get(node);
    if (!life || direct.has(node)) continue;
    const taken = inPlace.get(node);
    const block = taken && blockOf.get(taken);
    if (block !== undefined) blocks[block].to = life.to;
    blockOf.set(node, block ?? blocks.push({ ...life, bytes: 4 * sizeOf(node.shape) }) - 1);
  }
  const heldPlace = (name: string, node: Node): Place => ({ held: name, size: sizeOf(node.shape) });
  const between = new Map<Node, number>();
  const kernels = nodes.flatMap((node, i) => {
    if (!lives.has(node) || node.kind === "input" || node.kind === "constant") return [];
    const target = direct.get(node);
    const inOutput = node.inputs.map((x) => {
      const from = root(x);
      if (node.kind !== "map") return false;
      return target === undefined ? blockOf.get(from) === blockOf.get(node) : isHeld(from, target, direct);
    });
    const made = kernelsOf(node, inOutput);
    if (made.parts > 0) between.set(node, blocks.push({ from: i, to: i, bytes: 4 * made.parts }) - 1);
    return made.kernels.map((kernel) => ({ node, kernel }));
  });
  const { slotOf, bytes } = shareSlots(blocks);
  const placeOf = (node: Node): Place => {
    const from = root(node);
    if (from.kind === "held") return heldPlace(from.name, from);
    const name = direct.get(from);
    return name === undefined ? { slot: slotOf[blockOf.get(from) as number] } : heldPlace(name, from);
  };
  const dispatches = kernels.map(({ node, kernel }) => ({
    kernel,
    places: kernel.arrays.map((array): Place => {
      if (array === "output") return placeOf(node);
      if (array === "parts") return { slot: slotOf[between.get(node) as number] };
      return placeOf(node.inputs[array]);
    }),
  }));
  return { dispatches, slots: bytes, placeOf, graph, nodes, direct };
}

/** Whether a node's values lie in that held array. */
const isHeld = (node: Node, name: string, direct: Plan["direct"]): boolean =>
  (node.kind === "held" && node.name === name) || direct.get(node) === name;

/** Where an output lies, and where its copy begins among all that are read. */
export interface Output {
  name: string;
  place: Place;
  size: number;
  offset: number;
}

export function outputsOf({ graph, placeOf }: Laid): { outputs: Output[]; bytes: number } {
  let bytes = 0;
  const outputs = [...graph.outputs].map(([name, node]) => {
    const size = sizeOf(node.shape);
    const offset = bytes;
    bytes += 4 * size;
    return { name, place: placeOf(node), size, offset };
  });
  return { outputs, bytes };
}
