import type { FirstLook, Outline, Prediction } from "../../src/prediction/index.ts";
import { h } from "../dom.ts";
import { number } from "../numbers.ts";
import { classRanges, type Names, stateOf } from "./words.ts";

/** A prediction as tables. Every number carries all its digits (see `number`). */
const mostRows = 40;

export function clusterTable(p: Pick<Prediction, "clusters" | "vanished" | "b">, names: Names = null): HTMLElement {
  const rows = p.clusters.map((c, j) => [
    classRanges(c.classes, names),
    number(c.count, 6),
    stateOf(p, j),
    number(c.margin),
    number(p.b[c.classes[0]]),
  ]);
  return table(
    "clusters",
    "Classes by their count",
    ["classes", "samples each", "state", "p_own − p_other", "bias"],
    rows,
    "– : one class, with no other of its count",
  );
}

/** Entries of Z by blocks: logits of row cluster i at the class means of column cluster j; on the diagonal the own logit and another's. */
export function blockTable(
  p: Pick<Prediction, "clusters" | "Z"> | Pick<Outline, "clusters" | "blocks">,
  names: Names = null,
): HTMLElement {
  const Z = "blocks" in p ? valuesOf(p) : valuesIn(p);
  const blocks = p.clusters.map((c) => `${classRanges(c.classes, names)} (n = ${c.count})`);
  const rows = p.clusters.map((_, i) => [
    `logits of ${blocks[i]}`,
    ...p.clusters.map((column, j) => {
      if (i !== j) return number(Z.other(i, j));
      const own = h("span", {}, "own ", number(Z.own(j)));
      return column.size < 2 ? own : h("span", {}, own, ", other ", number(Z.other(j, j)));
    }),
  ]);
  return table("blocks", "Z by blocks", ["", ...blocks.map((name) => `means of ${name}`)], rows);
}

/** Z between a class of cluster i and another one of cluster j. */
interface BlockValues {
  other(i: number, j: number): number;
  own(j: number): number;
}

const valuesOf = ({ blocks: { other, own } }: Pick<Outline, "blocks">): BlockValues => ({
  other: (i, j) => other[i][j],
  own: (j) => own[j],
});

const valuesIn = ({ Z, clusters }: Pick<Prediction, "clusters" | "Z">): BlockValues => ({
  other: (i, j) => Z[clusters[i].classes[i === j ? 1 : 0]][clusters[j].classes[0]],
  own: (j) => Z[clusters[j].classes[0]][clusters[j].classes[0]],
});

export function table(
  id: string,
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly (string | HTMLElement)[])[],
  note?: string,
  rest = "the JSON has them all",
): HTMLElement {
  const shown = rows.length > mostRows ? rows.slice(0, mostRows) : rows;
  const body = shown.map((row) =>
    h("tr", {}, ...row.map((cell, i) => (i === 0 ? h("th", { scope: "row" }, cell) : h("td", { "data-head": heads[i] }, cell)))),
  );
  return h(
    "div",
    { class: "scroll", id: `table-${id}`, tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", {}, h("span", {}, caption)),
      h("thead", {}, h("tr", {}, ...heads.map((head) => (head === "" ? h("td", {}) : h("th", { scope: "col" }, head))))),
      h("tbody", {}, ...body),
    ),
    rows.length > shown.length && h("p", { class: "note" }, `and ${rows.length - shown.length} more; ${rest}`),
    note &&
      rows.some((row) => row.some((cell) => typeof cell !== "string" && cell.textContent === "–")) &&
      h("p", { class: "note" }, note),
  );
}

/** The proof that comes with every answer. */
export function proof(p: Pick<FirstLook, "certified" | "objective" | "gap" | "ufmPlus" | "method" | "seconds">): HTMLElement {
  return h(
    "p",
    { class: p.certified ? "proof" : "proof unproved", id: "proof" },
    p.certified ? "Proved optimal: " : "Not proved to the accuracy asked for: ",
    "objective ",
    number(p.objective, 8),
    ", duality gap ",
    h(
      "data",
      { value: String(p.gap), id: "gap", title: String(p.gap) },
      p.gap === 0 ? "0" : p.gap.toExponential(1).replace("-", "−"),
    ),
    p.ufmPlus &&
      !p.certified &&
      h(
        "span",
        {},
        ", of (UFM+), where every class owns its feature directions: ",
        number(p.ufmPlus.gap, 2),
        "; classes that share features could do better, by the first gap at most",
      ),
    `, method ${p.method}, solved in ${p.seconds < 0.001 ? "less than 1" : (1000 * p.seconds).toFixed(1)} ms`,
  );
}
