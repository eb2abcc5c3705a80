import { inputError } from "../errors.ts";
import { minimum } from "../extremes.ts";
import type { ArrayFile } from "./array-file.ts";
import { fitsHead, matrixShape } from "./head-matrix.ts";
import { headNames, isHeadName } from "./head-names.ts";
import { type Indexed, indexIn, partOf } from "./indexed.ts";
import type { StoredArray } from "./stored-array.ts";
import { usualNames } from "./usual-names.ts";
import { nameInNetwork } from "./weight-norm.ts";

/** Which array of a file is what: by the names that training code gives them, or as `keys` says. */
export type Role = "features" | "hidden" | "labels" | "weight" | "bias";
/** Which array of a file plays which role. */
export type Keys = Partial<Record<Role, string>>;

const usual: Record<"features" | "hidden" | "labels", RegExp> = {
  hidden: /^(hidden|phi|inputs?|activations?)$/i,
  features: /^(features?|feats?|embeddings?|penultimate|h|x)$/i,
  labels: new RegExp(`^(${usualNames.labels})$`, "i"),
};

/** `fc.weight` and `head/features` are paths: what stands behind the last dot or slash. */
const lastPart = (name: string): string => name.split(/[./]/).at(-1) as string;

/** Whether an array's name says that it holds something of every sample. */
export function isSampleArray(name: string): boolean {
  return Object.values(usual).some((names) => names.test(lastPart(name)));
}

/** Whether an array's name is one that labels have. */
export function isLabelArray(name: string): boolean {
  return usual.labels.test(lastPart(name));
}

/** The array for a role, or undefined; throws InputError where a stated key is not there or several arrays fit equally well. */
export function findArray(file: ArrayFile, role: Role, keys: Keys = {}): StoredArray | undefined {
  const { arrays } = file;
  const key = keys[role];
  if (key !== undefined) return statedArray(file, role, key);
  if (role === "features" || role === "hidden" || role === "labels") {
    if (file.kind === "npy") return arrays.get("");
    const fits = (name: string): boolean => usual[role].test(lastPart(name));
    const found = best(file, role, [...arrays.keys()].filter(fits));
    if (!found) notSkipped(file, role, fits);
    return found;
  }
  // The bias stands beside the array that was found, whatever part of its name was stated.
  const { name: weight, index } =
    keys.weight === undefined ? { name: headName(file), index: null } : stated(file, "weight", keys.weight);
  if (weight === undefined) notSkipped(file, "weight", isHeadName);
  if (role === "weight") return weight === undefined ? undefined : arrays.get(weight);
  if (weight === undefined) return undefined;
  if (file.head?.weight === weight && file.head.bias !== undefined && !index) return arrays.get(file.head.bias);
  // Beside one of stacked heads stands one of stacked biases.
  const beside = (name: string): StoredArray | undefined => {
    const array = arrays.get(name);
    return array && index ? biasPart(array, arrays.get(weight) as StoredArray, index) : array;
  };
  const fits = (name: string): boolean => sizesOf(arrays.get(weight)).includes(sizesOf(beside(name)).reduce((x, y) => x * y, 1));
  const { turned, plain } = biasNames(weight);
  const bias = [...turned, ...plain.filter(fits)].find((name) => name !== weight && beside(name) !== undefined);
  return bias === undefined ? undefined : beside(bias);
}

/** The bias of one of stacked heads, by the same indices on the axes that the stacks share; undefined where they share none. */
function biasPart(bias: StoredArray, weight: StoredArray, index: Indexed["index"]): StoredArray | undefined {
  const common = index.slice(0, bias.shape.length - 1);
  return common.length > 0 && common.every((_, axis) => bias.shape[axis] === weight.shape[axis])
    ? partOf(bias, common)
    : undefined;
}

/** The array that a stated name means, or its part. */
function statedArray(file: ArrayFile, role: Role, key: string): StoredArray | undefined {
  const { name, index } = stated(file, role, key);
  const array = file.arrays.get(name);
  return array && index ? partOf(array, index) : array;
}

/** What the bias beside a weight is called: `fc.bias` for fc.weight, `head_b` for head_w, `b2` for W2; else `bias` or `b` in the same place. */
function biasNames(stored: string): { turned: string[]; plain: string[] } {
  const weight = nameInNetwork(stored);
  const at = Math.max(weight.lastIndexOf("."), weight.lastIndexOf("/")) + 1;
  // Keras's names of variables end in :0.
  const end = /:0$/.exec(weight)?.[0] ?? "";
  const [place, last] = [weight.slice(0, at), weight.slice(at, weight.length - end.length)];
  if (/vars[./]0$/.test(weight)) return { turned: [`${place}1`], plain: [] };
  const turned: string[] = [];
  const word = /^(.*?)(weights?|kernel|w)(\d*)$/i.exec(last);
  if (word && (word[2].length > 1 || word[1] === "" || /[_-]$/.test(word[1]))) {
    const [, before, found, after] = word;
    const upper = found[0] !== found[0].toLowerCase();
    const words = found.length === 1 ? ["b", "bias"] : /s$/i.test(found) ? ["biases", "bias"] : ["bias"];
    for (const name of words)
      turned.push(`${before}${name}${after}`, `${before}${upper ? name[0].toUpperCase() + name.slice(1) : name}${after}`);
  }
  const placed = (names: readonly string[]): string[] => names.map((name) => place + name + end);
  return { turned: placed(turned), plain: placed(usualNames.bias.split("|")) };
}

const sizesOf = (array: StoredArray | undefined): readonly number[] => array?.shape ?? [0];

const endsWith = (name: string, key: string): boolean => name.endsWith(`.${key}`) || name.endsWith(`/${key}`);

/** The array that a stated name means, and the index behind it. Its end will do where only one array has it: fc.weight for state_dict.fc.weight. */
function stated(from: ArrayFile, role: Role, key: string): { name: string; index: Indexed["index"] | null } {
  if (from.arrays.has(key)) return { name: key, index: null };
  const indexed = indexIn(key);
  return { name: statedName(from, role, indexed?.name ?? key), index: indexed?.index ?? null };
}

function statedName(from: ArrayFile, role: Role, key: string): string {
  const { file, arrays } = from;
  if (arrays.has(key)) return key;
  const ends = [...arrays.keys()].filter((name) => endsWith(name, key));
  if (ends.length === 0) notSkipped(from, role, (name) => name === key || endsWith(name, key));
  if (ends.length !== 1) throw inputError(`${file}: ${role}`, `one of ${list(ends.length > 1 ? ends : [...arrays.keys()])}`, key);
  return ends[0];
}

/** Throws InputError where what is meant is in the file and could not be read. */
function notSkipped(file: ArrayFile, role: Role, meant: (name: string) => boolean): void {
  const found = [...file.skipped].find(([name]) => meant(name));
  if (found) throw inputError(`${file.file}: ${role}`, "an array of numbers that are read", found.join(": "));
}

const likely: Record<Role, { names: string; fits(array: StoredArray, d: number | undefined): boolean }> = {
  features: { names: "features", fits: ({ shape }) => shape.length >= 2 },
  hidden: { names: "hidden", fits: ({ shape }) => shape.length >= 2 },
  labels: { names: "labels", fits: ({ shape }) => shape.length === 1 || (shape.length === 2 && shape[1] === 1) },
  weight: {
    names: "a head's weight (fc.weight, classifier.weight, ...)",
    fits: ({ shape }, d) => (d === undefined ? matrixShape(shape) !== null : fitsHead(shape, d)),
  },
  bias: { names: "bias", fits: ({ shape }) => shape.length === 1 },
};

/**
 * The one array of a file that has only one, whatever its name. Throws InputError where there are more: it names the role, and the arrays
 * that fit it by their shape (`d`: columns of the features, for the weight).
 */
export function onlyArray(file: ArrayFile, role: Role, d?: number): StoredArray {
  const all = wholeArrays(file);
  if (all.length === 1) return all[0][1];
  const { names } = likely[role];
  const candidates = fittingArrays(file, role, d).map(([name, { shape }]) => `${name} ${shape.join(" x ")}`);
  const by = role === "weight" && d !== undefined ? ` with ${d} columns` : "";
  const hint = candidates.length === 0 ? `no array fits by its shape${by}` : `by shape${by}: ${list(candidates)}`;
  throw inputError(
    `${file.file}: ${role}`,
    `an array named like ${names}, or --keys ${role}=NAME (${hint})`,
    list(all.map(([name]) => name)) || "no arrays",
  );
}

/** The arrays of a file; those that are parts of another one only where there is nothing else. */
export function wholeArrays(file: ArrayFile): [string, StoredArray][] {
  const all = [...file.arrays];
  const whole = all.filter(([, { aside }]) => !aside);
  return whole.length > 0 ? whole : all;
}

/** The arrays of a file that fit a role by their shape (`d`: columns of the features, for the weight); for the weight the likeliest first. */
export function fittingArrays(file: ArrayFile, role: Role, d?: number): [string, StoredArray][] {
  const fitting = wholeArrays(file).filter(([, array]) => likely[role].fits(array, d));
  return role === "weight" ? likeliestFirst(fitting) : fitting;
}

/** Whether a head's word is in the end of an array's name. */
const soundsLikeHead = (name: string): boolean =>
  /head|classif|score|logits?|out(put)?s?[._0-9]|fc\d*\.|linear|pred/i.test(name.split(".").slice(-2).join("."));

/** Whether an array's name is one of a row a word or a place, which has a head's shape where words are the classes. @internal */
export const isEmbeddingName = (name: string): boolean => /embed|position|tokens?\./i.test(name);

/** Which of the arrays are a head's: those with a head's word in their names, then the last of the file, then embeddings. */
function likeliestFirst(fitting: readonly [string, StoredArray][]): [string, StoredArray][] {
  const rank = (name: string): number => (isEmbeddingName(name) ? 2 : soundsLikeHead(name) ? 0 : 1);
  return [...fitting].reverse().sort(([a], [b]) => rank(a) - rank(b));
}

function headName(file: ArrayFile): string | undefined {
  if (file.outputs)
    throw inputError(`${file.file}: weight`, "--keys weight=NAME to choose one of the model's outputs", list(file.outputs));
  if (file.head && file.arrays.has(file.head.weight)) return file.head.weight;
  const names = [...file.arrays].filter(([, { shape }]) => matrixShape(shape) !== null).map(([name]) => name);
  const matrices = headNames(names);
  const found = matrices.length > 0 ? matrices : headNames(oneLogits(file));
  return found.length === 0 ? undefined : nameOf(file, "weight", found);
}

/** Lists of numbers with one number as their bias: a head of one logit without its axis of rows. */
function oneLogits({ arrays }: ArrayFile): string[] {
  const isOne = (name: string): boolean => arrays.get(name)?.shape.every((n) => n === 1) ?? false;
  return [...arrays].flatMap(([name, { shape }]) => (shape.length === 1 && biasNames(name).turned.some(isOne) ? [name] : []));
}

function best(file: ArrayFile, role: Role, names: string[]): StoredArray | undefined {
  return names.length === 0 ? undefined : file.arrays.get(nameOf(file, role, names));
}

/** A copy of a network whose weights are averaged over training, beside the network itself. */
const averaged = /(^|[._])(ema|swa|averaged?|shadow)([._]|$)/i;

/** The least deep of several (`fc.weight` before `layer1.0.fc.weight`); features before x, labels before y. */
function nameOf(file: ArrayFile, role: Role, names: string[]): string {
  const rank = (name: string): number => {
    const parts = name.split(/[./]/);
    return parts.length * 2 + ((parts.at(-1) as string).length === 1 ? 1 : 0);
  };
  const least = minimum(names.map(rank));
  const first = names.filter((name) => rank(name) === least);
  const averages = first.filter((name) => averaged.test(name));
  const said = averages.length > 0 && averages.length < first.length ? ` (an average over training: ${list(averages)})` : "";
  if (first.length > 1) throw inputError(`${file.file}: ${role}`, `--keys ${role}=NAME to choose${said}`, list(first));
  return first[0];
}

function list(names: readonly string[]): string {
  return names.length > 8
    ? `${names.slice(0, 8).join(", ")}, ... (${names.length})`
    : names.map((n) => n || "(its one array)").join(", ");
}
