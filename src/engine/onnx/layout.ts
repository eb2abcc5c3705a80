import { type Graph, type Node, neededNodes, placement, type Shape } from "../graph.ts";

/**
 * In which order the axes of arrays lie on the device: axis p there is the graph's axis order[p]. ONNX's convolutions take images N x C x H x W; what is computed of such arrays value by value
 * lies as they do, so that nothing is moved between convolutions. Inputs, held arrays, outputs and kernels are as the graph has them.
 */
export type Order = readonly number[];

export const imageOrder: Order = [0, 3, 1, 2];
export const asItIs = (shape: Shape): Order => shape.map((_, axis) => axis);

export const inOrder = (shape: Shape, order: Order): number[] => order.map((axis) => shape[axis]);

/** The order of every node's array. */
export function orders(graph: Graph): (node: Node) => Order {
  const nodes = neededNodes(graph);
  const groups = new Groups();
  for (const node of nodes) {
    const { kind, inputs } = node;
    // What a run is given is turned where it is used, and binds nothing.
    if (kind === "map") for (const x of alike(node, node.shape)) groups.join(node, x);
    else if (kind === "reduce") {
      const same = alike(node, node.domain);
      if (node.shape.length === 4) same.push(node);
      for (const x of same) groups.join(same[0], x);
    } else if (kind === "convolve" || kind === "convolve-images") groups.want(node, inputs[0]);
    else if (kind === "convolve-kernel") groups.want(...inputs);
    else if (kind === "pool" || kind === "pool-gradient") groups.want(node, ...inputs);
  }
  return (node) => (!isGiven(node) && groups.wanted(node) ? imageOrder : asItIs(node.shape));
}

/** Whether a run is given it. */
export const isGiven = ({ kind }: Node): boolean => kind === "held" || kind === "input";

/** Inputs of four axes that lie over a shape axis by axis. */
const alike = (node: Node, over: Shape): Node[] =>
  over.length === 4
    ? node.inputs.filter((x) => x.shape.length === 4 && !isGiven(x) && placement(x.shape, over) !== "scalar")
    : [];

/** Sets of nodes that lie alike: as images do where they are wanted so for one. */
class Groups {
  #parents = new Map<Node, Node>();
  #images = new Set<Node>();

  #root(node: Node): Node {
    let root = node;
    for (let up = this.#parents.get(root); up; up = this.#parents.get(root)) root = up;
    return root;
  }

  join(a: Node, b: Node): void {
    const [kept, gone] = [this.#root(a), this.#root(b)];
    if (kept === gone) return;
    this.#parents.set(gone, kept);
    if (this.#images.has(gone)) this.#images.add(kept);
  }

  want(...nodes: readonly Node[]): void {
    for (const node of nodes) this.#images.add(this.#root(node));
  }

  wanted(node: Node): boolean {
    return this.#images.has(this.#root(node));
  }
}
