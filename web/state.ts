import { parseNumber } from "./parse-number.ts";
import { type Numbers, rules, words } from "./rules.ts";

/**
 * The state of the page is its address: everything a visitor can set stands behind the #, so that a link or a reload gives the same page. What has
 * its default value is left out.
 *
 *     #theory?kA=5&nA=500&lambdaZ=0.0027
 */
export const tabs = ["theory", "data", "train", "runs", "watch"] as const;
export type Tab = (typeof tabs)[number];

export interface State {
  tab: Tab;
  /** Two clusters: classes and samples of each class, regularization in the paper's convention. */
  kA: number;
  nA: number;
  kB: number;
  nB: number;
  lambdaZ: number;
  /** Infinity: no bias. */
  lambdaB: number;
  nonnegative: boolean;
  /** The loss, by its name. */
  loss: string;
  /** What holds the norms: penalties, or the bounds E_W and E_H of the Layer-Peeled Model. */
  model: string;
  EW: number;
  EH: number;
  /** Whether the lines of the proof are shown. */
  why: boolean;
  /** Your data: class counts as text, and what goes with them. */
  counts: string;
  /** How the training is regularized: weight decay, explicit penalties, bounds on norms, or not known yet. */
  training: string;
  /** Weight decay: the optimizer, and what the features come out of. */
  optimizer: string;
  ends: string;
  weightDecay: number;
  branches: number;
  /** Under weight decay, the head's bias: it decays too, it does not, or there is none. */
  decayedBias: string;
  /** Penalties by the lambda_Z that decides, or by lambda_W and lambda_H each. */
  dataPenalties: string;
  dataLambdaZ: number;
  dataLambdaW: number;
  dataLambdaH: number;
  dataLambdaB: number;
  dataNonnegative: boolean;
  dataLoss: string;
  convention: string;
  /** Bounds on the mean squared norms of head and class features (the Layer-Peeled Model). */
  boundW: number;
  boundH: number;
  margin: number;
  /** The axis of class ranks: linear, log, or auto: log for more than some classes. */
  rankScale: string;
  /** The remedy that is looked at; auto: the first that does something. */
  remedy: string;
  /** Training. */
  epochs: number;
  batch: number;
  seed: number;
  /** The network that is trained, by its name. */
  network: string;
  /** What regularizes it: the penalties of the theory, with weight decay of the hidden layers or without, or weight decay alone. */
  regularizer: string;
  /** That weight decay. */
  trainDecay: number;
  /** What computes: auto, wasm, webgpu; in the address only. */
  backend: string;
}

export const defaults: State = {
  tab: "theory",
  kA: 5,
  nA: 500,
  kB: 5,
  nB: 100,
  lambdaZ: 0.0027,
  lambdaB: 0.02,
  nonnegative: false,
  loss: "cross-entropy",
  model: "penalties",
  EW: 1,
  EH: 5,
  why: false,
  counts: "dataset:imagenet-lt",
  training: "decay",
  optimizer: "sgd",
  ends: "batch-norm-relu",
  weightDecay: 5e-4,
  branches: 1,
  decayedBias: "decays",
  dataPenalties: "product",
  dataLambdaZ: 0.0036,
  dataLambdaW: 0.036,
  dataLambdaH: 0.00036,
  dataLambdaB: 0.02,
  dataNonnegative: false,
  dataLoss: "cross-entropy",
  convention: "paper",
  boundW: 1,
  boundH: 1,
  margin: 1,
  rankScale: "auto",
  remedy: "auto",
  epochs: 50,
  batch: 64,
  seed: 0,
  network: "mlp",
  regularizer: "lambdas",
  trainDecay: 0.005,
  backend: "auto",
};

export function toHash(state: State): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(state)) {
    if (key === "tab" || (value === defaults[key as keyof State] && !(key === "training" && saysLambda(state)))) continue;
    const text = typeof value === "boolean" ? (value ? "1" : "0") : value === Number.POSITIVE_INFINITY ? "inf" : String(value);
    // Commas and signs of a count list stay readable in the address.
    parts.push(`${key}=${encodeURIComponent(text).replace(/%2C/g, ",").replace(/%3A/g, ":")}`);
  }
  return `#${state.tab}${parts.length > 0 ? `?${parts.join("&")}` : ""}`;
}

/** Beside lambdas the training is said, as without it they are those of an earlier version. */
const saysLambda = ({ dataLambdaZ }: State): boolean => dataLambdaZ !== defaults.dataLambdaZ;

/** What the address says, with defaults for the rest, and a message for each part that says nothing that can be used. */
export function fromHash(hash: string): { state: State; problems: string[] } {
  const [name, query = ""] = hash.replace(/^#/, "").split("?", 2);
  const problems: string[] = [];
  const state: Record<string, unknown> = { ...defaults };
  if ((tabs as readonly string[]).includes(name)) state.tab = name;
  else if (name !== "") problems.push(`address: expected one of ${tabs.join(", ")} behind the #, got ${JSON.stringify(name)}`);
  const given = new URLSearchParams(query);
  let lambdas = false;
  for (const [key, text] of given) {
    if (key === "tab" || !Object.hasOwn(defaults, key)) {
      problems.push(`address: there is no setting ${JSON.stringify(key)}`);
      continue;
    }
    const read = readValue(key as keyof State, text);
    if ("problem" in read) problems.push(`address: ${key}: ${read.problem}, got ${JSON.stringify(text)}`);
    else {
      state[key] = read.value;
      lambdas ||= key === "dataLambdaZ";
    }
  }
  // Earlier versions had no `training`: lambdas in the address were penalties, unless `ends` said that weight decay regularizes.
  if (lambdas && !given.has("training") && (given.get("ends") ?? "lambdas") === "lambdas") state.training = "penalties";
  return { state: state as unknown as State, problems };
}

/** A setting as the address says it; what its field would refuse is refused here too. */
function readValue(key: keyof State, text: string): { value: State[keyof State] } | { problem: string } {
  const standard = defaults[key];
  if (typeof standard === "boolean") return /^[01]$/.test(text) ? { value: text === "1" } : { problem: "expected 0 or 1" };
  if (typeof standard === "string") {
    const some = Object.hasOwn(words, key) ? words[key as keyof typeof words] : null;
    return some && !some.includes(text) ? { problem: `expected ${some.join(", ")}` } : { value: text };
  }
  const value = parseNumber(text);
  if (value === null) return { problem: "expected a number" };
  const why = rules[key as Numbers](value);
  return why === null ? { value } : { problem: why };
}
