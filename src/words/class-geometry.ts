import type { Branches, SharedDirections } from "../measure/index.ts";
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

/** The same in a cell of a table: `cross-polytope, rank 5: pairs 0-1, 2-3`. */
export function shortFigureText(geometry: ClassGeometry | null): string {
  if (!geometry) return "none";
  const { name, rank, pairs } = geometry;
  return `${name}, rank ${rank}${pairs.length > 0 ? `: pairs ${listed(pairs, null)}` : ""}`;
}

/** More pairs than this are not listed. */
const mostPairs = 24;

/** `; pairs 0-5, 1-7`, or with names `; pairs 0 cat - 5 dog`; empty where there are none. */
function pairsText({ pairs }: ClassGeometry, names: readonly (string | null)[] | null): string {
  if (pairs.length === 0) return "";
  return `; pairs ${listed(pairs, names)}`;
}

function listed(pairs: ClassGeometry["pairs"], names: readonly (string | null)[] | null): string {
  const between = names ? " - " : "-";
  const shown = pairs.slice(0, mostPairs).map(([k, l]) => `${classLabel(k, names)}${between}${classLabel(l, names)}`);
  return `${shown.join(", ")}${pairs.length > shown.length ? ` and ${pairs.length - shown.length} more` : ""}`;
}

/** More pairs of classes than this are not named. */
const mostNamed = 6;

/** Classes that share directions, which in the model of nonnegative features no two do; `K` classes. */
export function sharedText(
  { from, count, pairs }: SharedDirections,
  K: number,
  names: readonly (string | null)[] | null,
): string {
  const shown = pairs
    .slice(0, mostNamed)
    .map(({ classes: [k, l], cosine }) => `${classLabel(k, names)} and ${classLabel(l, names)} (${format(cosine, 2)})`);
  const more = count > shown.length ? ` and ${count - shown.length} more` : "";
  return `shared directions: ${count} of ${(K * (K - 1)) / 2} pairs of classes have mean features with a cosine of at least ${format(from, 2)} (0 at the minimum of nonnegative features): ${shown.join(", ")}${more}`;
}

/** Over how many residual branches the features are split. */
export function branchesText({ J, atMost }: Branches): string {
  const range =
    atMost === null
      ? "1 to the number of branches summed before the head, which `nclab ends` counts"
      : `1 to ${format(atMost, 3)}`;
  return `residual branches in use, told by balancedness: J = ${format(J, 3)} (${range})`;
}
