import { format } from "../number-text.ts";
import type { Distance, Distances } from "../prediction/index.ts";
import { table } from "../terminal/index.ts";

/** The distances to known geometries as every command prints them (theory, section 12). */
export function distancesText({ simplex, seli, limit }: Distances): string {
  const row = (name: string, { Z, weights, features }: Distance): string[] => [
    name,
    format(Z),
    format(weights),
    format(features),
  ];
  return table(
    ["distance to", "Z", "head (Gram)", "class features (Gram)"],
    [row("simplex", simplex), row("SELI", seli), ...(limit ? [row("limit lambda -> 0", limit)] : [])],
  );
}
