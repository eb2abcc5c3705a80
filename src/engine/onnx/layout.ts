import { type Graph, type Node, neededNodes, placement, type Shape } from "../graph.ts";

/**
 * In which order the axes of arrays lie on the device: axis p there is the graph's axis order[p]. ONNX's convolutions take images N x C x H x W and kernels outputs x inputs x height x width; what is
 * computed of such arrays value by value lies as they do, so that nothing is moved between convolutions.
 */
export type Order = readonly number[];

export const imageOrder: Order = [0, 3, 1, 2];
export const kernelOrder: Order = [3, 2, 0, 1];
export const asItIs = (shape: Shape): Order => shape.map((_, axis) => axis);
/** Held arrays of four axes are kernels; every program finds them in the same order. */
export const heldOrder = (shape: Shape): Order => (shape.length === 4 ? kernelOrder : asItIs(shape));

export const inOrder = (shape: Shape, order: Order): number[] => order.map((axis) => shape[axis]);
export const inverse = (order: Order): number[] => order.map((_, axis) => order.indexOf(axis));

/** The order of every node's array. */
export function orders(graph: Graph): (node: Node) => Order {
  const nodes = neededNodes(graph);
  const groups = new Groups();
  for (const node of nodes) {
    const { kind, inputs } = node;
    if (kind === "map") for (const x of alike(node, node.shape)) groups.join(node, x);
    else if (kind === "reduce") {
      const same = alike(node, node.domain);
      if (node.shape.length === 4) same.push(node);
      for (const x of same) groups.join(same[0], x);
    } else if (kind === "convolve" || kind === "convolve-images" || kind === "convolve-kernel") {
      const kernel = kind === "convolve-kernel" ? node : inputs[1];
      for (const x of [node, ...inputs]) groups.want(x, x === kernel ? kernelOrder : imageOrder);
    } else if (kind === "pool" || kind === "pool-gradient") for (const x of [node, ...inputs]) groups.want(x, imageOrder);
  }
  // Last, so that images that are held are images where they are used.
  for (const node of nodes) if (node.kind === "held" && node.shape.length === 4) groups.want(node, kernelOrder);
  return (node) => {
    if (node.shape.length !== 4 || node.kind === "input") return asItIs(node.shape);
    return node.kind === "held" ? kernelOrder : (groups.wanted(node) ?? asItIs(node.shape));
  };
}

/** Inputs of four axes that lie over a shape axis by axis. */
const alike = (node: Node, over: Shape): Node[] =>
  over.length === 4 ? node.inputs.filter(({ shape }) => shape.length === 4 && placement(shape, over) !== "scalar") : [];

/** Sets of nodes that are to lie alike; the first order that is wanted for one is that of all. */
class Groups {
  #parents = new Map<Node, Node>();
  #orders = new Map<Node, Order>();

  #root(node: Node): Node {
    let root = node;
    for (let up = this.#parents.get(root); up; up = this.#parents.get(root)) root = up;
    return root;
  }

  join(a: Node, b: Node): void {
    const [kept, gone] = [this.#root(a), this.#root(b)];
    if (kept === gone) return;
    const order = this.#orders.get(kept) ?? this.#orders.get(gone);
    this.#parents.set(gone, kept);
    if (order) this.#orders.set(kept, order);
  }

  want(node: Node, order: Order): void {
    const root = this.#root(node);
    if (!this.#orders.has(root)) this.#orders.set(root, order);
  }

  wanted(node: Node): Order | undefined {
    return this.#orders.get(this.#root(node));
  }
}
