import { inputError } from "../errors.ts";
import type { ArrayFile } from "./array-file.ts";
import { fitsHead, matrixShape } from "./head-matrix.ts";
import type { StoredArray } from "./stored-array.ts";

/** Which array of a file is what: by the names that training code gives them, or as `keys` says. */
export type Role = "features" | "hidden" | "labels" | "weight" | "bias";
/** Which array of a file plays which role. */
export type Keys = Partial<Record<Role, string>>;

const usual: Record<"features" | "hidden" | "labels", RegExp> = {
  hidden: /^(hidden|phi|inputs?|activations?)$/i,
  features: /^(features?|feats?|embeddings?|penultimate|h|x)$/i,
  labels: /^(labels?|targets?|classes|y)$/i,
};

/** Whether an array's name is one that labels have. */
export function isLabelArray(name: string): boolean {
  return usual.labels.test(name.split(".").at(-1) as string);
}

/** The last linear layer, by the names of torchvision, timm, Hugging Face and flat files. */
const heads =
  /^(?:.*\.)?(fc|classifier|cls_classifier|distillation_classifier|head|lm_head|score|linear|output|last_linear)(?:\.(\d+|fc|out_proj|dense))?\.(weight|kernel)$/;
const flat = /^(w|weights?|head[-_.]?weights?|kernel)$/i;

/** The array for a role, or undefined; throws InputError where a stated key is not there or several arrays fit equally well. */
export function findArray(file: ArrayFile, role: Role, keys: Keys = {}): StoredArray | undefined {
  const { arrays } = file;
  const key = keys[role];
  if (key !== undefined) return arrays.get(stated(file, role, key));
  if (role === "features" || role === "hidden" || role === "labels") {
    if (file.kind === "npy") return arrays.get("");
    const fits = (name: string): boolean => usual[role].test(name.split(".").at(-1) as string);
    const found = best(file, role, [...arrays.keys()].filter(fits));
    if (!found) notSkipped(file, role, fits);
    return found;
  }
  // The bias stands beside the array that was found, whatever part of its name was stated.
  const weight = keys.weight === undefined ? headName(file) : stated(file, "weight", keys.weight);
  if (weight === undefined) notSkipped(file, "weight", (name) => flat.test(name) || heads.test(name));
  if (role === "weight") return weight === undefined ? undefined : arrays.get(weight);
  if (weight === undefined) return undefined;
  const fits = (name: string): boolean =>
    sizesOf(arrays.get(weight)).includes(sizesOf(arrays.get(name)).reduce((x, y) => x * y, 1));
  const { turned, plain } = biasNames(weight);
  const bias = [...turned, ...plain.filter(fits)].find((name) => name !== weight && arrays.has(name));
  return bias === undefined ? undefined : arrays.get(bias);
}

/** What the bias beside a weight is called: `fc.bias` for fc.weight, `head_b` for head_w, `b2` for W2; else `bias` or `b` in the same place. */
function biasNames(weight: string): { turned: string[]; plain: string[] } {
  const at = weight.lastIndexOf(".") + 1;
  const [place, last] = [weight.slice(0, at), weight.slice(at)];
  const turned: string[] = [];
  const word = /^(.*?)(weights?|kernel|w)(\d*)$/i.exec(last);
  if (word && (word[2].length > 1 || word[1] === "" || /[_-]$/.test(word[1]))) {
    const [, before, found, after] = word;
    const upper = found[0] !== found[0].toLowerCase();
    const words = found.length === 1 ? ["b", "bias"] : /s$/i.test(found) ? ["biases", "bias"] : ["bias"];
    for (const name of words)
      turned.push(`${before}${name}${after}`, `${before}${upper ? name[0].toUpperCase() + name.slice(1) : name}${after}`);
  }
  const placed = (names: readonly string[]): string[] => names.map((name) => place + name);
  return { turned: placed(turned), plain: placed(["bias", "b"]) };
}

const sizesOf = (array: StoredArray | undefined): readonly number[] => array?.shape ?? [0];

/** The array that a stated name means. Its end will do where only one array has it: fc.weight for state_dict.fc.weight. */
function stated(from: ArrayFile, role: Role, key: string): string {
  const { file, arrays } = from;
  if (arrays.has(key)) return key;
  const ends = [...arrays.keys()].filter((name) => name.endsWith(`.${key}`));
  if (ends.length === 0) notSkipped(from, role, (name) => name === key || name.endsWith(`.${key}`));
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
  const everything = [...file.arrays];
  const whole = everything.filter(([, { aside }]) => !aside);
  const all = whole.length > 0 ? whole : everything;
  if (all.length === 1) return all[0][1];
  const { names, fits } = likely[role];
  const fitting = all.filter(([, array]) => fits(array, d));
  const candidates = (role === "weight" ? likeliestFirst(fitting) : fitting).map(
    ([name, { shape }]) => `${name} ${shape.join(" x ")}`,
  );
  const by = role === "weight" && d !== undefined ? ` with ${d} columns` : "";
  const hint = candidates.length === 0 ? `no array fits by its shape${by}` : `by shape${by}: ${list(candidates)}`;
  throw inputError(
    `${file.file}: ${role}`,
    `an array named like ${names}, or --keys ${role}=NAME (${hint})`,
    list(all.map(([name]) => name)) || "no arrays",
  );
}

/** Which of the arrays are a head's: those with a head's word in their names, then the last of the file, then embeddings. */
function likeliestFirst(fitting: readonly [string, StoredArray][]): [string, StoredArray][] {
  const last = (name: string): string => name.split(".").slice(-2).join(".");
  const rank = (name: string): number =>
    /embed|position|tokens?\./i.test(name)
      ? 2
      : /head|classif|score|logits?|out(put)?s?[._0-9]|fc\d*\.|linear|pred/i.test(last(name))
        ? 0
        : 1;
  return [...fitting].reverse().sort(([a], [b]) => rank(a) - rank(b));
}

function headName(file: ArrayFile): string | undefined {
  const names = [...file.arrays].filter(([, { shape }]) => matrixShape(shape) !== null).map(([name]) => name);
  const plain = names.filter((name) => flat.test(name));
  if (plain.length > 0) return nameOf(file, "weight", plain);
  const matches = names.filter((name) => heads.test(name));
  // Hugging Face's heads of two layers: dense, then out_proj.
  const inner = (name: string): boolean =>
    /\.dense\.weight$/.test(name) && matches.includes(name.replace(/dense\.weight$/, "out_proj.weight"));
  // classifier.0, classifier.3, classifier.6: the last one is the head.
  const number = (name: string): number => Number(heads.exec(name)?.[2] ?? Number.POSITIVE_INFINITY) || 0;
  const stem = (name: string): string => name.replace(/\.\d+\.(weight|kernel)$/, "");
  const last = matches.filter(
    (name) => !inner(name) && !matches.some((other) => stem(other) === stem(name) && number(other) > number(name)),
  );
  return last.length === 0 ? undefined : nameOf(file, "weight", last);
}

function best(file: ArrayFile, role: Role, names: string[]): StoredArray | undefined {
  return names.length === 0 ? undefined : file.arrays.get(nameOf(file, role, names));
}

/** A copy of a network whose weights are averaged over training, beside the network itself. */
const averaged = /(^|[._])(ema|swa|averaged?|shadow)([._]|$)/i;

/** The least deep of several (`fc.weight` before `layer1.0.fc.weight`); features before x, labels before y. */
function nameOf(file: ArrayFile, role: Role, names: string[]): string {
  const rank = (name: string): number => name.split(".").length * 2 + ((name.split(".").at(-1) as string).length === 1 ? 1 : 0);
  const least = Math.min(...names.map(rank));
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
