import { format } from "../number-text.ts";
import type { ClassGeometry } from "../prediction/index.ts";
import { classLabel } from "./class-table.ts";

/** The figure that the class means (or predicted features) make, as every page of this project says it (prediction/class-geometry.ts), with its pairs. */
export function figureText(geometry: ClassGeometry, K: number, names: readonly (string | null)[] | null): string {
  const { name, rank, pairs, cosines } = geometry;
  const range = `cosines ${format(cosines.least, 3)} to ${format(cosines.most, 3)}`;
  if (name === "simplex") return `a simplex: rank ${rank}, ${range}`;
  const some = pairs.length === 0 ? "no antipodal pairs" : `${pairs.length} antipodal pair${pairs.length === 1 ? "" : "s"}`;
  const what = name === "cross-polytope" ? "a cross-polytope" : "neither simplex nor cross-polytope";
  return `${what}: ${some}, rank ${rank} of ${K - 1}, ${range}${pairsText(geometry, names)}`;
}

/** More pairs than this are not listed. */
const mostPairs = 24;

/** `; pairs 0-5, 1-7`, or with names `; pairs 0 cat - 5 dog`; empty where there are none. */
function pairsText({ pairs }: ClassGeometry, names: readonly (string | null)[] | null): string {
  if (pairs.length === 0) return "";
  const between = names ? " - " : "-";
  const shown = pairs.slice(0, mostPairs).map(([k, l]) => `${classLabel(k, names)}${between}${classLabel(l, names)}`);
  return `; pairs ${shown.join(", ")}${pairs.length > shown.length ? ` and ${pairs.length - shown.length} more` : ""}`;
}
