import { arrangeBlocks, type BlockCells } from "../cells.ts";
import { equalCounts, type Measurement } from "../measure/index.ts";
import { format } from "../number-text.ts";
import { type HeatMapOptions, heatMaps, marginBars } from "../plots/index.ts";
import { type Prediction, predict } from "../prediction/index.ts";
import { problem } from "../problem/index.ts";
import { listClasses, predictionWord } from "../words/index.ts";

/** What the pictures of a prediction need of its document; those of other models have these fields too. */
export type PredictionShown = Pick<Prediction, "clusters"> & {
  Z: Prediction["Z"] | null;
  /** Z by blocks, where it is not written out. */
  blocks?: BlockCells;
  cosines?: Prediction["cosines"] | null;
  problem: {
    lambdaZ: number | null;
    weightDecay: number | null;
    width?: number;
    ends: string | null;
    layerPeeled?: { EW: number; EH: number };
    /** Default cross-entropy: models that know no other do not say it. */
    loss?: Prediction["problem"]["loss"];
  };
  dimension?: { asked: number } | null;
  method?: string;
  classes?: readonly { class: number; name?: string | null }[];
};

/** As wide as one matrix with its names, where nothing else is asked. */
const oneMatrix = 360;

/** The heat map of the predicted Z, written out or by blocks. */
export function predictedLogits(
  shown: PredictionShown & ({ Z: Prediction["Z"] } | { blocks: BlockCells }),
  options: HeatMapOptions = {},
): SVGSVGElement {
  const clusters = shown.clusters.map((c) => c.classes);
  const Z = shown.Z ?? arrangeBlocks(shown.blocks as BlockCells, clusters, options.most);
  const data = { rows: ["predicted Z*"], groups: [{ title: "", matrices: [Z] }], clusters };
  return heatMaps(data, { title: titleOf(shown), width: oneMatrix, ...options });
}

/** The heat map of the cosines between the predictions of the classes. */
export function predictedCosines(
  shown: PredictionShown & { cosines: Prediction["cosines"] },
  options: HeatMapOptions = {},
): SVGSVGElement {
  const data = {
    rows: ["cosines of Z*"],
    groups: [{ title: "", matrices: [shown.cosines] }],
    clusters: shown.clusters.map((c) => c.classes),
    cells: "gram" as const,
    quantity: "cosine between the mean predictions of two classes",
  };
  return heatMaps(data, { title: titleOf(shown), width: oneMatrix, ...options });
}

/** p_own - p_other of the groups of equal count. */
export function predictedMargins(shown: PredictionShown, options: HeatMapOptions = {}): SVGSVGElement {
  const names = shown.classes?.some((c) => c.name) ? shown.classes.map((c) => c.name ?? null) : null;
  const bars = shown.clusters.map(({ classes, count, margin }) => ({
    label: `${classes.length === 1 ? "class" : "classes"} ${listClasses(classes, names)}`,
    count,
    margin,
  }));
  return marginBars({ bars, of: predictionWord[shown.problem.loss ?? "cross-entropy"] }, { title: titleOf(shown), ...options });
}

/** The regularization in a line: what tells two pictures of the same counts apart. */
function titleOf({ problem: p, method, dimension }: PredictionShown): string {
  const { layerPeeled, lambdaZ, weightDecay, width } = p;
  if (layerPeeled) return `Layer-Peeled Model, E_W = ${format(layerPeeled.EW, 6)}, E_H = ${format(layerPeeled.EH, 6)}`;
  if (p.ends === "layer-norm")
    return `weight decay ${format(weightDecay as number, 5)}, layer normalization of ${width} channels`;
  const d = method === "fixed-dimension" ? dimension?.asked : undefined;
  return `λ_Z = ${format(lambdaZ as number, 5)}${d === undefined ? "" : `, features of ${d} dimension${d === 1 ? "" : "s"}`}`;
}

/** The heat map of the measured Z, below the predicted one where it was compared with one. */
export function measuredLogits(
  m: Pick<Measurement, "counts" | "comparedAt"> & { Z: NonNullable<Measurement["Z"]> },
  options: HeatMapOptions = {},
): SVGSVGElement {
  const predicted = comparedPrediction(m);
  const data = {
    rows: [...(predicted ? ["predicted Z*"] : []), "measured Z"],
    groups: [{ title: "", matrices: [...(predicted ? [predicted.Z] : []), m.Z] }],
    clusters: equalCounts(m.counts),
  };
  return heatMaps(data, { width: oneMatrix, ...options });
}

/** What a measurement was compared with, solved again. */
function comparedPrediction({ counts, comparedAt: at }: Pick<Measurement, "counts" | "comparedAt">): Prediction | null {
  if (!at) return null;
  const { lambdaZ, lambdaB, nonnegative, loss } = at;
  return predict(problem({ counts, lambdaZ, lambdaB, nonnegative, loss }));
}
