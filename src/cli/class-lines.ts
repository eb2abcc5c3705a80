import { format, quantity } from "../number-text.ts";
import {
  clusterOfClass,
  equalizingOffsets,
  type Outline,
  type PredictedClass,
  type PredictionSummary,
  predictionLength,
  type Summary,
} from "../prediction/index.ts";
import { sampleCount } from "../problem/index.ts";
import { table } from "../terminal/index.ts";
import { listClasses, mostRows, shotColumns, shotRows, weakest } from "../words/index.ts";

/** What of a prediction the tables show, whatever its model. */
export type ShownPrediction = Outline & Pick<PredictionSummary, "bins">;

/** What becomes of the classes: a row for those of one count; of many counts the many, medium and few, and the weakest. */
export function classLines(p: ShownPrediction, classes: readonly PredictedClass[], names: readonly string[] | null): string[] {
  const clusterOf = clusterOfClass(p.clusters, p.problem.K);
  const row = (j: number): string[] => {
    const members = p.clusters[j].classes;
    const { pOwn, rival, margin, status } = classes[members[0]];
    const vanished = p.vanished.includes(members[0]) ? ", its prediction is 0" : "";
    return [
      listClasses(members, names),
      sampleCount(p.clusters[j].count),
      `${status}${vanished}`,
      format(pOwn),
      clusterOf[rival] === j ? "each other" : listClasses(p.clusters[clusterOf[rival]].classes, names),
      format(margin),
      format(predictionLength(p, j)),
      format(p.b[members[0]]),
    ];
  };
  const heads = [
    "classes",
    p.bins === null ? "samples each" : "samples (mean)",
    "becomes",
    "p_own",
    "strongest rival",
    "margin in logits",
    "|z|",
    "bias",
  ];
  if (p.clusters.length <= mostRows)
    return [
      table(
        heads,
        p.clusters.map((_, j) => row(j)),
      ),
    ];
  const ofClusters = p.clusters.map(({ classes: members }) => classes[members[0]]);
  const least = weakest(ofClusters).map((c) => row(clusterOf[c.class]));
  return [
    table(shotColumns, shotRows(classes)),
    "the weakest:",
    table(heads, least),
    `${p.clusters.length - least.length} of ${p.clusters.length} different counts left out; --json has every class`,
  ];
}

/** What offsets on the logits can do for classes that are not their own. */
export function offsetsText({ outvoted, faded, merged, offsetsRestore }: Summary, p: Outline): string {
  if (outvoted + faded + merged === 0) return "";
  if (!offsetsRestore) return "; no offsets on the logits put all right: that takes another training (`nclab advise`)";
  const by = `by a margin of ${quantity(format(equalizingOffsets(p).margin), "logit")}`;
  return faded > 0
    ? `; offsets on the logits would put all right ${by}, which for classes as near as the faded ones nothing but another training makes sure`
    : `; offsets on the logits after training would put all right, ${by} (\`summary.offsets\` of --json)`;
}
