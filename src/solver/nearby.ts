import { gramOfColumns, matrix, symmetricEigen, timesTranspose } from "../math/index.ts";
import type { Cluster } from "../problem/index.ts";
import type { BlockAnswer } from "./columns.ts";
import { nearbyShare } from "./constants.ts";
import type { Reduced, ReducedPoint } from "./reduced.ts";
import { likelyRank } from "./start.ts";

/**
 * Starts from the answer to a nearby problem of the same classes, which may have been grouped otherwise: nearly equal counts taken together, or other remedies. Its Z and b are
 * read class by class, so that the answer on sixty groups is a start on three hundred, the differences within the groups (alpha) included.
 */
export interface Nearby {
  /** Its groups. */
  clusters: readonly Cluster[];
  /** Its answer on them. */
  blocks: BlockAnswer;
  /** Nonnegative features: tau of each of its columns (column-problem.ts). */
  tau?: Float64Array | null;
}

/** What solveNonnegative takes as `from`: bias, then tau, of each of the clusters. @internal */
export function nonnegativeNearby(clusters: readonly Cluster[], { clusters: old, blocks, tau }: Nearby): Float64Array {
  const J = clusters.length;
  const of = groupOf(old);
  const point = new Float64Array(2 * J);
  clusters.forEach(({ classes }, j) => {
    point[j] = blocks.bias[of[classes[0]]];
    point[J + j] = tau?.[of[classes[0]]] ?? 0;
  });
  return point;
}

/**
 * What solve takes as `from`, without directions beyond the rank that is likely (start.ts): one too many dies out slowly. Null where one is missing: the cold start has
 * them all.
 *
 * @internal
 */
export function freeNearby(p: Reduced, nearby: Nearby): ReducedPoint | null {
  const { J, clusters } = p;
  const { blocks, clusters: old } = nearby;
  const of = groupOf(old);
  const c = Float64Array.from(clusters, ({ classes }) => blocks.bias[of[classes[0]]]);
  const alike =
    old.length === J && clusters.every(({ classes, size }, j) => size === old[j].size && classes.every((k) => of[k] === j));
  const { A, B, rank } = (alike && sameFactors(p, nearby)) || factorsOfCore(coreOf(p, nearby, of), J);
  const likely = likelyRank(p);
  if (rank < likely) return null;
  const kept = Math.min(rank, likely);
  const leading = (F: Float64Array): Float64Array =>
    Float64Array.from({ length: J * kept }, (_, e) => F[Math.floor(e / kept) * rank + (e % kept)]);
  // The gaps alpha are minimized out where they are used (factored.ts).
  return { rank: kept, A: leading(A), B: leading(B), alpha: new Float64Array(J), c };
}

/** The group of every class. */
function groupOf(clusters: readonly Cluster[]): Int32Array {
  const of = new Int32Array(clusters.reduce((K, { size }) => K + size, 0));
  clusters.forEach(({ classes }, j) => {
    for (const k of classes) of[k] = j;
  });
  return of;
}

/** The same groups: its factors, with the new counts. */
function sameFactors({ count }: Reduced, { blocks: { coreFactors: factors }, clusters }: Nearby): BlockAnswer["coreFactors"] {
  if (!factors) return undefined;
  const { A, B, rank } = factors;
  return { A, B: B.map((x, e) => x * Math.sqrt(count[Math.floor(e / rank)] / clusters[Math.floor(e / rank)].count)), rank };
}

/** The core of the new groups (reduced.ts), from the old Z. */
function coreOf({ J, clusters }: Reduced, { blocks, clusters: old }: Nearby, of: Int32Array): Float64Array {
  const { other, own } = blocks;
  const between = (k: number, l: number): number => other[of[k] * old.length + of[l]];
  const core = new Float64Array(J * J);
  clusters.forEach(({ classes, size: k, count }, j) => {
    const root = Math.sqrt(count);
    for (let i = 0; i < J; i++)
      core[i * J + j] = between(clusters[i].classes[0], classes[0]) * Math.sqrt(clusters[i].size * k) * root;
    core[j * J + j] = (own[of[classes[0]]] + (k > 1 ? (k - 1) * between(classes[1], classes[0]) : 0)) * root;
  });
  return core;
}

/** Balanced factors of a core, without what is below a millionth of the largest direction: the eigenvalues of its Gram matrix tell no more. */
function factorsOfCore(core: Float64Array, J: number): NonNullable<BlockAnswer["coreFactors"]> {
  const gram = matrix(J, J);
  gramOfColumns(gram.data, core, J, J);
  const { values, vectors } = symmetricEigen(gram);
  const kept = Array.from(values.keys())
    .reverse()
    .filter((l) => values[l] > nearbyShare * values[J - 1]);
  const rank = kept.length;
  const V = new Float64Array(rank * J);
  kept.forEach((from, l) => {
    V.set(vectors.data.subarray(from * J, from * J + J), l * J);
  });
  const A = new Float64Array(J * rank);
  const B = new Float64Array(J * rank);
  timesTranspose(A, core, V, J, rank, J);
  kept.forEach((from, l) => {
    // sigma^(1/2).
    const root = values[from] ** 0.25;
    for (let i = 0; i < J; i++) {
      A[i * rank + l] /= root;
      B[i * rank + l] = V[l * J + i] * root;
    }
  });
  return { A, B, rank };
}
