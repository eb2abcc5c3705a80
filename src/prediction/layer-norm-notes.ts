import type { LayerNormProblem } from "../problem/index.ts";
import { codeValue, crossPolytope, simplex } from "../theory/index.ts";
import type { LayerNormPrediction } from "./layer-norm-document.ts";

/** Values of simplex and cross-polytope (theory/layer-norm.ts), where they are values of the problem: equal counts, no remedies. */
export function closedForms(p: LayerNormProblem): LayerNormPrediction["closedForms"] {
  const { K, counts, weights, offsets, factors, smoothing, strength, width } = p;
  if (counts.some((n) => n !== counts[0]) || weights || offsets || factors || smoothing > 0) return null;
  return {
    // Only what has room is a value of the problem.
    simplex: width >= K - 1 ? codeValue(simplex(K), strength).objective : null,
    crossPolytope: K % 2 === 0 && width >= K / 2 ? codeValue(crossPolytope(K), strength).objective : null,
  };
}

/** A search that ends this share above a closed form has missed it. */
const missedFrom = 1e-9;

/** What should be known of the problem and of what was found, in words. */
export function layerNormNotes(
  { K, width, counts }: LayerNormProblem,
  { geometry, closedForms: forms, objective }: Pick<LayerNormPrediction, "geometry" | "closedForms" | "objective">,
): string[] {
  const notes: string[] = [];
  const known = Math.min(forms?.simplex ?? Number.POSITIVE_INFINITY, forms?.crossPolytope ?? Number.POSITIVE_INFINITY);
  if (objective > known * (1 + missedFrom))
    notes.push(
      `the search ended above a value that the model has in closed form, ${known.toPrecision(12)}: that is the better answer, and more --starts may find it`,
    );
  if (K === 2) notes.push("two classes are one antipodal pair: simplex and cross-polytope are the same");
  else if (K % 2 === 1)
    notes.push(
      `of an odd number of classes one has no opposite: pairs at right angles and one class by itself are called a cross-polytope here, and no closed form is known for them${counts.every((n) => n === counts[0]) ? "; found were, for equal counts: a simplex for 3 (and for 5 at a very small decay), else pairs and one class by itself, or fewer directions" : ""}`,
    );
  if (geometry === null) notes.push("complete collapse, as far as was searched: all class features are one");
  if (width < 4 * K)
    notes.push(
      `${width} channels are few for ${K} classes: that layer normalization also takes the mean of u over the channels out is left out of the model; with it the minimum lies between this one and that of ${width} less the rank channels`,
    );
  return notes;
}
