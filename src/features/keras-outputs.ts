import { type Bytes, head } from "./bytes.ts";
import type { FormatContents } from "./format.ts";
import type { StoredArray } from "./stored-array.ts";

/** A configuration is text of some kilobytes; one of more is left unread. */
const most = 2 ** 26;

/** A layer of a functional model, as config.json has it. */
interface Layer {
  name: string;
  type: string;
  /** The layer that it takes, where it takes one. */
  from: string | undefined;
}

/** Layers without weights that leave logits in their places or make probabilities of them. */
const behind = new Set(["Activation", "Softmax", "Dropout", "Reshape", "Flatten", "Identity"]);

/**
 * The head of a Keras model by its configuration: the dense layer that its output comes from, or the weights of the outputs where they come from several. Nothing where the
 * configuration does not say it: of a Sequential model, or where an output is of another kind; names and shapes tell the head then.
 */
export async function kerasOutputs(
  config: Bytes | undefined,
  arrays: ReadonlyMap<string, StoredArray>,
): Promise<Pick<FormatContents, "head" | "outputs">> {
  if (!config || config.length > most) return {};
  const model = modelIn(new TextDecoder().decode(await head(config, config.length)));
  if (!model) return {};
  const { layers, outputs } = model;
  const kernels = kernelsOf(layers);
  const named = new Map(layers.map((layer) => [layer.name, layer]));
  const ends = [...new Set(outputs.map((name) => denseBefore(name, named)))];
  const weights = ends.flatMap((name) => (name === undefined ? [] : (kernels.get(name) ?? [])));
  if (weights.length === 0 || weights.length < ends.length || !weights.every((name) => arrays.get(name)?.shape.length === 2))
    return {};
  if (weights.length > 1) return { outputs: weights };
  const bias = weights[0].replace(/0$/, "1");
  return { head: { weight: weights[0], ...(arrays.has(bias) ? { bias } : {}) } };
}

/** Where model.weights.h5 keeps the kernels of dense layers, by the layers' own names: it counts layers of a class, whatever they are called (dense, dense_1, ...). */
function kernelsOf(layers: readonly Layer[]): Map<string, string> {
  const dense = layers.filter(({ type }) => type === "Dense");
  return new Map(dense.map(({ name }, i) => [name, `layers/dense${i === 0 ? "" : `_${i}`}/vars/0`]));
}

function denseBefore(output: string, layers: ReadonlyMap<string, Layer>): string | undefined {
  let name: string | undefined = output;
  for (let steps = 0; steps < 50; steps++) {
    const layer: Layer | undefined = layers.get(name ?? "");
    if (layer?.type === "Dense") return name;
    if (!layer || !behind.has(layer.type)) return undefined;
    name = layer.from;
  }
  return undefined;
}

function modelIn(text: string): { layers: Layer[]; outputs: string[] } | undefined {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return undefined;
  }
  const config = part(root, "config");
  const layers = part(config, "layers");
  const outputs = namesIn(part(config, "output_layers"));
  if (!Array.isArray(layers) || outputs.length === 0) return undefined;
  return { layers: layers.map(layerOf), outputs };
}

function layerOf(layer: unknown): Layer {
  const nodes = part(layer, "inbound_nodes");
  const args = Array.isArray(nodes) && nodes.length === 1 ? part(nodes[0], "args") : undefined;
  const history = Array.isArray(args) && args.length === 1 ? part(part(args[0], "config"), "keras_history") : undefined;
  return {
    name: String(part(layer, "name") ?? part(part(layer, "config"), "name")),
    type: String(part(layer, "class_name")),
    from: Array.isArray(history) ? String(history[0]) : undefined,
  };
}

/** The layers' names in output_layers: one [name, node, tensor], or a list or a dictionary of such. */
function namesIn(outputs: unknown): string[] {
  if (Array.isArray(outputs) && typeof outputs[0] === "string") return [outputs[0]];
  return typeof outputs === "object" && outputs !== null ? Object.values(outputs).flatMap(oneName) : [];
}

const oneName = (output: unknown): string[] => (Array.isArray(output) && typeof output[0] === "string" ? [output[0]] : []);

const part = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
