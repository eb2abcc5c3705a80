import { InputError, inputError } from "../../errors.ts";
import { type LossName, lossNames } from "../../loss/index.ts";
import type { MeasureOptions, PeeledOptions } from "../../measure/index.ts";
import { problem, type RegularizationInput, saysWeightDecay } from "../../problem/index.ts";
import type { Option, Values } from "../command.ts";
import {
  asOptions,
  lossOption,
  readConvention,
  readWeightDecay,
  regularizationOptions,
  weightDecayOptions,
} from "../problem-options.ts";
import { type Places, parseKeys } from "./input.ts";

/** Options that say where the numbers are. */
export const placeOptions: Record<string, Option> = {
  features: {
    type: "string",
    multiple: true,
    value: "FILE",
    help: "N x d features, .npy, .npz, .safetensors or .pt; may hold labels and head too; several files or a folder make a table",
  },
  labels: {
    type: "string",
    value: "FILE|DIR",
    help: "class of every sample: array file, text (`3`, a table with a column `label`, `path 3`, `class/image.png`), or a folder of class folders",
  },
  "ignore-label": {
    type: "string",
    value: "L",
    help: "samples with this label belong to no class and are left out (255, -100, void)",
  },
  "head-weight": { type: "string", value: "FILE", help: "K x d weights of the last layer (or a checkpoint that holds them)" },
  "head-bias": { type: "string", value: "FILE", help: "its K biases (default: beside the weight, else 0)" },
  head: {
    type: "string",
    value: "linear|cosine",
    help: "cosine: a normalized head (LDAM's NormedLinear, CosFace); features and rows are measured at length 1",
  },
  scale: { type: "string", value: "S", help: "with --head cosine: what the loss multiplies the cosines by (default 1)" },
  keys: {
    type: "string",
    value: "ROLE=NAME,...",
    help: "names of arrays in the files: features=..,hidden=..,labels=..,weight=..,bias=..",
  },
};

/** Options of the problem of the last two layers, for features that come out of a dense layer without normalization. */
export const hiddenOptions: Record<string, Option> = {
  hidden: {
    type: "string",
    value: "FILE",
    help: "what the feature layer takes, N x p, rows as in the features; with --weight-decay X: the problem of the last two layers (features of a dense layer without normalization), certified, beside the measured Z",
  },
  "hidden-means": {
    type: "boolean",
    help: "with --hidden: solve it for the class means only: less work, and a lower bound",
  },
  tolerance: { type: "string", value: "X", help: "with --hidden: relative gap asked for (default 1e-4)" },
};

/** Options that say what to compare with. */
export const compareOptions: Record<string, Option> = {
  ...weightDecayOptions,
  "weight-decay": {
    type: "string",
    value: "X",
    help: "weight decay of the head: gives the effective regularization; with --ends the comparison with what it leads to",
  },
  ...regularizationOptions,
  nonnegative: { type: "boolean", help: "compare with the prediction for nonnegative features (they end in a ReLU)" },
  loss: { ...lossOption, help: `what the network was trained with, for the comparison (default ${lossNames[0]})` },
  "compare-effective": { type: "boolean", help: "compare with the prediction at the effective lambdas (needs --weight-decay)" },
};

export function readPlaces(options: Values, features: string): Places {
  const head = options.text("head") ?? "linear";
  if (head !== "linear" && head !== "cosine") throw inputError("--head", "linear or cosine", head);
  const scale = options.number("scale");
  if (scale !== undefined && head !== "cosine") throw inputError("--scale", "--head cosine beside it", `--head ${head}`);
  if (scale !== undefined && !(scale > 0)) throw inputError("--scale", "a positive number", scale);
  return {
    cosine: head === "cosine" ? { scale } : undefined,
    features,
    hidden: options.text("hidden"),
    labels: options.text("labels"),
    weight: options.text("head-weight"),
    bias: options.text("head-bias"),
    keys: parseKeys(options.text("keys")),
    ignore: options.text("ignore-label"),
  };
}

export function readMeasureOptions(options: Values): MeasureOptions {
  const convention = readConvention(options);
  const loss = readLoss(options);
  const decay = options.number("weight-decay");
  if (decay !== undefined && !(decay > 0)) throw inputError("--weight-decay", "a positive number", decay);
  const stated: RegularizationInput = {
    lambdaZ: options.number("lambda-z"),
    lambdaW: options.number("lambda-w"),
    lambdaH: options.number("lambda-h"),
    lambdaB: options.number("lambda-b", true),
    convention,
  };
  const given = (["lambda-z", "lambda-w", "lambda-h"] as const).filter((name) => options.text(name) !== undefined);
  for (const name of given) {
    const value = options.number(name) as number;
    if (!(value > 0)) throw inputError(`--${name}`, "a positive number", value);
  }
  if (given.length > 0 && !["lambda-z", "lambda-w lambda-h"].includes(given.join(" ")))
    throw inputError(
      "regularization",
      "--lambda-z, or --lambda-w with --lambda-h",
      given.map((name) => `--${name}`).join(" and "),
    );
  if (options.text("lambda-b") !== undefined && !((stated.lambdaB as number) >= 0))
    throw inputError("--lambda-b", "a number of at least 0 (0: a bias without penalty), or inf", stated.lambdaB);
  const compareEffective = options.flag("compare-effective");
  const { weightDecay: _, ...said } = readWeightDecay(options);
  // Beside --hidden the bias's decay is that of the problem of the last two layers.
  const ending = options.text("hidden") === undefined ? said : { ...said, biasWeightDecay: undefined };
  if (saysWeightDecay(ending) || ending.optimizer !== undefined) return decayed(options, stated);
  if (compareEffective && decay === undefined)
    throw new InputError("--compare-effective: expected --weight-decay beside it, got none");
  if (compareEffective && given.length > 0)
    throw inputError(
      "--compare-effective",
      "either the effective lambdas or stated ones",
      given.map((name) => `--${name}`).join(" and "),
    );
  const alone = decay !== undefined && given.length === 0 && options.text("hidden") === undefined;
  return {
    // Without the factors 1/2 a stated lambda is twice as strong.
    weightDecay: decay === undefined ? undefined : decay * (convention === "no-half" ? 2 : 1),
    branches: alone ? {} : undefined,
    lambdas: given.length > 0 ? stated : undefined,
    lambdaB: compareEffective ? stated.lambdaB : undefined,
    compareEffective,
    nonnegative: options.flag("nonnegative"),
    loss,
  };
}

/** Checked before anything is read. */
function readLoss(options: Values): LossName | undefined {
  const text = options.text("loss");
  if (text === undefined) return undefined;
  if (!(lossNames as readonly string[]).includes(text)) throw inputError("--loss", lossNames.join(", "), text);
  if (text !== lossNames[0] && options.text("hidden") !== undefined)
    throw inputError("--loss", `${lossNames[0]} beside --hidden`, text);
  if (text !== lossNames[0] && options.flag("compare-effective"))
    throw inputError("--loss", `${lossNames[0]} beside --compare-effective`, text);
  return text as LossName;
}

/** --weight-decay with --ends: what the features come out of is known, so the decay alone says what to compare with (theory, section 9). */
function decayed(options: Values, lambdas: RegularizationInput): MeasureOptions {
  if (options.flag("compare-effective"))
    throw inputError("--compare-effective", "either the effective lambdas or --ends", "--ends");
  const convention = options.text("convention") === undefined ? undefined : readConvention(options);
  const stated: RegularizationInput = { ...readWeightDecay(options), convention };
  const nonnegative = options.flag("nonnegative");
  // Refused before anything is read; two classes stand in for those of the file.
  asOptions(() => problem({ ...lambdas, ...stated, nonnegative, counts: [1, 1] }));
  const { weightDecay, normWeightDecay = weightDecay } = stated;
  const normToHead = (normWeightDecay as number) / (weightDecay as number);
  const loss = readLoss(options);
  return { weightDecay, lambdas: stated, compareEffective: false, nonnegative, loss, branches: { normToHead } };
}

/** What --hidden asks for; undefined where it is not there. Throws InputError for what it needs and what does not go with it. */
export function readPeeledOptions(options: Values, { weightDecay }: MeasureOptions): PeeledOptions | undefined {
  const tolerance = options.number("tolerance");
  const meansOnly = options.flag("hidden-means");
  if (options.text("hidden") === undefined) {
    if (meansOnly || tolerance !== undefined)
      throw new InputError(`--${meansOnly ? "hidden-means" : "tolerance"}: expected --hidden FILE beside it, got none`);
    return undefined;
  }
  if (weightDecay === undefined)
    throw new InputError("--hidden: expected --weight-decay X beside it (the decay of head and feature layer), got none");
  for (const name of ["ends", "branches", "norm-weight-decay", "optimizer", "shard"])
    if (options.text(name) !== undefined)
      throw inputError(
        `--${name}`,
        "nothing beside --hidden, which is about a dense layer without normalization trained with SGD, on all samples",
        options.text(name),
      );
  if (options.text("head") === "cosine")
    throw inputError("--head", "linear beside --hidden (a normalized head is no product of two layers)", "cosine");
  if (options.flag("nonnegative"))
    throw inputError("--nonnegative", "nothing beside --hidden (the features of its problem may have any sign)", true);
  if (tolerance !== undefined && !(tolerance > 0)) throw inputError("--tolerance", "a positive number", tolerance);
  const half = readConvention(options) === "no-half" ? 2 : 1;
  const bias = options.number("bias-weight-decay", true);
  if (bias !== undefined && !(bias >= 0))
    throw inputError("--bias-weight-decay", "a number of at least 0, or inf for no bias", bias);
  return {
    weightDecay,
    meansOnly,
    ...(bias === undefined ? {} : { biasWeightDecay: bias * half }),
    ...(tolerance === undefined ? {} : { tolerance }),
  };
}
