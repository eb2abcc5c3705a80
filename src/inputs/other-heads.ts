import { inputError } from "../errors.ts";
import { type ArrayFile, isEmbeddingName, matrixShape, type StoredArray } from "../features/browser.ts";

/** An array that can be the head by its shape, and how many classes it would have. */
export interface Candidate {
  name: string;
  array: StoredArray;
  K: number;
}

/** The array that was taken as the head by its name. */
interface Taken {
  name: string;
  weight: StoredArray;
}

/** Rows of the head that was taken; null where it does not fit the features, or there are as many classes as features: inner layers have that shape too. */
function classesOfHead({ weight }: Taken, d: number): number | null {
  const sizes = matrixShape(weight.shape);
  if (!sizes?.includes(d)) return null;
  const K = sizes[1] === d ? sizes[0] : sizes[1];
  return K === d ? null : K;
}

/** Other arrays of the shape of the head that was found: of several tasks, of a copy, of an auxiliary loss. Embeddings have a row a word and are none. */
export function sameShape({ file }: ArrayFile, taken: Taken, candidates: readonly Candidate[], d: number): string[] {
  const K = classesOfHead(taken, d);
  const others = candidates.filter((other) => other.K === K && other.name !== taken.name && !isEmbeddingName(other.name));
  if (K === null || others.length === 0) return [];
  return [
    `${file}: ${taken.name} was taken as the head; ${listed(others.map(({ name }) => name))} ${others.length === 1 ? "has" : "have"} its shape too (--keys weight=NAME takes another)`,
  ];
}

/** A head of more classes than the labels have, beside an array of exactly as many rows: a network that was trained further keeps its first head. */
export async function rowPerClass(
  { file }: ArrayFile,
  taken: Taken,
  candidates: readonly Candidate[],
  { d, classes }: { d: number; classes: () => Promise<number | null> },
): Promise<string[]> {
  const K = classesOfHead(taken, d);
  const fewer = candidates.filter((other) => K !== null && other.K < K && other.K > 1 && !isEmbeddingName(other.name));
  if (fewer.length === 0) return [];
  const wanted = await classes();
  const fitting = fewer.filter((other) => other.K === wanted);
  if (fitting.length === 0) return [];
  const names = fitting.map(({ name }) => name);
  return [
    `${file}: ${taken.name} was taken as the head, for ${K} classes, and the labels have ${wanted}; ${listed(names)} ${names.length === 1 ? "has" : "have"} a row for each of these (--keys weight=${names[0]} takes it)`,
  ];
}

/** LoRA keeps what it adds to a weight beside it: the head that the network has is both, and what the product is multiplied by is not in the file. */
export function adapterNotes({ file, arrays }: ArrayFile, name: string): string[] {
  const layer = name.replace(/(\.base_layer)?\.weight$/, "");
  if (layer === name) return [];
  const parts = [...arrays.keys()].filter((other) => other.startsWith(`${layer}.lora_`));
  if (parts.length === 0) return [];
  return [
    `${file}: ${name} is a head without its LoRA adapter (${listed(parts)}): the network's is W + (alpha / r) B A, and alpha is not in the file; merge them first (peft: model.merge_and_unload(), then save the weights)`,
  ];
}

/** What a parametrization makes a weight of, where it is not one of those that are computed here: it was taken as it is stored. */
export function parametrizedNotes({ file }: ArrayFile, name: string): string[] {
  if (!/parametrizations\.\w+\.original$|_orig$/.test(name)) return [];
  return [
    `${file}: ${name} is what a parametrization (spectral normalization, pruning) makes the network's weight of, and the rest of it was not found beside it: it was taken as it is stored; torch.nn.utils.parametrize.remove_parametrizations before saving keeps the weight itself`,
  ];
}

/** What the graph of an ONNX model says of its head, or does not say. Throws InputError for whole numbers that were not dequantized: their scale is not known. */
export function graphNotes({ file, kind, head }: ArrayFile, name: string, { type }: StoredArray): string[] {
  if (kind !== "onnx") return [];
  if (type === "i1" || type === "u1")
    throw inputError(
      `${file}: weight`,
      "a head of floats, or whole numbers behind a DequantizeLinear of its own (--keys weight=NAME takes it as it is; --head none measures without a head)",
      `${name}, quantized, whose scale was not found`,
    );
  if (head?.weight !== name)
    return [
      `${file}: the graph does not say a head (an output W h + b of one stored matrix): ${name} was taken, and the model may do more with its product`,
    ];
  if (head.scaled === undefined) return [];
  return [
    `${file}: the model's outputs are (W h + b) ${head.scaled}: the head is measured without that, and so are its logits and margins`,
  ];
}

const listed = (names: readonly string[]): string => `${names.slice(0, 5).join(", ")}${names.length > 5 ? ", ..." : ""}`;
