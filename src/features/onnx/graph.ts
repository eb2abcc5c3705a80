import type { MessageReader, WireField } from "../protobuf.ts";
import { mostAxes } from "./tensor.ts";

/** A message NodeProto: an operation of the graph, by the names of what goes in and comes out. */
export interface Node {
  op: string;
  inputs: string[];
  outputs: string[];
  /** Attributes that are numbers. */
  flags: Map<string, number>;
  /** perm of a Transpose. */
  order: number[];
  /** A tensor that a Constant holds. */
  constant?: WireField;
}

export async function nodeAt(reader: MessageReader, from: number, to: number): Promise<Node> {
  const node: Node = { op: "", inputs: [], outputs: [], flags: new Map(), order: [] };
  for await (const field of reader.fields(from, to)) {
    if (field.id === 1) node.inputs.push(await reader.text(field));
    else if (field.id === 2) node.outputs.push(await reader.text(field));
    else if (field.id === 4) node.op = await reader.text(field);
    else if (field.id === 5) await addAttribute(reader, field, node);
  }
  return node;
}

async function addAttribute(reader: MessageReader, { from, to }: WireField, node: Node): Promise<void> {
  let name = "";
  let number: number | undefined;
  let tensor: WireField | undefined;
  for await (const field of reader.fields(from, to)) {
    if (field.id === 1) name = await reader.text(field);
    else if (field.id === 2 && field.wire === 5) number = floatOf(await reader.bytes(field));
    else if (field.id === 3) number = Number(field.value);
    else if (field.id === 5) tensor = field;
    else if (field.id === 8 && name === "perm" && node.order.length < 8)
      node.order.push(...Array.from(await reader.integers(field, mostAxes), Number));
  }
  if (number !== undefined) node.flags.set(name, number);
  if (tensor && name === "value") node.constant = tensor;
}

const floatOf = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);

/** What keeps the logits in their order and place, or makes probabilities of them. */
const behind = new Set([
  "Softmax",
  "LogSoftmax",
  "Sigmoid",
  "Identity",
  "Cast",
  "Squeeze",
  "Unsqueeze",
  "Reshape",
  "Flatten",
  "Dropout",
]);

/** The head by the graph: which array is its weight, whether it stands as d x K, and its bias. */
export interface GraphHead {
  weight: string;
  kernel: boolean;
  bias?: string;
  /** Single stored numbers that W h + b is divided (/) or multiplied (*) by behind it: a temperature. */
  scaled?: { by: string; sign: "/" | "*" }[];
}

/**
 * The head by the graph: the product with a stored matrix that an output comes from, through nothing but a sum with a stored vector, a division or a product of all with one number, and what leaves logits in their places. Undefined where
 * no output comes from one, or two come from different ones. `axes`: how many each stored array has; `single`: those of one number.
 */
export function headOf(
  nodes: readonly Node[],
  outputs: readonly string[],
  axes: ReadonlyMap<string, number>,
  single: ReadonlySet<string> = new Set(),
): GraphHead | undefined {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const heads = outputs.map((name) => headBefore(name, makers, { axes, single })).filter((head) => head !== undefined);
  return new Set(heads.map(({ weight }) => weight)).size === 1 ? heads[0] : undefined;
}

function headBefore(
  output: string,
  makers: ReadonlyMap<string, Node>,
  { axes, single }: { axes: ReadonlyMap<string, number>; single: ReadonlySet<string> },
): GraphHead | undefined {
  let bias: string | undefined;
  const scaled: NonNullable<GraphHead["scaled"]> = [];
  let name = output;
  for (let steps = 0; steps < 50; steps++) {
    const node = makers.get(name);
    if (!node) return undefined;
    const { op, inputs } = node;
    const by = scaleOf(node, single);
    if (behind.has(op)) [name] = inputs;
    // A bias behind it is not the head's.
    else if (by && bias === undefined) {
      scaled.push({ by, sign: op === "Div" ? "/" : "*" });
      name = inputs.find((input) => input !== by) ?? "";
    } else if (op === "Add" && bias === undefined && inputs.some((input) => axes.get(input) === 1)) {
      bias = inputs.find((input) => axes.get(input) === 1);
      name = inputs.find((input) => input !== bias) ?? "";
    } else if (op === "Gemm" || op === "MatMul") {
      const stored = storedBehind(inputs[1], makers, axes);
      // A weight that is scaled is not the head's, nor is one of two biases.
      const plain = ["alpha", "beta"].every((scale) => (node.flags.get(scale) ?? 1) === 1) && !node.flags.get("transA");
      const inner = op === "Gemm" && inputs[2] ? inputs[2] : undefined;
      if (!stored || !plain || (inner !== undefined && (bias !== undefined || axes.get(inner) !== 1))) return undefined;
      const own = inner ?? bias;
      const turned = op === "Gemm" && node.flags.get("transB") === 1;
      return {
        weight: stored.name,
        kernel: turned === stored.turned,
        ...(own === undefined ? {} : { bias: own }),
        ...(scaled.length === 0 ? {} : { scaled }),
      };
    } else return undefined;
  }
  return undefined;
}

/** The one number that a node divides or multiplies all logits by. */
function scaleOf({ op, inputs }: Node, single: ReadonlySet<string>): string | undefined {
  if (op === "Div") return single.has(inputs[1]) ? inputs[1] : undefined;
  return op === "Mul" ? inputs.find((input) => single.has(input)) : undefined;
}

/** The stored matrix that an input is, perhaps transposed first. */
function storedBehind(
  input: string,
  makers: ReadonlyMap<string, Node>,
  axes: ReadonlyMap<string, number>,
): { name: string; turned: boolean } | undefined {
  let [name, turned] = [input, false];
  for (let steps = 0; steps < 10; steps++) {
    if (axes.get(name) === 2) return { name, turned };
    const node = makers.get(name);
    if (node?.op === "Transpose" && (node.order.length === 0 || node.order.join() === "1,0")) turned = !turned;
    else if (node?.op !== "Identity" && node?.op !== "Cast") return undefined;
    [name] = node.inputs;
  }
  return undefined;
}
