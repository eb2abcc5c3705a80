import { inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";
import { type Matrix, matrix } from "../math/index.ts";
import { checkBatchSize } from "../prediction/index.ts";
import {
  endsInLayerNorm,
  type LayerNormProblem,
  type LayerPeeledProblem,
  layerNormProblem,
  type NormBounds,
  type Problem,
  problem,
  type TargetsProblem,
  targetsProblem,
} from "../problem/index.ts";
import { layerPeeledOf } from "./layer-peeled.ts";
import { checkTolerance, checkWhole, type ProblemSettings, problemInputOf, settingKeys } from "./settings.ts";

/** What `predict` of nclab takes: what `nclab predict` takes on the command line, by the same names. */
export interface PredictInput extends ProblemSettings {
  /** Relative duality gap asked for, default 1e-10. */
  tolerance?: number;
  /** With a weight decay: images a step; what the fluctuation of batch statistics leaves open is the document's `batch`. */
  batchSize?: number;
  /** Dimensions that the features have; where the optimum needs more, the best of many descents is taken, never certified. */
  dimension?: number;
  /** With `ends: "layer-norm"` or `dimension`: descents from different starts (default 16). */
  starts?: number;
  /** The Layer-Peeled Model instead of penalties: mean |w_k|^2 <= EW, mean over classes of mean |h|^2 <= EH; no bias. */
  layerPeeled?: NormBounds;
  /** Soft labels: K rows of M shares, a column a distribution over K classes, with `counts` of the M columns. */
  targets?: Matrix | readonly ArrayLike<number>[];
}

/** What `questionOf` reads. */
export const predictKeys: Record<keyof PredictInput, true> = {
  ...settingKeys,
  tolerance: true,
  batchSize: true,
  dimension: true,
  starts: true,
  layerPeeled: true,
  targets: true,
};

/** A question that makes sense, by the model that answers it. `names`: of the classes, or of the columns of targets. */
export type Question = { names: string[] | null } & (
  | {
      model: "counts";
      problem: Problem;
      tolerance: number;
      batchSize: number | undefined;
      dimension: number | undefined;
      starts: number | undefined;
    }
  | { model: "layer-norm"; problem: LayerNormProblem; starts: number | undefined }
  | { model: "layer-peeled"; problem: LayerPeeledProblem; tolerance: number }
  | { model: "targets"; problem: TargetsProblem; tolerance: number }
);

/** Why there is no batch size beside layer normalization. */
const noBatches = "nothing with layer-norm: its statistics are each sample's own, so mini-batches move nothing";
const noTolerance =
  "nothing with ends: layer-norm: there is no proof whose gap it could be; the number of starts says how long to search";

/** The door of every prediction: checks all of what a user wrote, and says which model answers it. Throws InputError. */
export function questionOf(given: PredictInput, what = "predict"): Question {
  checkKeys(given, predictKeys, what);
  const tolerance = checkTolerance(given.tolerance);
  checkWhole(given.dimension, "dimension");
  checkWhole(given.starts, "starts");
  if (given.layerPeeled !== undefined) return { model: "layer-peeled", ...layerPeeledOf(given), tolerance };
  if (given.targets !== undefined) return { model: "targets", ...targetsOf(given, given.targets), tolerance };
  const { tolerance: asked, batchSize, dimension, starts, layerPeeled: _bounds, targets: _targets, ...settings } = given;
  const { input, names } = problemInputOf(settings);
  if (endsInLayerNorm(input)) {
    if (dimension !== undefined)
      throw inputError("dimension", "nothing with ends: layer-norm, whose width are its channels", dimension);
    if (batchSize !== undefined) throw inputError("batchSize", noBatches, batchSize);
    if (asked !== undefined) throw inputError("tolerance", noTolerance, asked);
    return { model: "layer-norm", problem: layerNormProblem(input), names, starts };
  }
  if (dimension === undefined && starts !== undefined)
    throw inputError("starts", "ends: layer-norm or a dimension beside it: else there is one answer, which is proved", starts);
  const checked = problem(input);
  if (batchSize !== undefined) checkBatchSize(checked, batchSize);
  return { model: "counts", problem: checked, names, tolerance, batchSize, dimension, starts };
}

/** What says something of classes of samples, and so nothing beside targets. @internal */
export const besideTargets = ["labels", "ignoreLabel", "longTail", "batchSize", "dimension", "starts"] as const;

/** Why. @internal */
export const noClasses = "whose columns are counted by counts and are no classes";

function targetsOf(
  given: PredictInput,
  rows: NonNullable<PredictInput["targets"]>,
): { problem: TargetsProblem; names: string[] | null } {
  for (const name of besideTargets)
    if (given[name] !== undefined) throw inputError(name, `nothing beside targets, ${noClasses}`, given[name]);
  const { tolerance: _, layerPeeled: _bounds, targets: _rows, batchSize: _size, dimension: _d, starts: _s, ...settings } = given;
  const { input, names } = problemInputOf(settings);
  return { problem: targetsProblem({ ...input, targets: matrixOf(rows) }), names };
}

/** Rows as a matrix; anything else is a matrix, or refused where the problem is checked. */
function matrixOf(rows: NonNullable<PredictInput["targets"]>): Matrix {
  if (!Array.isArray(rows)) return rows as Matrix;
  const rule = "K rows of M shares";
  if (rows.length === 0) throw inputError("targets", rule, rows);
  const M = (rows[0] as ArrayLike<number>)?.length;
  rows.forEach((row: ArrayLike<number>, k) => {
    if (typeof row !== "object" || row?.length !== M || M === undefined)
      throw inputError(`targets[${k}]`, `${rule}, as many in each`, row);
    const m = Array.from(row).findIndex((share) => typeof share !== "number");
    if (m >= 0) throw inputError(`targets[${k}][${m}]`, "a share from 0 to 1", row[m]);
  });
  return matrix(rows.length, M, Float64Array.from(rows.flatMap((row: ArrayLike<number>) => Array.from(row))));
}
