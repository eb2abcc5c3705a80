import { inputError } from "../errors.ts";
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

/** `EW,EH`, where it was given. Throws InputError. */
export function readLayerPeeled(options: Values): NormBounds | undefined {
  const text = options.text("layer-peeled");
  if (text === undefined) return undefined;
  const parts = text.split(",");
  if (parts.length !== 2) throw inputError("--layer-peeled", "EW,EH, two positive numbers", text);
  const [EW, EH] = parts.map((part, i) => parseNumber(`--layer-peeled: ${i === 0 ? "EW" : "EH"}`, part, false));
  return { EW, EH };
}
