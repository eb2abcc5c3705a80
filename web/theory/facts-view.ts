import { rankTitle } from "../controls/loss-choice.ts";
import { h } from "../dom.ts";
import { number } from "../numbers.ts";
import { criticalFact } from "../prediction/critical-fact.ts";
import { type Answer, bounded } from "./answer.ts";

/** A prediction's few numbers that no picture has. */
export function factsView(p: Answer): HTMLElement {
  const pair = (name: string, id: string, value: number | null): HTMLElement =>
    h("div", {}, h("dt", {}, name), h("dd", { id }, number(value)));
  const [A, B] = [p.clusters[0], p.clusters[1]];
  const cosine = (x: { classes: number[] }, y: { classes: number[] }): number | null =>
    x === y ? (x.classes.length < 2 ? null : p.cosines[x.classes[0]][x.classes[1]]) : p.cosines[x.classes[0]][y.classes[0]];
  const peeled = bounded(p);
  return h(
    "dl",
    {},
    criticalFact(p, "critical-count"),
    peeled ? pair("multiplier μ", "multiplier", peeled.multiplier) : null,
    pair(rankTitle(p.problem), "rank", p.rank),
    ...(B
      ? [
          pair(`cosine within n = ${A.count}`, "cosine-a", cosine(A, A)),
          pair(`within n = ${B.count}`, "cosine-b", cosine(B, B)),
          pair("between them", "cosine-ab", cosine(A, B)),
        ]
      : [pair("cosine", "cosine-a", cosine(A, A))]),
    pair("simplex: −1/(K−1)", "cosine-simplex", -1 / (p.problem.K - 1)),
  );
}
