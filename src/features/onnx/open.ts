import { dirname, join } from "node:path";
import { InputError, inputError } from "../../errors.ts";
import type { Bytes } from "../bytes.ts";
import { empty } from "../contents.ts";
import type { FormatContents, Host } from "../format.ts";
import { type MessageReader, messageReader } from "../protobuf.ts";
import { readWhole, type StoredArray } from "../stored-array.ts";
import { addDequantized } from "./dequantized.ts";
import { headOf, type Node, nodeAt } from "./graph.ts";
import { arrayOf, type Beside, type Tensor, tensorAt } from "./tensor.ts";

/** More initializers and nodes than this are no network. */
const most = 500_000;

/**
 * The initializers and constants of a model in ONNX, by name; nothing of them is read, wherever their numbers stand. One that is wrong in itself, or of a type that is not read, is left out by name.
 */
export async function onnxArrays(bytes: Bytes, host: Host): Promise<FormatContents> {
  const { what, length } = bytes;
  const reader = messageReader(bytes);
  const contents = empty();
  const beside = besideModel(what, host);
  const graph = await graphIn(reader, length, bytes);
  const { tensors, nodes, outputs } = graph;
  for (const node of nodes) {
    if (node.op !== "Constant" || !node.constant || node.outputs.length !== 1) continue;
    tensors.push({ ...(await tensorAt(reader, node.constant.from, node.constant.to, bytes)), name: node.outputs[0] });
  }
  for (const tensor of tensors) {
    try {
      contents.arrays.set(tensor.name, await arrayOf(tensor, reader, bytes, beside));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      contents.skipped.set(tensor.name, error.message.replace(`${what}, ${tensor.name}: `, ""));
    }
  }
  addDequantized(what, nodes, contents);
  const axes = new Map([...contents.arrays].map(([name, { shape }]) => [name, shape.length]));
  const single = new Set([...contents.arrays].filter(([, { shape }]) => shape.every((n) => n === 1)).map(([name]) => name));
  const head = headOf(nodes, outputs, axes, single);
  if (!head) return contents;
  const { weight, kernel, bias, scaled = [] } = head;
  const array = contents.arrays.get(weight);
  if (array && kernel) contents.arrays.set(weight, { ...array, kernel });
  const scales: string[] = [];
  for (const { by, sign } of scaled)
    scales.push(`${sign} ${Number((await readWhole(contents.arrays.get(by) as StoredArray)).data[0].toPrecision(6))} (${by})`);
  return { ...contents, head: { weight, bias, ...(scales.length === 0 ? {} : { scaled: scales.join(" ") }) } };
}

interface Graph {
  tensors: Tensor[];
  nodes: Node[];
  outputs: string[];
}

/** ModelProto's field 7, GraphProto: nodes (1), initializers (5), outputs (12). */
async function graphIn(reader: MessageReader, length: number, bytes: Bytes): Promise<Graph> {
  const graph: Graph = { tensors: [], nodes: [], outputs: [] };
  let found = false;
  for await (const { id, from, to, wire } of reader.fields(0, length)) {
    if (id !== 7 || wire !== 2) continue;
    found = true;
    for await (const field of reader.fields(from, to)) {
      if (field.id === 1) graph.nodes.push(await nodeAt(reader, field.from, field.to));
      if (field.id === 5) graph.tensors.push(await tensorAt(reader, field.from, field.to, bytes));
      if (field.id === 12)
        for await (const part of reader.fields(field.from, field.to))
          if (part.id === 1) graph.outputs.push(await reader.text(part));
      if (graph.nodes.length + graph.tensors.length > most) throw inputError(`${bytes.what}: nodes`, `at most ${most}`, "more");
    }
  }
  if (!found) throw inputError(bytes.what, "a model in ONNX", "a message without a graph");
  return graph;
}

/** Opens files of external data: names inside the model's own folder, as ONNX has it. A model must not point anywhere else on the disk. */
function besideModel(model: string, host: Host): Beside {
  const opened = new Map<string, Promise<Bytes>>();
  return (location) => {
    const parts = location.split("/");
    if (location === "" || /[\\:]/.test(location) || parts.some((part) => part === "" || part === ".."))
      throw inputError("external data", "a file in the model's folder (a relative path without ..)", location);
    const known = opened.get(location) ?? host.file(join(dirname(model), ...parts));
    opened.set(location, known);
    return known;
  };
}
