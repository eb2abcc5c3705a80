/**
 * The pictures of a document, drawn into the page of a browser: what `nclab ... --plot` draws, and more. nclab/headless gives the same without a browser, as text or bytes.
 *
 * @module pictures
 */
import {
  type MeasurementDocument,
  type PathDocument,
  type PictureSettings,
  styleOf,
  type ThresholdsDocument,
} from "../documents/index.ts";
import { inputError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { PictureOptions } from "../plots/index.ts";
import { type Curves, curveLabels } from "../words/index.ts";
import { alongPath, alongThresholds, saysBias } from "./along.ts";
import { type ClassesShown, classesByRank, statusShares } from "./classes.ts";
import { featureLayout, featureMeans } from "./features.ts";
import { measuredLogits, type PredictionShown, predictedCosines, predictedLogits, predictedMargins } from "./predictions.ts";

export type { PictureSettings } from "../documents/index.ts";
export type { Curves } from "../words/index.ts";
export { alongEvents, alongPath, type PathShown } from "./along.ts";
export {
  type ClassesShown,
  classesBeforeAndAfter,
  classesByRank,
  type RankOptions,
  rankScale,
  statusColor,
  statusShares,
} from "./classes.ts";
export { type FeaturesShown, featureLayout, featureMeans } from "./features.ts";
export { type PredictionShown, predictedLogits } from "./predictions.ts";

/** A document that has pictures: of `predict`, `path`, `thresholds` or `measure`, also as `fromJson` reads it from a file. */
export interface PicturedDocument {
  /** Which document it is. */
  schema: string;
}

type Draw = (options: PictureOptions) => SVGSVGElement;

/**
 * The names of a document's pictures, the usual one first: `predictions` (heat map of Z), `cosines`, `margins`, `classes` (margin, p_own and samples against the rank by samples), `statuses` of a prediction; `singular-values`, `margins`, `norms` along a path; `singular-values`,
 * `singular-values-nonnegative` along the thresholds; of a measurement `means` and `umap` where it has a view of the features (`view`), `predictions` where it has a head. Empty where there is none: of soft labels, of advice.
 */
export const pictures = (document: PicturedDocument): string[] => Object.keys(drawings(document));

/** Draws a picture of a document. `options.document`: where its elements are made, default the page's own. Throws InputError for a document or a name that has no picture. */
export function picture(
  document: PicturedDocument,
  settings: PictureSettings = {},
  options: Pick<PictureOptions, "document"> = {},
): SVGSVGElement {
  const style = styleOf(settings);
  const all = drawings(document);
  const names = Object.keys(all);
  if (names.length === 0) throw inputError("picture", whyNone(document), document?.schema);
  const { name = names[0] } = settings;
  if (!Object.hasOwn(all, name)) throw inputError("picture", `one of ${names.join(", ")}${nearest(name, names)}`, name);
  return all[name]({ ...style, ...options });
}

/** One of `pictures(document)`, as the picture functions of nclab/plots are asked for one. @internal */
export const drawn = (document: PicturedDocument, name: string, options: PictureOptions): SVGSVGElement =>
  drawings(document)[name](options);

/** What a document with pictures would be, as the message says it. */
function whyNone(document: PicturedDocument): string {
  const { schema } = document ?? {};
  if (schema === "nclab.thresholds/1")
    return "events" in document
      ? 'thresholds with a weight decay beside the ends (weightDecay), with which the penalty on the bias goes, or with biasWeightDecay 0 or "inf", which stay'
      : "thresholds of counts: the Layer-Peeled Model has one threshold, and no curves to draw along it";
  if (schema === "nclab.prediction/1")
    return "columnNames" in document ? "a prediction of classes: columns of soft labels are none" : "a prediction of classes";
  if (schema === "nclab.measurement/1")
    return "a measurement with a head (headWeight), whose logits can be drawn, or with a view of its features (view)";
  return "a document of a prediction, a path, thresholds or a measurement";
}

function drawings(document: PicturedDocument): Record<string, Draw> {
  switch (document?.schema) {
    case "nclab.prediction/1":
      return ofPrediction(document as PicturedDocument & PredictionShown);
    case "nclab.path/1":
      return ofPath(document as PathDocument);
    case "nclab.thresholds/1":
      return ofThresholds(document as ThresholdsDocument);
    case "nclab.measurement/1":
      return ofMeasurement(document as MeasurementDocument);
    default:
      return {};
  }
}

function ofPrediction(shown: PredictionShown): Record<string, Draw> {
  const { Z, blocks, cosines, clusters } = shown;
  // Columns of soft labels are no classes: there are no clusters.
  if (!clusters) return {};
  const whole: Record<string, Draw> = {};
  if (Z) whole.predictions = (options) => predictedLogits({ ...shown, Z }, options);
  else if (blocks) whole.predictions = (options) => predictedLogits({ ...shown, blocks }, options);
  if (cosines) whole.cosines = (options) => predictedCosines({ ...shown, cosines }, options);
  if (clusters.some(({ margin }) => margin !== null)) whole.margins = (options) => predictedMargins(shown, options);
  // Documents of older versions do not say what becomes of each class.
  if (shown.classes?.every((c) => "margin" in c)) {
    const all = shown as PredictionShown & ClassesShown;
    whole.classes = (options) => classesByRank(all, options);
    whole.statuses = (options) => statusShares(all, options);
  }
  return whole;
}

const ofPath = (shown: PathDocument): Record<string, Draw> =>
  Object.fromEntries(
    Object.keys(curveLabels).map((name) => [name, (options: PictureOptions) => alongPath(shown, name as Curves, options)]),
  );

function ofThresholds(d: ThresholdsDocument): Record<string, Draw> {
  if (!d.events || !saysBias(d)) return {};
  return {
    "singular-values": (options) => alongThresholds(d, false, options),
    "singular-values-nonnegative": (options) => alongThresholds(d, true, options),
  };
}

function ofMeasurement(m: MeasurementDocument): Record<string, Draw> {
  const { Z, view } = m;
  const umap = view?.umap;
  return {
    // Documents of older versions have no view.
    ...(view ? { means: (options: PictureOptions) => featureMeans({ ...m, view }, options) } : {}),
    ...(view && umap ? { umap: (options: PictureOptions) => featureLayout({ ...m, view: { ...view, umap } }, options) } : {}),
    ...(Z ? { predictions: (options: PictureOptions) => measuredLogits({ ...m, Z }, options) } : {}),
  };
}
