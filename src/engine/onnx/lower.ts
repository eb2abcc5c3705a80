import { type Graph, type Node, neededNodes, placement, type Shape, sizeOf } from "../graph.ts";
import { convolve, convolveImages, convolveKernel } from "./convolutions.ts";
import { expressionOf } from "./expressions.ts";
import { asItIs, imageOrder, inOrder, isGiven, type Order, orders } from "./layout.ts";
import { factored, linearOf } from "./linear.ts";
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

/** `block`: of how many channels a block is (blocked.ts). */
export function lower(graph: Graph, block: number): Lowered {
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
  const expression = ({ expression, inputs }: Extract<Node, { kind: "map" | "reduce" }>, shape: Shape, order: Order): Value => {
    const at = inOrder(shape, order);
    const lying = inputs.map((x) => over(x, shape, order));
    const channels = channelAxis(order);
    return ops.expand(
      channels === null ? expressionOf(ops, expression, lying) : linearOf(ops, expression, lying, at, channels),
      at,
    );
  };

  const reduce = (node: Extract<Node, { kind: "reduce" }>, order: Order): Value => {
    const channels = channelAxis(order);
    if (node.by === "sum" && node.over === "rows" && channels !== null) {
      const at = inOrder(node.domain, order);
      const lying = node.inputs.map((x) => over(x, node.domain, order));
      const apart = factored(ops, node.expression, lying, at, channels);
      if (apart) {
        const total = reduced(ops, node, ops.expand(apart.core, at), order);
        return ops.op(
          "Mul",
          [total, ops.reshape(apart.factor, sizeOf(apart.factor.shape) === 1 ? [] : total.shape)],
          total.shape,
        );
      }
    }
    return reduced(ops, node, expression(node, node.domain, order), order);
  };

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
        return reduce(node, domainOrder(node, orderOf));
      case "product":
        return ops.product(value(a), value(b), node.form === "X'Y", node.form === "XY'");
      case "convolve":
        return convolve(ops, node, value(a, imageOrder), value(b, asItIs(b.shape)), block);
      case "convolve-images":
        return convolveImages(ops, node, value(a, imageOrder), value(b, asItIs(b.shape)), inOrder(node.shape, imageOrder), block);
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
  for (const node of neededNodes(graph)) values.set(node, made(node));

  const taken = new Set(ops.inputs.concat(ops.constants).map(({ name }) => name));
  /** Under a name that no other output has. */
  const given = (x: Value): Value => {
    const own = taken.has(x.name) ? ops.copy(x) : x;
    taken.add(own.name);
    return own;
  };
  const named = (nodes: ReadonlyMap<string, Node>): Map<string, Value> =>
    new Map([...nodes].map(([name, node]) => [name, given(value(node, asItIs(node.shape)))]));
  const [outputs, kept] = [named(graph.outputs), named(graph.kept)];
  return { bytes: ops.model([...outputs.values(), ...kept.values()]), inputs, held, outputs, kept };
}

/** Where the channels are, if numbers a channel can be gathered (linear.ts): of images, and of rows of a matrix. */
const channelAxis = (order: Order): number | null => (order === imageOrder || order.length === 2 ? 1 : null);

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
  const like = [node, ...node.inputs].find((x) => x.shape.length === 4 && sizeOf(x.shape) > 1 && !isGiven(x));
  return like ? orderOf(like) : asItIs(node.domain);
}

function reduced(ops: Operators, { by, over, domain, shape }: Extract<Node, { kind: "reduce" }>, x: Value, order: Order): Value {
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
