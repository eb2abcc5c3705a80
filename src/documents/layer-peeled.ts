import { InputError, inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";
import {
  type LayerPeeledProblem,
  layerPeeledProblem,
  type NormBounds,
  type ProblemInput,
  problemKeys,
} from "../problem/index.ts";
import { classesOfInput } from "./classes.ts";
import { numberOf, type ProblemSettings } from "./settings.ts";

/** Settings of `predict` that say how another question is answered. */
type Other = "targets" | "dimension" | "starts" | "batchSize";

/** What may stand beside the bounds as far as they can tell: settings by name, of which most mean nothing there. */
type Beside = ProblemSettings & { layerPeeled?: NormBounds } & Partial<Record<Other, unknown>>;

/** Settings of a problem that have a place beside the bounds, or a value that says what holds there anyway; every other one is refused. */
const allowed: Partial<Record<keyof ProblemInput, (value: unknown) => boolean>> = {
  counts: () => true,
  lambdaB: (value) => numberOf(value as number) === Number.POSITIVE_INFINITY,
  loss: (value) => value === "cross-entropy",
  nonnegative: (value) => !value,
  weights: (value) => value === null,
  offsets: (value) => value === null,
  factors: (value) => value === null,
};

const plainLoss = "whose loss is plain cross-entropy";
const alone = "which is solved by itself and proved";
/** Why, where it is not that a penalty has no place. */
const reasons: Partial<Record<keyof ProblemInput | Other, string>> = {
  lambdaB: "which has no bias (inf)",
  nonnegative: "whose features have any sign",
  ...{ loss: plainLoss, weights: plainLoss, offsets: plainLoss, factors: plainLoss, smoothing: plainLoss, targets: plainLoss },
  ...{ dimension: alone, starts: alone, batchSize: alone },
};
const penalized = "whose norms are bounded and not penalized";
const others: readonly Other[] = ["targets", "dimension", "starts", "batchSize"];

/** The problem of the Layer-Peeled Model (theory, section 10) and the names of its classes; refuses what the model has no place for. Throws InputError. */
export function layerPeeledOf(given: Beside): { problem: LayerPeeledProblem; names: string[] | null } {
  for (const name of [...(Object.keys(problemKeys) as (keyof ProblemInput)[]), ...others]) {
    const value: unknown = given[name];
    if (value !== undefined && !(name in allowed && allowed[name as keyof ProblemInput]?.(value)))
      throw inputError(name, `nothing with layerPeeled, ${reasons[name] ?? penalized}`, value);
  }
  const bounds = given.layerPeeled as NormBounds;
  checkKeys(bounds, { EW: true, EH: true }, "layerPeeled");
  for (const name of ["EW", "EH"] as const)
    if (bounds[name] === undefined) throw new InputError(`layerPeeled: expected EW and EH, got no ${name}`);
  const { counts, names } = classesOfInput(given);
  return { problem: layerPeeledProblem({ counts, EW: bounds.EW, EH: bounds.EH }), names };
}
