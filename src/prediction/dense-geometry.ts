import { maximum } from "../extremes.ts";
import { matrix, norm2, singularValues } from "../math/index.ts";
import type { Cluster } from "../problem/index.ts";
import { type ClassGeometry, classGeometry } from "./class-geometry.ts";
import { shortLimit } from "./class-status.ts";
import { type Distances, distancesOfMatrices } from "./distances.ts";
import type { Nearness } from "./nearness.ts";
import type { PredictedCluster } from "./predict.ts";

/**
 * Spectrum, zeros and angles where Z is any K x K matrix (row-major; rows: logits, columns: classes) that a descent found: nothing is exact there, and what is 0 goes by limits. Where Z is constant on blocks,
 * geometry.ts has the same from J x J numbers.
 */

/** Descent leaves of a singular value that is 0 about this share of the largest. */
const zeroShare = 1e-6;

/** Of Z D^(1/2). */
export function spectrumOf(Z: Float64Array, counts: readonly number[]): { rank: number; singularValues: number[] } {
  const K = counts.length;
  const values = Array.from(
    singularValues(
      matrix(
        K,
        K,
        Z.map((z, e) => z * Math.sqrt(counts[e % K])),
      ),
    ),
  );
  const bar = zeroShare * Math.max(values[0], 1e-3);
  const kept = values.map((x) => (x > bar ? x : 0));
  return { rank: kept.filter((x) => x > 0).length, singularValues: kept };
}

const columnOf = (Z: Float64Array, K: number, k: number): Float64Array =>
  Float64Array.from({ length: K }, (_, i) => Z[i * K + k]);

/** Classes whose predictions are 0, by the rule of a measurement. */
export function vanishedOf(Z: Float64Array, K: number): number[] {
  const lengths = Array.from({ length: K }, (_, k) => norm2(columnOf(Z, K, k)));
  const short = shortLimit(maximum(lengths));
  return lengths.flatMap((length, k) => (length <= short ? [k] : []));
}

/** The figure that class features (K rows) make; null where all predictions are 0: then they have no directions but rounding's. */
export function figureOf(Z: Float64Array, H: Float64Array, K: number): ClassGeometry | null {
  return vanishedOf(Z, K).length === K ? null : classGeometry(H, K, H.length / K);
}

/** How far Z, head and class features (K rows each) are from simplex and SELI; null each where all predictions are 0. */
export function distancesOfNetwork(
  counts: readonly number[],
  { Z, W, H }: { Z: Float64Array; W: Float64Array; H: Float64Array },
): Distances {
  const K = counts.length;
  const d = H.length / K;
  const nothing = vanishedOf(Z, K).length === K;
  return distancesOfMatrices(
    counts,
    nothing ? { Z: null, W: null, M: null } : { Z, W: { rows: W, d }, M: { rows: aboutMean(H, K), d } },
    null,
  );
}

/** Classes of equal count, which need not be alike here: no margin of theirs, and merged goes by distances. */
export function clustersOfMatrix(clusters: readonly Cluster[], { groups }: Nearness): PredictedCluster[] {
  return clusters.map(({ classes, count, size }) => ({
    classes: [...classes],
    count,
    size,
    merged: size >= 2 && groups.some((group) => classes.every((k) => group.includes(k))),
    margin: null,
  }));
}

/** Between mean predictions; null where one is 0. @internal */
export function cosinesOf(Z: Float64Array, K: number): (number | null)[][] {
  const columns = Array.from({ length: K }, (_, k) => columnOf(Z, K, k));
  const lengths = columns.map(norm2);
  const cosine = (k: number, l: number): number | null => {
    if (lengths[k] === 0 || lengths[l] === 0) return null;
    if (k === l) return 1;
    const dot = columns[k].reduce((sum, x, i) => sum + x * columns[l][i], 0);
    return Math.max(-1, Math.min(1, dot / (lengths[k] * lengths[l])));
  };
  return columns.map((_, k) => columns.map((_, l) => cosine(k, l)));
}

/** K rows less their mean. */
export function aboutMean(rows: Float64Array, K: number): Float64Array {
  const d = rows.length / K;
  const mean = Float64Array.from({ length: d }, (_, c) => {
    let sum = 0;
    for (let k = 0; k < K; k++) sum += rows[k * d + c];
    return sum / K;
  });
  return rows.map((x, e) => x - mean[e % d]);
}
