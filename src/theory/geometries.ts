import { type BlockMatrix, type CountGroup, inverseRoot } from "./inverse-root.ts";

/**
 * Known geometries of the last layer (theory, section 12), each up to scale: the mean predictions Z, and the Gram matrices W W' of the head's rows and M M' of the class features about the mean of the
 * K class means. All are constant on blocks of classes of one count. With the polar factor T D^(1/2) of Z D^(1/2) they are, by (1.4),
 *
 *   W W' = T D Z',   H H' = Z' T,   M M' = Pi H H' Pi.
 *
 *   simplex   Pi three times;
 *   SELI      Z = Pi, T = (Pi D Pi)^(+1/2): the factors of the simplex-encoded labels (Thrampoulidis et al. 2022, Definition 2), H H' = T and W W' = (Pi D Pi)^(1/2);
 *   the limit lambda_Z -> 0 of a problem: SELI where the bias costs something or there is none; with a bias that costs nothing Z = I - n 1'/N and the T of (6.10); with nonnegative features
 *             directions of their own for all classes, H H' = D^(-1/2), W W' = Pi D^(1/2) Pi.
 */
export interface Geometry {
  /** Z, rows: logits, columns: classes. */
  readonly Z: BlockMatrix;
  /** W W'. */
  readonly weights: BlockMatrix;
  /** M M'. */
  readonly features: BlockMatrix;
}

/** The simplex ETF: Pi = I - J/K three times. */
export function simplexGeometry(groups: readonly CountGroup[]): Geometry {
  const K = classesIn(groups);
  const Z = filled(groups, (_j, _k, own) => (own ? 1 : 0) - 1 / K);
  return { Z, weights: Z, features: Z };
}

/** The simplex-encoded-labels interpolation of these counts. */
export function seliGeometry(groups: readonly CountGroup[]): Geometry {
  const T = inverseRoot(groups, false);
  const K = classesIn(groups);
  // T n, by differences, as the rows of T sum to 0.
  const pull = groups.map(({ count }, j) =>
    groups.reduce((sum, group, k) => sum + group.size * at(T, j, k, false) * (group.count - count), 0),
  );
  const weights = filled(groups, (j, k, own) => at(T, j, k, own) * groups[k].count - pull[j] / K);
  return { Z: simplexGeometry(groups).Z, weights, features: T };
}

/** What else the limit depends on. */
export interface LimitKind {
  /** A bias that costs nothing. */
  readonly freeBias: boolean;
  /** Nonnegative features. */
  readonly nonnegative: boolean;
}

/** Where a problem with these counts goes as lambda_Z -> 0; null for nonnegative features with a bias that costs nothing, which have no such limit. */
export function limitGeometry(groups: readonly CountGroup[], { freeBias, nonnegative }: LimitKind): Geometry | null {
  if (nonnegative && freeBias) return null;
  if (nonnegative) {
    const root = (j: number): number => Math.sqrt(groups[j].count);
    return {
      Z: simplexGeometry(groups).Z,
      weights: centred(
        groups,
        filled(groups, (j, _, own) => (own ? root(j) : 0)),
      ),
      features: centred(
        groups,
        filled(groups, (j, _, own) => (own ? 1 / root(j) : 0)),
      ),
    };
  }
  if (!freeBias) return seliGeometry(groups);
  const T = inverseRoot(groups, true);
  const N = groups.reduce((sum, { size, count }) => sum + size * count, 0);
  return {
    Z: filled(groups, (j, _, own) => (own ? 1 : 0) - groups[j].count / N),
    // T n = 0.
    weights: filled(groups, (j, k, own) => at(T, j, k, own) * groups[k].count),
    // What Z' T has beside T is one number a column.
    features: centred(groups, T),
  };
}

/** Pi X Pi. */
export function centred(groups: readonly CountGroup[], X: BlockMatrix): BlockMatrix {
  const K = classesIn(groups);
  const mean = (entry: (i: number, own: boolean) => number, of: number): number =>
    groups.reduce((sum, { size }, i) => sum + (size - (i === of ? 1 : 0)) * entry(i, false), entry(of, true)) / K;
  const rows = groups.map((_, j) => mean((k, own) => at(X, j, k, own), j));
  const columns = groups.map((_, k) => mean((j, own) => at(X, j, k, own), k));
  const all = groups.reduce((sum, { size }, j) => sum + size * rows[j], 0) / K;
  return filled(groups, (j, k, own) => at(X, j, k, own) - rows[j] - columns[k] + all);
}

const classesIn = (groups: readonly CountGroup[]): number => groups.reduce((sum, { size }) => sum + size, 0);

const at = ({ other, own }: BlockMatrix, j: number, k: number, diagonal: boolean): number =>
  diagonal ? own[j] : other[j * own.length + k];

function filled(groups: readonly CountGroup[], entry: (j: number, k: number, own: boolean) => number): BlockMatrix {
  const J = groups.length;
  const other = new Float64Array(J * J);
  for (let j = 0; j < J; j++) for (let k = 0; k < J; k++) other[j * J + k] = entry(j, k, false);
  return { other, own: Float64Array.from(groups, (_, j) => entry(j, j, true)) };
}
