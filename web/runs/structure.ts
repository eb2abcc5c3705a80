import { inputError } from "../../src/errors.ts";
import type { Branches, SharedDirections } from "../../src/measure/index.ts";
import type { ClassGeometry } from "../../src/prediction/index.ts";
import { branchesText, figureText, sharedText } from "../../src/words/index.ts";

/** What a document says of the figure that classes make, of residual branches in use and of classes that share directions; null: not said. */
export interface Structure {
  geometry: ClassGeometry | null;
  branches: Branches | null;
  shared: SharedDirections | null;
}

/** Reads it of a document of `K` classes, or of a line of a run. `where` names it in messages. Throws InputError for what is not of its form. */
export function structureOf(document: Record<string, unknown>, K: number, where: string): Structure {
  return {
    geometry: checked(
      document,
      "geometry",
      where,
      "a figure with name, pairs, rank and cosines",
      (g: ClassGeometry) =>
        ["simplex", "cross-polytope", "other"].includes(g.name) &&
        Number.isInteger(g.rank) &&
        pairsIn(g.pairs, K) &&
        Number.isFinite(g.cosines?.least) &&
        Number.isFinite(g.cosines?.most),
    ),
    branches: checked(
      document,
      "branches",
      where,
      "branches with J and atMost",
      (b: Branches) => Number.isFinite(b.J) && (b.atMost === null || Number.isFinite(b.atMost)),
    ),
    shared: checked(
      document,
      "shared",
      where,
      "shared directions with from, count and pairs",
      (s: SharedDirections) =>
        Number.isFinite(s.from) &&
        Number.isInteger(s.count) &&
        Array.isArray(s.pairs) &&
        pairsIn(
          s.pairs.map((pair) => pair?.classes),
          K,
        ) &&
        s.pairs.every(({ cosine }) => Number.isFinite(cosine)),
    ),
  };
}

/** One sentence a fact, none where a document says nothing. */
export function structureWords({ geometry, branches, shared }: Structure, K: number): string[] {
  return [
    ...(geometry ? [figureText(geometry, K, null)] : []),
    ...(branches ? [branchesText(branches)] : []),
    ...(shared && shared.count > 0 ? [sharedText(shared, K, null)] : []),
  ];
}

function checked<T>(
  document: Record<string, unknown>,
  name: string,
  where: string,
  rule: string,
  valid: (value: T) => boolean,
): T | null {
  const value = document[name];
  if (value === undefined || value === null) return null;
  if (typeof value !== "object" || !valid(value as T)) throw inputError(`${where}: ${name}`, rule, value);
  return value as T;
}

/** Whether all are pairs of classes from 0 to K - 1. */
const pairsIn = (pairs: unknown, K: number): boolean =>
  Array.isArray(pairs) &&
  pairs.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every((k) => Number.isInteger(k) && k >= 0 && k < K));
