import { matrix, singularValues } from "../math/index.ts";
import { type ClassGeometry, type LayerNormPrediction, predictLayerNorm } from "../prediction/index.ts";
import { layerNormProblemOf, type TrainingSettings } from "../training/index.ts";
import type { PointOutcome } from "./figure.ts";
import type { Case, Shape } from "./layer-norm-training.ts";

/** A training of the figure on layer normalization beside the model. */
export interface Row extends Case {
  Z: number[][];
  /** Of the class means of the features. */
  geometry: ClassGeometry | null;
  /** Of Z diag(n/N)^(1/2), descending. */
  singularValues: number[];
  objective: number;
  nc1: number | null;
  /** Where the decay reaches scale and shift; else null, as all that follows. */
  model: Model | null;
  /** Which of the model's minima the network is at or on its way to. */
  standing: Standing | null;
}

/** The model's best minimum that was found. */
export type Model = Pick<LayerNormPrediction, "objective" | "Z" | "search" | "geometry" | "singularValues">;

interface Standing {
  /** Objective of the minimum to which descent on the model leads from the network's Z, above the best, as a share of it; below 0 where the search has missed that minimum. */
  above: number;
  /** The network's objective above that minimum's, as a share of it: what is left to the end of training. */
  left: number;
  /** Z beside that minimum's. */
  Zerror: number | null;
  /** Whether that minimum is the best one, as its objective says. */
  best: boolean;
  /** Whether the classes have the best one's pairs and directions already, up to classes of equal count: else the network is on its way. */
  paired: boolean;
  /** Largest difference of two singular values from the best minimum's, relative to the largest. */
  error: number;
}

/** Objectives of one minimum agree to this share. The second best pairing of any of these counts is 4.4e-4 above the best (the exponential ones). */
const sameObjective = 2e-4;

export function rowOf(c: Case, { job, outcome: { final } }: PointOutcome, models: Map<string, Model>): Row {
  const { Z, objective } = final;
  const { counts } = c.shape;
  const model = c.arm === "spared" ? null : modelOf(c.shape, job.settings, models);
  const values = spectrum(Z, counts);
  return {
    ...c,
    Z,
    geometry: final.geometry,
    singularValues: values,
    objective,
    nc1: final.nc1.paper,
    model,
    standing: model && standingOf(final, values, model, counts),
  };
}

function standingOf(
  { layerNorm, objective, geometry }: PointOutcome["outcome"]["final"],
  values: readonly number[],
  model: Model,
  counts: readonly number[],
): Standing {
  if (!layerNorm) throw new RangeError("layer-norm: an outcome that does not say where it stands");
  const above = layerNorm.settled / model.objective - 1;
  return {
    above,
    left: objective / layerNorm.settled - 1,
    Zerror: layerNorm.Zerror.frobenius,
    best: Math.abs(above) <= sameObjective,
    paired: pairsByCount(geometry, counts) === pairsByCount(model.geometry, counts) && geometry?.rank === model.geometry?.rank,
    error: Math.max(...values.map((s, i) => Math.abs(s - model.singularValues[i]))) / model.singularValues[0],
  };
}

/** One search for each shape. */
function modelOf({ id, counts }: Shape, settings: TrainingSettings, models: Map<string, Model>): Model {
  const known = models.get(id);
  if (known) return known;
  const problem = layerNormProblemOf(settings);
  if (!problem) throw new RangeError(`${id}: no model`);
  const { objective, Z, geometry, search } = predictLayerNorm(problem, { starts: 64 }).prediction;
  const model = { objective, Z, search, geometry, singularValues: spectrum(Z, counts) };
  models.set(id, model);
  return model;
}

function spectrum(Z: readonly (readonly number[])[], counts: readonly number[]): number[] {
  const K = counts.length;
  const N = counts.reduce((a, b) => a + b, 0);
  const weighted = Z.flatMap((row) => row.map((z, k) => z * Math.sqrt(counts[k] / N)));
  return Array.from(singularValues(matrix(K, K, Float64Array.from(weighted))));
}

/** Counts of the classes of each pair: what is left of a pairing where classes of equal count are alike. */
export function pairsByCount(geometry: ClassGeometry | null, counts: readonly number[]): string {
  return (geometry?.pairs ?? [])
    .map(([k, l]) => [counts[k], counts[l]].sort((a, b) => b - a))
    .sort((a, b) => b[0] - a[0] || b[1] - a[1])
    .map((pair) => pair.join(" with "))
    .join(", ");
}
