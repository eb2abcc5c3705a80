import { type Graph, type Node, neededNodes, placement, type Shape, sizeOf } from "../graph.ts";
import { convolve, convolveImages, convolveKernel } from "./convolutions.ts";
import { expressionOf } from "./expressions.ts";
import { asItIs, heldOrder, imageOrder, inOrder, kernelOrder, type Order, orders } from "./layout.ts";
import type { Value } from "./model-file.ts";
import { Operators } from "./operators.ts";

/** A graph as a model, and the names of its values there. */
export interface Lowered {
  bytes: Uint8Array;
  inputs: ReadonlyMap<string, Value>;
  held: ReadonlyMap<string, Value>;
  outputs: ReadonlyMap<string, Value>;
  kept: ReadonlyMap<string, Value>;
}

/** Inputs and outputs are as the graph has them, held arrays in `heldOrder`. */
export function lower(graph: Graph): Lowered {
  const ops = new Operators();
  const orderOf = orders(graph);
  const values = new Map<Node, Value>();
  const [inputs, held] = [new Map<string, Value>(), new Map<string, Value>()];

  /** A node's array in an order of axes. */
  const value = (node: Node, order: Order = orderOf(node)): Value => {
    const own = orderOf(node);
    return ops.transpose(
      values.get(node) as Value,
      order.map((axis) => own.indexOf(axis)),
    );
  };
  /** A node's array as it is broadcast over a larger one that lies in an order. */
  const over = (node: Node, shape: Shape, order: Order): Value => {
    const place = placement(node.shape, shape);
    if (place === "scalar") return ops.reshape(value(node), []);
    if (place !== "row") return value(node, order);
    const at = order.indexOf(shape.length - 1);
    return ops.reshape(value(node), [node.shape[0], ...Array<number>(shape.length - 1 - at).fill(1)]);
  };
  const expression = (node: Extract<Node, { kind: "map" | "reduce" }>, shape: Shape, order: Order): Value =>
    ops.expand(
      expressionOf(
        ops,
        node.expression,
        node.inputs.map((x) => over(x, shape, order)),
      ),
      inOrder(shape, order),
    );

  const made = (node: Node): Value => {
    const [a, b, c] = node.inputs;
    switch (node.kind) {
      case "input":
      case "held": {
        const named = node.kind === "input" ? inputs : held;
        const x = ops.input(`${node.kind} ${node.name}`, inOrder(node.shape, orderOf(node)));
        named.set(node.name, x);
        return x;
      }
      case "constant":
        return ops.transpose(ops.constant(Float32Array.from(node.data), node.shape), orderOf(node));
      case "map":
        return expression(node, node.shape, orderOf(node));
      case "reduce":
        return reduced(ops, node, (order) => expression(node, node.domain, order), domainOrder(node, orderOf));
      case "product":
        return ops.product(value(a), value(b), node.form === "X'Y", node.form === "XY'");
      case "convolve":
        return convolve(ops, node, value(a, imageOrder), value(b, kernelOrder));
      case "convolve-images":
        return convolveImages(ops, node, value(a, imageOrder), value(b, kernelOrder), inOrder(node.shape, imageOrder));
      case "convolve-kernel":
        return convolveKernel(ops, node, value(a, imageOrder), value(b, imageOrder));
      case "pool":
        return pooled(ops, value(a, imageOrder))[0];
      case "pool-gradient": {
        if (b.kind !== "pool" || b.inputs[0] !== a) throw new Error("the gradient of a maximum of something else");
        const shape = inOrder(node.shape, imageOrder);
        const places = pooled(ops, value(a, imageOrder))[1];
        return ops.op("MaxUnpool", [value(c, imageOrder), places, ops.whole(shape)], shape, window);
      }
      case "reshape":
        return ops.transpose(ops.reshape(value(a, asItIs(a.shape)), node.shape), orderOf(node));
    }
  };
  /** In what order convolutions and the like leave their output, whatever the others of its group want. */
  const left: Partial<Record<Node["kind"], Order>> = {
    convolve: imageOrder,
    "convolve-images": imageOrder,
    "convolve-kernel": kernelOrder,
    pool: imageOrder,
    "pool-gradient": imageOrder,
  };
  for (const node of neededNodes(graph)) {
    const as = left[node.kind];
    const own = orderOf(node);
    const x = made(node);
    values.set(
      node,
      as
        ? ops.transpose(
            x,
            own.map((axis) => as.indexOf(axis)),
          )
        : x,
    );
  }

  const taken = new Set(ops.inputs.concat(ops.constants).map(({ name }) => name));
  /** Under a name that no other output has. */
  const given = (x: Value): Value => {
    const own = taken.has(x.name) ? ops.copy(x) : x;
    taken.add(own.name);
    return own;
  };
  const named = (nodes: ReadonlyMap<string, Node>, order: (shape: Shape) => Order): Map<string, Value> =>
    new Map([...nodes].map(([name, node]) => [name, given(value(node, order(node.shape)))]));
  const [outputs, kept] = [named(graph.outputs, asItIs), named(graph.kept, heldOrder)];
  return { bytes: ops.model([...outputs.values(), ...kept.values()]), inputs, held, outputs, kept };
}

const window = { kernel_shape: [2, 2], strides: [2, 2] };

/** The largest of each window, and its place: the first of equal ones. */
function pooled(ops: Operators, x: Value): Value[] {
  const [batch, channels, height, width] = x.shape;
  const shape = [batch, channels, height / 2, width / 2];
  return ops.operators("MaxPool", [x], [shape, shape], window);
}

/** In what order the array of a reduction's expression lies: that of its inputs. */
function domainOrder(node: Extract<Node, { kind: "reduce" }>, orderOf: (node: Node) => Order): Order {
  if (node.domain.length !== 4) return asItIs(node.domain);
  const wide = [node, ...node.inputs].filter(({ shape }) => shape.length === 4 && sizeOf(shape) > 1);
  const free = ({ kind }: Node): boolean => kind !== "held" && kind !== "input";
  const like = wide.find(free) ?? wide[0];
  return like ? orderOf(like) : asItIs(node.domain);
}

function reduced(
  ops: Operators,
  { by, over, domain, shape }: Extract<Node, { kind: "reduce" }>,
  expression: (order: Order) => Value,
  order: Order,
): Value {
  const x = expression(order);
  const last = domain.length - 1;
  const gone: Record<typeof over, (axis: number) => boolean> = {
    rows: (axis) => axis < last,
    columns: (axis) => axis === last,
    pixels: (axis) => axis === 1 || axis === 2,
    all: () => true,
  };
  const axes = order.flatMap((axis, at) => (gone[over](axis) ? [at] : []));
  if (axes.length === 0) return x;
  const keepdims = Number(over === "columns" || over === "pixels");
  const out = keepdims ? inOrder(shape, order) : shape;
  return by === "sum" ? ops.sum(x, axes, keepdims === 1) : ops.op("ReduceMax", [x], out, { axes, keepdims });
}
