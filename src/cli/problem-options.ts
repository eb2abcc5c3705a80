import { existsSync } from "node:fs";
import { optionalLambda, type ProblemSettings, predictKeys, problemInputOf } from "../documents/index.ts";
import { InputError, inputError } from "../errors.ts";
import { decodeText } from "../features/index.ts";
import { readRegular } from "../files/index.ts";
import { type LossName, lossNames } from "../loss/index.ts";
import { format } from "../number-text.ts";
import {
  type Convention,
  type CountTable,
  conventionNamed,
  conventions,
  type FeatureEnding,
  featureEndings,
  layerNormEnding,
  missingNumbers,
  type Problem,
  parseCountTable,
  parseLongTail,
  problem,
  sampleCount,
  saysCounts,
  type WeightDecayInput,
} from "../problem/index.ts";
import { criticalProduct } from "../words/index.ts";
import { type Option, parseNumber, type Values } from "./command.ts";
import { countLabels } from "./labels.ts";

/** The options by which every command says its classes, its regularization and its remedies (the contract's "Everywhere"). */
export const classOptions: Record<string, Option> = {
  counts: {
    type: "string",
    value: "5x500,5x100|FILE|dataset:NAME",
    help: "samples of each class: a list, a file (JSON; lines `count` or `name,count`; pandas' value_counts()), or a public data set: dataset:imagenet-lt, places-lt, lvis-v1, cifar10-lt:F, cifar100-lt:F (imbalance factor 0.01 or 100)",
  },
  labels: {
    type: "string",
    value: "FILE|DIR",
    readsBelow: true,
    help: "count the labels of a file (arrays or text, as measure --labels), or the files in a folder of class folders",
  },
  "ignore-label": {
    type: "string",
    value: "L",
    help: "with --labels: samples with this label belong to no class (255, -100, void)",
  },
  "long-tail": { type: "string", value: "exp:K:nmax:factor", help: "a long tail (or step:K:nmax:factor)" },
};

export const regularizationOptions: Record<string, Option> = {
  "lambda-z": { type: "string", value: "X", help: "lambda_Z = sqrt(lambda_W lambda_H)" },
  "lambda-w": { type: "string", value: "X", help: "lambda_W, with --lambda-h" },
  "lambda-h": { type: "string", value: "X", help: "lambda_H, with --lambda-w" },
  "lambda-b": { type: "string", value: "X|inf", help: "lambda_b (default inf: no bias; 0: a bias without penalty)" },
  convention: {
    type: "string",
    value: conventions.join("|"),
    help: "how the lambdas are meant (default paper: 1/2 on each, features summed)",
  },
};

/** Weight decay alone, instead of lambdas (theory, section 9). */
export const weightDecayOptions: Record<string, Option> = {
  "weight-decay": { type: "string", value: "X", help: "weight decay (L2, SGD) instead of lambdas, with --ends" },
  ends: {
    type: "string",
    value: [...featureEndings, layerNormEnding].join("|"),
    help: "what the features come out of; batch-norm-relu: a ReLU after it, nonnegative features; layer-norm: predict (with --width) and train alone",
  },
  width: {
    type: "string",
    value: "d",
    help: "with --ends layer-norm: channels that the layer normalization before the head normalizes (a picture has its usual width then)",
  },
  branches: {
    type: "string",
    value: "J",
    help: "with --ends: aligned branches that add up to the features (default 1; at most those of a ResNet's last stage: 3 in ResNet18, 4 in ResNet34 to 152)",
  },
  "norm-weight-decay": {
    type: "string",
    value: "Y",
    help: "with --ends: decay of scale and shift of the last normalization (default X)",
  },
  "bias-weight-decay": {
    type: "string",
    value: "B|inf",
    help: "with --ends: decay of the head's bias (default X; 0: none; inf: a head without bias)",
  },
  optimizer: { type: "string", value: "sgd", help: "with --ends: whose decay it is; others (adamw) are refused with the reason" },
};

/** The weight decay that the options say, if they do. `ofNetwork`: a network that is named has channels, whether its ending is said or not. */
export function readWeightDecay(options: Values, ofNetwork: boolean = false): WeightDecayInput & { optimizer?: string } {
  const ends = options.text("ends");
  // Beside a picture, and where nothing has channels to count, it is the picture's width.
  const ofPicture = ends !== layerNormEnding && options.text("plot") !== undefined;
  if (ends === undefined && !ofPicture && !ofNetwork && options.text("width") !== undefined)
    throw inputError("--width", "--ends layer-norm (channels) or a picture (centimetres) beside it", options.text("width"));
  return {
    weightDecay: options.number("weight-decay"),
    ends: ends as FeatureEnding | undefined,
    branches: options.number("branches"),
    width: ofPicture ? undefined : options.number("width"),
    normWeightDecay: options.number("norm-weight-decay"),
    biasWeightDecay: options.number("bias-weight-decay", true),
    optimizer: options.text("optimizer"),
  };
}

/** Images a step: what the fluctuation of batch statistics leaves open. */
export const batchSizeOption: Option = {
  type: "string",
  value: "B",
  help: "with --ends: images a step; says what the fluctuation of batch statistics leaves open",
};

export const remedyOptions: Record<string, Option> = {
  weights: { type: "string", value: "5x1,5x2", help: "loss weight of each class" },
  offsets: { type: "string", value: "LIST", help: "additive logit offset of each class (logit adjustment)" },
  factors: { type: "string", value: "LIST", help: "multiplicative logit factor of each class (VS loss)" },
  smoothing: { type: "string", value: "EPS", help: "label smoothing, in [0, 1)" },
  nonnegative: { type: "boolean", help: "features are nonnegative (they end in a ReLU)" },
};

export const lossOption: Option = {
  type: "string",
  value: lossNames.join("|"),
  help: `what is minimized (default ${lossNames[0]})`,
};

/** Classes from whichever of --counts, --labels, --long-tail was given; exactly one must be. */
export async function readClasses(options: Values): Promise<CountTable> {
  const given = (["counts", "labels", "long-tail"] as const).filter((name) => options.text(name) !== undefined);
  if (given.length !== 1)
    throw new InputError(
      `classes: expected exactly one of --counts, --labels, --long-tail, got ${given.length === 0 ? "none" : given.map((g) => `--${g}`).join(" and ")}`,
    );
  const text = options.text(given[0]) as string;
  const ignore = options.text("ignore-label");
  if (ignore !== undefined && given[0] !== "labels") throw inputError("--ignore-label", "--labels beside it", `--${given[0]}`);
  if (given[0] === "long-tail") return { counts: parseLongTail(text), names: null };
  if (given[0] === "labels") return countLabels(text, {}, { ignore });
  const what = saysCounts(text) && !existsSync(text) ? "--counts" : `--counts ${text}`;
  const table = parseCountTable(what === "--counts" ? text : readText("--counts", text), what);
  const note = missingNumbers(table.names);
  if (note !== null) console.error(`${what}: ${note}`);
  return table;
}

/** Counts alone: what commands need that show no classes. */
export async function readCounts(options: Values): Promise<number[]> {
  return (await readClasses(options)).counts;
}

export const readConvention = (options: Values): Convention => conventionNamed(options.text("convention"), "--convention");

/** What the options say of a problem, as a plain object, not yet checked. */
export async function readSettings(options: Values): Promise<ProblemSettings> {
  const { counts, names } = await readClasses(options);
  return { counts, classNames: names, ...readRegularization(options), ...readRemedies(options) };
}

function readRegularization(options: Values): Partial<ProblemSettings> {
  return {
    lambdaZ: options.number("lambda-z"),
    lambdaW: options.number("lambda-w"),
    lambdaH: options.number("lambda-h"),
    lambdaB: options.number("lambda-b", true),
    // Said only where it was: a weight decay takes none beside it.
    convention: options.text("convention") === undefined ? undefined : readConvention(options),
    ...readWeightDecay(options),
  };
}

function readRemedies(options: Values): Partial<ProblemSettings> {
  const list = (name: string): number[] | undefined => {
    const text = options.text(name);
    return text === undefined ? undefined : parseNumbers(text, `--${name}`);
  };
  return {
    nonnegative: options.flag("nonnegative"),
    weights: list("weights"),
    offsets: list("offsets"),
    factors: list("factors"),
    smoothing: options.number("smoothing"),
    loss: options.text("loss") as LossName | undefined,
  };
}

/** The whole problem; throws InputError naming the option. */
export async function readProblem(options: Values): Promise<Problem> {
  const settings = await readSettings(options);
  return asOptions(() => problem(problemInputOf(settings).input));
}

/** The problem with or without a lambda_Z, as `optionalLambda` reads it. */
export async function readOptionalLambda(options: Values): Promise<ReturnType<typeof optionalLambda>> {
  const settings = await readSettings(options);
  return asOptions(() => optionalLambda(settings));
}

/** Errors about a key name the option that it came from. `bias`: the option that says lambda_b. */
export function asOptions<T>(build: () => T, bias = "--lambda-b"): T {
  try {
    return build();
  } catch (error) {
    throw withOptions(error, bias);
  }
}

/** Keys that no word of prose looks like, wherever they stand in a message. */
const unmistakable = new RegExp(
  `\\b(${[...Object.keys(predictKeys), "nB", "compareEffective"].filter((key) => /[A-Z]/.test(key) && key !== "classNames").join("|")})\\b`,
  "g",
);
/** Keys that are words too, where a message begins with one: what it is about. */
const subjects =
  /^(convention|ends|branches|width|starts|nonnegative|weights|offsets|factors|smoothing|optimizer|loss|dimension|targets|tolerance|margin|change|imbalance|font|trace)(?=[:[])/;

/** The option of a key: `weight-decay` of `weightDecay`. */
export const optionOf = (key: string): string => key.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);

/** An error that names options where it named keys; any other as it is. */
export function withOptions(error: unknown, bias = "--lambda-b"): unknown {
  if (!(error instanceof InputError)) return error;
  const option = (key: string): string => (key === "lambdaB" ? bias : `--${optionOf(key)}`);
  const message = error.message.replace(unmistakable, option).replace(subjects, option);
  return new InputError(
    message.replace(/ beside (targets|dimension)\b/, " beside --$1").replace(/ ends: (?=layer-norm)/, " --ends "),
  );
}

/** `1,2,3` or `5x1,5x2.5`. */
export function parseNumbers(text: string, what: string): number[] {
  return text.split(",").flatMap((part, i) => {
    const match = /^\s*(?:(\d+)\s*[x×])?(.+)$/.exec(part);
    if (!match) throw inputError(`${what}[${i}]`, "a number, or repetitions such as 5x2", part);
    const value = parseNumber(`${what}[${i}]`, match[2], false);
    const repeat = match[1] === undefined ? 1 : Number(match[1]);
    if (repeat > 1_000_000) throw inputError(`${what}[${i}]`, "at most 1000000 repetitions", repeat);
    return new Array<number>(repeat).fill(value);
  });
}

/** The text of a file named by an option; a file that cannot be read is bad input. */
export function readText(what: string, file: string): string {
  return decodeText(readRegular(file, `${what} ${file}`), `${what} ${file}`);
}

/** The loss, where it is not the usual one, as headers say it. */
export const lossWords = (loss: LossName): string => (loss === lossNames[0] ? "" : `, loss ${loss}`);

/** What the critical count means; nothing where it decides nothing. */
export function criticalLine(criticalCount: number, problem: Parameters<typeof criticalProduct>[0]): string[] {
  const product = criticalProduct(problem);
  if (product === null) return [];
  return [`critical count ${product.text} = ${sampleCount(criticalCount)}: classes of equal count at or below it merge`];
}

/**
 * Loss weights whose mean over the samples is not 1: PyTorch's mean reduction divides by that mean, the model's loss does not. Said on stderr, as the answer is to what was given.
 */
export function noteWeights({ counts, N, weights, loss }: Problem): void {
  if (weights === null || loss !== "cross-entropy") return;
  const mean = counts.reduce((sum, n, k) => sum + n * weights[k], 0) / N;
  if (Math.abs(mean - 1) <= 1e-3) return;
  const shown = weights.slice(0, 3).map((w) => format(w / mean, 4));
  console.error(
    `--weights average ${format(mean, 4)} over the samples, and the loss is meant as the sum over samples divided by their number. If they are what CrossEntropyLoss(weight=...) gets, PyTorch divides by that average: give each of them over ${format(mean, 6)} (${shown.join(", ")}${weights.length > 3 ? ", ..." : ""})`,
  );
}

/** The lambdas that were used, as every command prints them. */
export function describeRegularization(
  p: Pick<Problem, "weightDecay" | "ends" | "branches" | "lambdaZ" | "lambdaW" | "lambdaH" | "lambdaB">,
): string {
  const { weightDecay, ends, branches } = p;
  const origin =
    weightDecay === null
      ? ""
      : `weight decay ${format(weightDecay, 6)}, features out of ${ends}${branches === 1 ? "" : `, ${format(branches as number, 6)} branches${(branches as number) > 4 ? " (more than the last stage of a ResNet18 to 152 has: 3 or 4)" : ""}`}: it came to\n`;
  return `${origin}lambda_Z ${format(p.lambdaZ, 6)}  (lambda_W ${format(p.lambdaW, 6)}, lambda_H ${format(p.lambdaH, 6)}), lambda_b ${format(p.lambdaB, 6)}, paper's convention`;
}
