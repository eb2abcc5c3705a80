import { type Distances, distancesOfMatrices, type LimitProblem } from "../prediction/index.ts";
import type { Frame } from "./frame.ts";
import type { Head } from "./head.ts";

/**
 * How far a measured last layer is from the geometries that its counts single out (theory, section 12). Z as it is measured (no origin taken out), the head's rows about 0, the class means about their mean.
 * All classes occur.
 */
export function measuredDistances(
  { r, d, projected, squaredNorms, noise, counts }: Frame,
  layer: { head: Head; Z: readonly (readonly (number | null)[])[] } | null,
  problem: LimitProblem | null,
): Distances {
  // Means that are equal up to rounding have no Gram matrix.
  const apart = squaredNorms.some((x) => x > noise * noise);
  return distancesOfMatrices(
    Array.from(counts),
    {
      Z: layer && joined(layer.Z),
      W: layer && { rows: layer.head.W, d },
      M: apart ? { rows: projected, d: r } : null,
    },
    problem,
  );
}

function joined(rows: readonly (readonly (number | null)[])[]): Float64Array {
  const K = rows.length;
  const all = new Float64Array(K * K);
  rows.forEach((row, i) => {
    all.set(row as number[], i * K);
  });
  return all;
}
