import type { ClassesOfPrediction, Prediction } from "../../src/prediction/index.ts";
import { classLabel, weakest } from "../../src/words/index.ts";
import { h } from "../dom.ts";
import { number } from "../numbers.ts";
import { classRanges, type Names, namesOf, stateOf } from "./words.ts";

/** A prediction as tables. Every number carries all its digits (see `number`). */
const mostRows = 40;

export function clusterTable(p: Prediction, names: Names = null): HTMLElement {
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

/** What becomes of each class, the weakest first. */
export function classTable(p: ClassesOfPrediction): HTMLElement {
  const { classes } = p;
  const names = namesOf(p);
  const rows = weakest(classes, classes.length).map((c) => [
    classLabel(c.class, names),
    String(c.count),
    c.status,
    number(c.pOwn),
    classLabel(c.rival, names),
    number(c.margin),
  ]);
  const heads = ["class", "samples", "becomes", "p_own", "strongest rival", "margin in logits"];
  return table("classes", "What becomes of each class, the weakest first", heads, rows);
}

/** Entries of Z by blocks: logits of row cluster i at the class means of column cluster j; on the diagonal the own logit and another's. */
export function blockTable(p: Prediction, names: Names = null): HTMLElement {
  const blocks = p.clusters.map((c) => `${classRanges(c.classes, names)} (n = ${c.count})`);
  const rows = p.clusters.map((row, i) => [
    `logits of ${blocks[i]}`,
    ...p.clusters.map((column, j) => {
      const k = column.classes[0];
      if (i !== j) return number(p.Z[row.classes[0]][k]);
      const own = h("span", {}, "own ", number(p.Z[k][k]));
      return column.size < 2 ? own : h("span", {}, own, ", other ", number(p.Z[column.classes[1]][k]));
    }),
  ]);
  return table("blocks", "Z by blocks", ["", ...blocks.map((name) => `means of ${name}`)], rows);
}

export function table(
  id: string,
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly (string | HTMLElement)[])[],
  note?: string,
): HTMLElement {
  const shown = rows.length > mostRows ? rows.slice(0, mostRows) : rows;
  const body = shown.map((row) =>
    h("tr", {}, ...row.map((cell, i) => (i === 0 ? h("th", { scope: "row" }, cell) : h("td", {}, cell)))),
  );
  return h(
    "div",
    { class: "scroll", id: `table-${id}`, tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, ...heads.map((head) => (head === "" ? h("td", {}) : h("th", { scope: "col" }, head))))),
      h("tbody", {}, ...body),
    ),
    rows.length > shown.length && h("p", { class: "note" }, `and ${rows.length - shown.length} more; the JSON has them all`),
    note &&
      rows.some((row) => row.some((cell) => typeof cell !== "string" && cell.textContent === "–")) &&
      h("p", { class: "note" }, note),
  );
}

/** The proof that comes with every answer. */
export function proof(p: Prediction): HTMLElement {
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
