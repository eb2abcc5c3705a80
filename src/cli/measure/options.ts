import { type ComparisonInput, comparisonOf } from "../../documents/index.ts";
import { InputError, inputError } from "../../errors.ts";
import { arrayEndings } from "../../features/index.ts";
import { type Places, parseKeys } from "../../inputs/index.ts";
import { type LossName, lossNames } from "../../loss/index.ts";
import type { MeasureOptions, PeeledOptions } from "../../measure/index.ts";
import type { Convention } from "../../problem/index.ts";
import type { Option, Values } from "../command.ts";
import {
  asOptions,
  lossOption,
  readConvention,
  readWeightDecay,
  regularizationOptions,
  weightDecayOptions,
} from "../problem-options.ts";

/** Options that say where the numbers are. */
export const placeOptions: Record<string, Option> = {
  features: {
    type: "string",
    multiple: true,
    value: "FILE",
    help: `N x d features, ${arrayEndings} (.gz and .zst too); may hold labels and head too; several files or a folder make a table`,
  },
  labels: {
    type: "string",
    value: "FILE|DIR",
    readsBelow: true,
    help: "class of every sample: array file, text (`3`, a table with a column `label`, `path 3`, `class/image.png`), or a folder of class folders",
  },
  "ignore-label": {
    type: "string",
    value: "L",
    help: "samples with this label belong to no class and are left out (255, -100, void)",
  },
  "head-weight": {
    type: "string",
    value: "FILE",
    help: "K x d weights of the last layer, 1 x d for one logit of two classes (or a checkpoint that holds them)",
  },
  "head-bias": { type: "string", value: "FILE", help: "its K biases (default: beside the weight, else 0)" },
  head: {
    type: "string",
    value: "linear|cosine|none",
    help: "cosine: a normalized head (LDAM's NormedLinear, CosFace); features and rows are measured at length 1. none: no head is looked for",
  },
  ood: {
    type: "string",
    value: "FILE",
    help: "features of samples from elsewhere (out of distribution), rows of d numbers: gives nc5",
  },
  scale: { type: "string", value: "S", help: "with --head cosine: what the loss multiplies the cosines by (default 1)" },
  keys: {
    type: "string",
    value: "ROLE=NAME,...",
    help: "names of arrays in the files: features=..,hidden=..,labels=..,weight=..,bias=..; with an index for a part: weight=heads[0], labels=y[:,2]; of a table's columns f0, f1, ...: features=f",
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
  if (head !== "linear" && head !== "cosine" && head !== "none") throw inputError("--head", "linear, cosine or none", head);
  const scale = options.number("scale");
  if (scale !== undefined && head !== "cosine") throw inputError("--scale", "--head cosine beside it", `--head ${head}`);
  if (scale !== undefined && !(scale > 0)) throw inputError("--scale", "a positive number", scale);
  for (const name of ["head-weight", "head-bias"])
    if (head === "none" && options.text(name) !== undefined)
      throw inputError(`--${name}`, "nothing beside --head none", options.text(name));
  return {
    headless: head === "none",
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

/** What to compare with. Throws InputError naming the option. */
export function readMeasureOptions(options: Values): MeasureOptions {
  const given: ComparisonInput = {
    lambdaZ: options.number("lambda-z"),
    lambdaW: options.number("lambda-w"),
    lambdaH: options.number("lambda-h"),
    lambdaB: options.number("lambda-b", true),
    convention: options.text("convention") as Convention | undefined,
    ...readWeightDecay(options),
    nonnegative: options.flag("nonnegative"),
    loss: options.text("loss") as LossName | undefined,
    compareEffective: options.flag("compare-effective"),
  };
  return asOptions(() => comparisonOf(given, options.text("hidden") !== undefined));
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
