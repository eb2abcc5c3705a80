import { type Graph, type Node, neededNodes, sameShape } from "./graph.ts";

/** From which node to which an array has to be there: indices in `nodes`, both included. */
export interface Life {
  from: number;
  to: number;
}

/** The nodes of a graph in order, and what is needed to give them memory. */
export interface Plan {
  nodes: readonly Node[];
  /** The node whose array a node's values lie in: its own, or that of which it is a reshape. */
  root(node: Node): Node;
  /** Of each root that is computed or given. */
  lives: ReadonlyMap<Node, Life>;
  /** Of a map: the input that nobody needs afterwards and whose place it can take, value by value. */
  inPlace: ReadonlyMap<Node, Node>;
  /** Held arrays that are written by the node itself, where nobody needs the old values any more; the others are copied after the last node. */
  direct: ReadonlyMap<Node, string>;
}

/** Of a fused graph: none of whose outputs, and of what held arrays become, is a held array itself. */
export function plan(graph: Graph): Plan {
  const nodes = neededNodes(graph);
  const root = (node: Node): Node => (node.kind === "reshape" ? root(node.inputs[0]) : node);
  const end = nodes.length;
  const lastUse = new Map<Node, number>();
  nodes.forEach((node, i) => {
    for (const x of node.inputs) lastUse.set(root(x), i);
  });
  const direct = new Map<Node, string>();
  const keptBy = new Map<Node, number>();
  for (const node of graph.kept.values()) keptBy.set(node, (keptBy.get(node) ?? 0) + 1);
  const stays = new Set([...graph.outputs.values(), ...graph.kept.values()].map(root));
  for (const [name, node] of graph.kept) {
    const held = nodes.find((other) => other.kind === "held" && other.name === name);
    const alone = keptBy.get(node) === 1 && ![...graph.outputs.values()].some((x) => root(x) === node);
    const free = held === undefined || (lastUse.get(held) ?? -1) <= nodes.indexOf(node);
    if (node.kind === "map" && alone && free) direct.set(node, name);
  }
  const lives = new Map<Node, Life>();
  nodes.forEach((node, i) => {
    if (root(node) !== node || node.kind === "held") return;
    lives.set(node, {
      from: node.kind === "input" || node.kind === "constant" ? 0 : i,
      to: stays.has(node) ? end : (lastUse.get(node) ?? i),
    });
  });
  // A constant is there in every run.
  for (const [node, life] of lives) if (node.kind === "constant") life.to = end;
  const inPlace = new Map<Node, Node>();
  nodes.forEach((node, i) => {
    if (node.kind !== "map" || direct.has(node)) return;
    const x = node.inputs.map(root).find((y) => {
      const life = lives.get(y);
      return life?.to === i && y.kind !== "input" && y.kind !== "constant" && !direct.has(y) && sameShape(y.shape, node.shape);
    });
    if (x) inPlace.set(node, x);
  });
  return { nodes, root, lives, inPlace, direct };
}
