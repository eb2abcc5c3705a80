import type { Advice } from "./advice/advise.ts";
import { type Remedy, summaryOf } from "./advice/remedy.ts";
import type { BatchRange } from "./batch-range.ts";
import { leastLogit, sameShare, shortShare } from "./class-status.ts";
import { type Summary, summarized } from "./class-summary.ts";
import { type AsMeasured, asMeasured, classesOf, type PredictedClass } from "./classes.ts";
import { type Distances, distancesOfPrediction } from "./distances.ts";
import type { Dimension, FixedDimensionPrediction } from "./fixed-dimension.ts";
import type { LayerNormPrediction } from "./layer-norm-document.ts";
import type { LayerPeeledSummary } from "./layer-peeled.ts";
import { equalizingOffsets } from "./offsets.ts";
import { expand, type Prediction, type PredictionSummary } from "./predict.ts";

/**
 * Up to this many classes Z and the cosines are written out, K x K numbers each; beyond it a document would not fit into memory.
 *
 * @internal
 */
export const mostExpanded = 2000;

/** A class with its name where the counts or labels came with names. */
export type Named<C> = C & { name: string | null };

/**
 * What the document has beside the prediction: class by class (theory, section 11), and what `nclab measure` says of such a network.
 *
 * @internal
 */
export interface ClassesOfPrediction {
  /** One entry a class. */
  classes: Named<PredictedClass>[];
  /** How many classes have which status, and the offsets on the logits that would put all right, if any do. */
  summary: Summary;
  /** What mini-batches leave open, where a batch size was given. */
  batch: BatchRange | null;
  /** The dimension of the features that was asked for, which the answer does not exceed; null where none was. */
  dimension: Dimension | null;
  /**
   * The groups and vanished classes by the rule of a measurement, where nothing is exact: `clusters[].merged` and `vanished` go by the law. `rule` says
   * when two vectors count as one there (share of the largest distance), one as 0 (share of the longest), and the distance in logits below which both do.
   */
  asMeasured: AsMeasured & { rule: { merged: number; vanished: number; leastLogit: number } };
  /** How far Z, head and class features are from the simplex, from SELI, and from the limit of vanishing regularization (theory, section 12). */
  distances: Distances;
}

/** The rule behind `asMeasured`. */
const measuredRule = { merged: sameShare, vanished: shortShare, leastLogit };

/**
 * The document of `nclab predict` (schema nclab.prediction/1). With more than 2000 classes `Z` and `cosines` are null and `blocks` says the same by
 * clusters: Z[i][k] is blocks.other[cluster of i][cluster of k], or blocks.own[cluster of k] where i = k.
 *
 * @internal
 */
export function predictionDocument(
  summary: PredictionSummary,
  names: readonly string[] | null = null,
  batch: BatchRange | null = null,
  dimension: Dimension | null = null,
): (Prediction | (PredictionSummary & { Z: null; cosines: null })) & ClassesOfPrediction {
  return written(documentByBlocks(summary, names, batch, dimension));
}

/** The same with Z and the cosines by blocks whatever the number of classes: what goes from one thread to another. @internal */
export type DocumentByBlocks = PredictionSummary & ClassesOfPrediction;

/** See `DocumentByBlocks`. @internal */
export function documentByBlocks(
  summary: PredictionSummary,
  names: readonly string[] | null = null,
  batch: BatchRange | null = null,
  dimension: Dimension | null = null,
): DocumentByBlocks {
  const classes = named(classesOf(summary), names);
  return {
    ...summary,
    classes,
    summary: summaryOf({ classes, summary }),
    batch,
    dimension,
    asMeasured: { ...asMeasured(summary), rule: measuredRule },
    distances: distancesOfPrediction(summary),
  };
}

/** The document of `nclab predict` from the one by blocks. @internal */
export function written(
  document: DocumentByBlocks,
): (Prediction | (PredictionSummary & { Z: null; cosines: null })) & ClassesOfPrediction {
  return document.problem.K <= mostExpanded ? expand(document) : { ...document, Z: null, cosines: null };
}

/** Z and cosines, where they are written out. */
type LayerPeeledMatrices = Pick<Prediction, "Z" | "cosines"> | (Pick<LayerPeeledSummary, "blocks"> & { Z: null; cosines: null });

/**
 * The document of the Layer-Peeled Model (nclab.prediction/1): the fields of a prediction that make sense for it, its bounds in `problem`, and the multiplier.
 *
 * @internal
 */
export function layerPeeledDocument(
  summary: LayerPeeledSummary,
  names: readonly string[] | null = null,
): Omit<LayerPeeledSummary, "blocks"> & Pick<ClassesOfPrediction, "classes" | "summary" | "asMeasured"> & LayerPeeledMatrices {
  return writtenLayerPeeled(layerPeeledByBlocks(summary, names));
}

/** The same by blocks whatever the number of classes. @internal */
export type LayerPeeledByBlocks = LayerPeeledSummary & Pick<ClassesOfPrediction, "classes" | "summary" | "asMeasured">;

/** The document of the Layer-Peeled Model from the one by blocks. @internal */
export function writtenLayerPeeled(document: LayerPeeledByBlocks): ReturnType<typeof layerPeeledDocument> {
  return document.problem.K <= mostExpanded ? expand(document) : { ...document, Z: null, cosines: null };
}

/** See `LayerPeeledByBlocks`. @internal */
export function layerPeeledByBlocks(summary: LayerPeeledSummary, names: readonly string[] | null = null): LayerPeeledByBlocks {
  const classes = classesOf(summary);
  return {
    ...summary,
    classes: named(classes, names),
    summary: summarized(classes, equalizingOffsets(summary)),
    asMeasured: { ...asMeasured(summary), rule: measuredRule },
  };
}

/** The document of a network that ends in layer normalization, with the names of its classes. @internal */
export function layerNormDocument(
  { classes, ...prediction }: LayerNormPrediction,
  names: readonly string[] | null = null,
): Omit<LayerNormPrediction, "classes"> & Pick<ClassesOfPrediction, "classes"> {
  return { ...prediction, classes: named(classes, names) };
}

/** The document of features in fewer dimensions than the optimum needs, with the names of its classes. @internal */
export function fixedDimensionDocument(
  { classes, ...prediction }: FixedDimensionPrediction,
  names: readonly string[] | null = null,
): Omit<FixedDimensionPrediction, "classes"> & Pick<ClassesOfPrediction, "classes"> {
  return { ...prediction, classes: named(classes, names) };
}

/** The document of `nclab advise` (schema nclab.advice/1), with the names of its classes. @internal */
export function adviceDocument(
  advice: Advice,
  names: readonly string[] | null = null,
): Omit<Advice, "classes" | "remedies"> & {
  classes: Named<PredictedClass>[];
  remedies: (Omit<Remedy, "classes"> & { classes: Named<PredictedClass>[] })[];
} {
  const remedies = advice.remedies.map((remedy) => ({ ...remedy, classes: named(remedy.classes, names) }));
  return { ...advice, classes: named(advice.classes, names), remedies };
}

/** Classes with their names, each behind its number. */
export function named<C extends { class: number }>(classes: readonly C[], names: readonly string[] | null): Named<C>[] {
  return classes.map((c) => {
    const { class: k, ...rest } = c;
    return { class: k, name: names?.[k] ?? null, ...rest } as Named<C>;
  });
}
