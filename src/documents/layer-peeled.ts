import { InputError, inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";
import { type LayerPeeledProblem, layerPeeledProblem, type NormBounds } from "../problem/index.ts";
import { classesOfInput } from "./classes.ts";
import { numberOf, type ProblemSettings } from "./settings.ts";

/** What may stand beside the bounds as far as they can tell: settings by name, of which most mean nothing there. */
type Beside = ProblemSettings & { layerPeeled?: NormBounds } & Partial<
    Record<"targets" | "dimension" | "starts" | "batchSize", unknown>
  >;

const penalties = [
  "lambdaZ",
  "lambdaW",
  "lambdaH",
  "convention",
  "weightDecay",
  "ends",
  "branches",
  "width",
  "normWeightDecay",
  "biasWeightDecay",
  "optimizer",
] as const;
const remedies = ["weights", "offsets", "factors", "smoothing", "targets"] as const;
const others = ["dimension", "starts", "batchSize"] as const;

/** The problem of the Layer-Peeled Model (theory, section 10) and the names of its classes; refuses what the model has no place for. Throws InputError. */
export function layerPeeledOf(given: Beside): { problem: LayerPeeledProblem; names: string[] | null } {
  const refuse = (name: keyof Beside, why: string): never => {
    throw inputError(name, `nothing with layerPeeled, ${why}`, given[name]);
  };
  for (const name of penalties) if (given[name] !== undefined) refuse(name, "whose norms are bounded and not penalized");
  if (given.lambdaB !== undefined && numberOf(given.lambdaB) !== Number.POSITIVE_INFINITY)
    refuse("lambdaB", "which has no bias (inf)");
  for (const name of remedies)
    if (given[name] !== undefined && given[name] !== null) refuse(name, "whose loss is plain cross-entropy");
  if (given.loss !== undefined && given.loss !== "cross-entropy") refuse("loss", "whose loss is plain cross-entropy");
  if (given.nonnegative) refuse("nonnegative", "whose features have any sign");
  for (const name of others) if (given[name] !== undefined) refuse(name, "which is solved by itself and proved");
  const bounds = given.layerPeeled as NormBounds;
  checkKeys(bounds, { EW: true, EH: true }, "layerPeeled");
  for (const name of ["EW", "EH"] as const)
    if (bounds[name] === undefined) throw new InputError(`layerPeeled: expected EW and EH, got no ${name}`);
  const { counts, names } = classesOfInput(given);
  return { problem: layerPeeledProblem({ counts, EW: bounds.EW, EH: bounds.EH }), names };
}
