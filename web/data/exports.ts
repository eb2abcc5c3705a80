import { toJson } from "../../src/json.ts";
import { clusterOfClass, type Prediction } from "../../src/prediction/index.ts";
import { exact } from "../numbers.ts";
import { stateOf } from "../prediction/words.ts";

/** A prediction as files: the command line's JSON document, and one line a class for a spreadsheet. */
export function jsonOf(p: Prediction): string {
  return `${toJson(p)}\n`;
}

export function csvOf(p: Prediction): string {
  const of = clusterOfClass(p.clusters, p.problem.K);
  const lines = p.problem.counts.map((n, k) => {
    const { margin } = p.clusters[of[k]];
    let squares = 0;
    for (let i = 0; i < p.Z.length; i++) squares += p.Z[i][k] ** 2;
    return [k, n, of[k], stateOf(p, of[k]), margin === null ? "" : exact(margin), exact(Math.sqrt(squares)), exact(p.b[k])].join(
      ",",
    );
  });
  return ["class,count,group of equal count,state,p_own - p_other,norm of z,bias", ...lines, ""].join("\n");
}
