import { toJson } from "../../src/json.ts";
import { clusterOfClass, predictionLength, written, writtenLayerPeeled } from "../../src/prediction/index.ts";
import { csvCell } from "../../src/separated.ts";
import { exact } from "../numbers.ts";
import { namesOf, stateOf } from "../prediction/words.ts";
import type { Answer, Whole } from "./shown.ts";

/** A prediction as files: the command line's JSON document, and one line a class for a spreadsheet. */
export function jsonOf(answer: Whole): string {
  const document = "multiplier" in answer ? writtenLayerPeeled(answer) : written(answer);
  return `${toJson(document)}\n`;
}

const columns = [
  "class",
  "name",
  "count",
  "becomes",
  "p_own",
  "strongest rival",
  "margin in logits",
  "group of equal count",
  "state",
  "p_own - p_other",
  "norm of z",
  "bias",
];

export function csvOf(p: Answer): string {
  const of = clusterOfClass(p.clusters, p.problem.K);
  const norms = p.clusters.map((_, j) => predictionLength(p, j));
  const lines = p.classes.map(({ class: k, name, count, status, pOwn, rival, margin }) => {
    const cluster = p.clusters[of[k]];
    return [
      ...[k, name, count, status, exact(pOwn), rival, exact(margin)],
      ...[of[k], stateOf(p, of[k]), cluster.margin === null ? null : exact(cluster.margin), exact(norms[of[k]]), exact(p.b[k])],
    ];
  });
  return [columns, ...lines].map((line) => `${line.map(csvCell).join()}\n`).join("");
}

/** The counts as a file for `--counts`, with the names of the classes where there are any. */
export function countsOf(p: Answer): string {
  const { counts } = p.problem;
  const names = namesOf(p);
  return `${JSON.stringify(names === null ? counts : counts.map((n, k) => [names[k], n]))}\n`;
}
