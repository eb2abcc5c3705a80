import { InputError, inputError } from "../errors.ts";
import type { NormBounds } from "../problem/index.ts";
import { type Option, parseNumber, type Values } from "./command.ts";

/** The bounds of the Layer-Peeled Model, in `nclab predict` and `nclab thresholds`. */
export const layerPeeledOption: Record<string, Option> = {
  "layer-peeled": {
    type: "string",
    value: "EW,EH",
    help: "the Layer-Peeled Model instead of lambdas: norms of head and features bounded, mean |w_k|^2 <= EW, mean over classes of mean |h|^2 <= EH; no bias",
  },
};

const penalties = [
  "lambda-z",
  "lambda-w",
  "lambda-h",
  "convention",
  "weight-decay",
  "ends",
  "branches",
  "norm-weight-decay",
  "bias-weight-decay",
  "optimizer",
];
const remedies = ["weights", "offsets", "factors", "smoothing", "targets"];
const others = ["dimension", "starts", "batch", "batch-size"];

/** `EW,EH`, where it was given; refuses what the model has no place for. Throws InputError. */
export function readLayerPeeled(options: Values): NormBounds | undefined {
  const text = options.text("layer-peeled");
  if (text === undefined) return undefined;
  const refuse = (name: string, why: string, value: unknown = options.text(name)): never => {
    throw inputError(`--${name}`, `nothing with --layer-peeled, ${why}`, value);
  };
  for (const name of penalties) if (options.text(name) !== undefined) refuse(name, "whose norms are bounded and not penalized");
  const bias = options.number("lambda-b", true);
  if (bias !== undefined && bias !== Number.POSITIVE_INFINITY) refuse("lambda-b", "which has no bias (inf)", bias);
  for (const name of remedies) if (options.text(name) !== undefined) refuse(name, "whose loss is plain cross-entropy");
  const loss = options.text("loss");
  if (loss !== undefined && loss !== "cross-entropy") refuse("loss", "whose loss is plain cross-entropy");
  if (options.flag("nonnegative")) refuse("nonnegative", "whose features have any sign", true);
  for (const name of others) if (options.text(name) !== undefined) refuse(name, "which is solved by itself and proved");
  const parts = text.split(",");
  if (parts.length !== 2) throw inputError("--layer-peeled", "EW,EH, two positive numbers", text);
  const [EW, EH] = parts.map((part, i) => parseNumber(`--layer-peeled: ${i === 0 ? "EW" : "EH"}`, part, false));
  return { EW, EH };
}

/** Errors about the bounds name the option. */
export function asLayerPeeled<T>(build: () => T): T {
  try {
    return build();
  } catch (error) {
    throw error instanceof InputError ? new InputError(error.message.replace(/^layerPeeled(?=:)/, "--layer-peeled")) : error;
  }
}
