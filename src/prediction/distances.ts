import { gramOfRows, matrix } from "../math/index.ts";
import type { Cluster } from "../problem/index.ts";
import {
  type BlockMatrix,
  type CountGroup,
  centred,
  type Geometry,
  type LimitKind,
  limitGeometry,
  seliGeometry,
  simplexGeometry,
} from "../theory/index.ts";
import { decompose } from "./factors.ts";
import type { Prediction, PredictionSummary } from "./predict.ts";

/** How far a last layer is from a known geometry, each | X/|X|_F - R/|R|_F |_F: 0 is the geometry up to scale, sqrt 2 orthogonal to it, 2 its negative. Null where X is 0 or not there. */
export interface Distance {
  /** Of the mean predictions, K x K. */
  Z: number | null;
  /** Of the Gram matrix W W' of the head's rows. */
  weights: number | null;
  /** Of the Gram matrix M M' of the class features about the mean of the K class means. */
  features: number | null;
}

/**
 * Distances to the three geometries that counts single out (theory, section 12). Simplex and SELI have one Z, I - J/K; what tells them apart is the head and the features. `limit`: lambda_Z -> 0 of the
 * problem at hand; null where there is no problem or the limit is not known.
 */
export interface Distances {
  /** The simplex ETF. */
  simplex: Distance;
  /** The simplex-encoded-labels interpolation (Thrampoulidis et al. 2022). */
  seli: Distance;
  /** Where the problem goes as its regularization vanishes. */
  limit: Distance | null;
}

/** What is compared, class by class or by groups of classes that are alike; null: not there. */
export interface LastLayer {
  /** The groups. */
  readonly groups: readonly CountGroup[];
  /** Mean predictions. */
  readonly Z: BlockMatrix | null;
  /** W W'. */
  readonly weights: BlockMatrix | null;
  /** M M'. */
  readonly features: BlockMatrix | null;
}

/** The one function behind `nclab predict` and `nclab measure`. `problem`: whose limit is meant. */
export function distancesOf(layer: LastLayer, problem: LimitProblem | null): Distances {
  const byCount = new Map<number, number>();
  const sizes: number[] = [];
  const of = layer.groups.map(({ count, size }) => {
    const known = byCount.get(count);
    const j = known ?? byCount.size;
    if (known === undefined) byCount.set(count, j);
    sizes[j] = (sizes[j] ?? 0) + size;
    return j;
  });
  const counts = [...byCount.keys()].map((count, j) => ({ count, size: sizes[j] }));
  const to = (geometry: Geometry): Distance => ({
    Z: between(layer.groups, of, layer.Z, geometry.Z),
    weights: between(layer.groups, of, layer.weights, geometry.weights),
    features: between(layer.groups, of, layer.features, geometry.features),
  });
  const kind = problem && limitKindOf(problem);
  const seli = to(seliGeometry(counts));
  // Most limits are SELI, which takes the time of many classes.
  const isSeli = kind !== null && !kind.freeBias && !kind.nonnegative;
  const limit = kind && !isSeli ? limitGeometry(counts, kind) : null;
  return { simplex: to(simplexGeometry(counts)), seli, limit: isSeli ? seli : limit && to(limit) };
}

/** What the limit depends on. */
export type LimitProblem = Pick<
  Prediction["problem"],
  "lambdaB" | "weightDecay" | "nonnegative" | "factors" | "smoothing" | "loss"
>;

/**
 * Margins grow without bound and with them Z, whose direction weights and offsets do not change. With factors and with other losses the direction is not known here; with smoothing Z stays finite, (1 - eps) e_k + eps/K asks
 * for Z + b 1' = c Pi, and of a bias whose penalty fades with lambda_Z (a weight decay) the share is not known.
 */
function limitKindOf({ lambdaB, weightDecay, nonnegative, factors, smoothing, loss }: LimitProblem): LimitKind | null {
  const sharedWithBias = smoothing > 0 && weightDecay !== null && lambdaB > 0 && Number.isFinite(lambdaB);
  return loss !== "cross-entropy" || factors !== null || sharedWithBias ? null : { freeBias: lambdaB === 0, nonnegative };
}

/** The distance of X, in `groups`, from R, in groups of equal count: group i of X is in group of[i] of R. */
function between(groups: readonly CountGroup[], of: readonly number[], X: BlockMatrix | null, R: BlockMatrix): number | null {
  if (X === null) return null;
  // Squares of tiny matrices are 0.
  const top = largestOf(X.other, largestOf(X.own, 0));
  if (top === 0) return null;
  // Plain loops: a call for each of J^2 entries takes longer than the sums.
  const J = groups.length;
  const Q = R.own.length;
  const to = Int32Array.from(of);
  const sizes = Float64Array.from(groups, ({ size }) => size);
  let squares = 0;
  let reference = 0;
  for (let i = 0; i < J; i++) {
    squares += sizes[i] * (X.own[i] / top) ** 2;
    reference += sizes[i] * R.own[to[i]] ** 2;
    for (let j = 0; j < J; j++) {
      const entries = sizes[i] * (i === j ? sizes[j] - 1 : sizes[j]);
      if (entries === 0) continue;
      squares += entries * (X.other[i * J + j] / top) ** 2;
      reference += entries * R.other[to[i] * Q + to[j]] ** 2;
    }
  }
  const lengthX = Math.sqrt(squares);
  const lengthR = Math.sqrt(reference);
  let apart = 0;
  for (let i = 0; i < J; i++) {
    apart += sizes[i] * (X.own[i] / top / lengthX - R.own[to[i]] / lengthR) ** 2;
    for (let j = 0; j < J; j++) {
      const entries = sizes[i] * (i === j ? sizes[j] - 1 : sizes[j]);
      if (entries === 0) continue;
      apart += entries * (X.other[i * J + j] / top / lengthX - R.other[to[i] * Q + to[j]] / lengthR) ** 2;
    }
  }
  return Math.sqrt(apart);
}

/** Of the amounts, and of `from`. */
function largestOf(values: Float64Array, from: number): number {
  let most = from;
  for (let e = 0; e < values.length; e++) most = Math.max(most, Math.abs(values[e]));
  return most;
}

/** Rows of d numbers, one a class. */
export interface ClassRows {
  /** K x d. */
  readonly rows: Float64Array;
  /** Numbers of a row. */
  readonly d: number;
}

/** Those of matrices class by class: Z (K x K, row-major), head W, and class features about their mean, M; null: not there. */
export function distancesOfMatrices(
  counts: readonly number[],
  { Z, W, M }: { Z: Float64Array | null; W: ClassRows | null; M: ClassRows | null },
  problem: LimitProblem | null,
): Distances {
  const K = counts.length;
  const square = (data: Float64Array): BlockMatrix => ({
    other: data,
    own: Float64Array.from({ length: K }, (_, k) => data[k * K + k]),
  });
  const gram = ({ rows, d }: ClassRows): BlockMatrix => {
    const G = new Float64Array(K * K);
    gramOfRows(G, rows, K, d);
    return square(G);
  };
  const groups = counts.map((count) => ({ count, size: 1 }));
  return distancesOf({ groups, Z: Z && square(Z), weights: W && gram(W), features: M && gram(M) }, problem);
}

/** Those of a prediction, from its blocks. */
export function distancesOfPrediction({
  clusters,
  blocks,
  problem,
}: Pick<PredictionSummary, "clusters" | "blocks" | "problem">): Distances {
  const Z = { other: Float64Array.from(blocks.other.flat()), own: Float64Array.from(blocks.own) };
  const grams = problem.nonnegative ? ownDirectionGrams(clusters, Z) : gramsOf(clusters, Z);
  return distancesOf({ groups: clusters, Z, ...grams }, problem);
}

type Grams = Pick<Geometry, "weights" | "features">;
type Groups = readonly Pick<Cluster, "count" | "size">[];

/** W W' = U S U' and H H' = D^(-1/2) V S V' D^(-1/2) of Z D^(1/2) = U S V': the core's (J x J), and on each cluster its own |alpha_j| sqrt(n_j) (I - J/k_j). */
function gramsOf(groups: Groups, Z: BlockMatrix): Grams {
  const J = groups.length;
  const root = groups.map(({ count }) => Math.sqrt(count));
  const core = new Float64Array(J * J);
  const within = groups.map((_, j) => root[j] * Math.abs(Z.own[j] - Z.other[j * J + j]));
  groups.forEach(({ size }, j) => {
    for (let i = 0; i < J; i++) {
      const z = Z.other[i * J + j];
      core[i * J + j] = root[j] * (i === j ? Z.own[j] + (size - 1) * z : z * Math.sqrt(groups[i].size * size));
    }
  });
  const { U, S, V } = decompose(core, J);
  const gram = (F: Float64Array, scale: (j: number) => number): BlockMatrix => {
    const scaled = F.map((x, e) => x * Math.sqrt(S[e % J]));
    const product = matrix(J, J).data;
    gramOfRows(product, scaled, J, J);
    const other = product.map((x, e) => {
      const i = Math.floor(e / J);
      const j = e % J;
      const spread = x / Math.sqrt(groups[i].size * groups[j].size);
      return (spread - (i === j ? within[j] / groups[j].size : 0)) / (scale(i) * scale(j));
    });
    return { other, own: Float64Array.from(groups, (_, j) => other[j * J + j] + within[j] / scale(j) ** 2) };
  };
  return {
    weights: gram(U, () => 1),
    features: centred(
      groups,
      gram(V, (j) => root[j]),
    ),
  };
}

/** Nonnegative features, a direction a class (section 7): W W' = sum_k sqrt(n_k) z_k z_k'/|z_k|, H H' = diag(|z_k|/sqrt(n_k)). */
function ownDirectionGrams(groups: Groups, Z: BlockMatrix): Grams {
  const J = groups.length;
  const length = groups.map(({ size }, j) => {
    let squares = Z.own[j] ** 2 + (size - 1) * Z.other[j * J + j] ** 2;
    for (let i = 0; i < J; i++) if (i !== j) squares += groups[i].size * Z.other[i * J + j] ** 2;
    return Math.sqrt(squares);
  });
  const share = groups.map(({ count }, j) => (length[j] > 0 ? Math.sqrt(count) / length[j] : 0));
  // z_k = x_j + lift_j e_k, x_j constant on clusters.
  const lift = groups.map((_, j) => Z.own[j] - Z.other[j * J + j]);
  const scaled = Z.other.map((z, e) => z * Math.sqrt(share[e % J] * groups[e % J].size));
  const other = new Float64Array(J * J);
  gramOfRows(other, scaled, J, J);
  for (let i = 0; i < J; i++)
    for (let j = 0; j < J; j++)
      other[i * J + j] += share[j] * lift[j] * Z.other[i * J + j] + share[i] * lift[i] * Z.other[j * J + i];
  const own = Float64Array.from(groups, (_, j) => other[j * J + j] + share[j] * lift[j] ** 2);
  const norms = Float64Array.from(groups, ({ count }, j) => length[j] / Math.sqrt(count));
  return { weights: { other, own }, features: centred(groups, { other: new Float64Array(J * J), own: norms }) };
}
