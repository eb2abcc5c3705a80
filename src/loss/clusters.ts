/**
 * Classes by clusters (theory, section 3), as a loss sees them: what every class of cluster j has, J numbers each. The solver's reduced problem is one.
 */
export interface LossClusters {
  /** Number of clusters. */
  readonly J: number;
  /** Number of classes. */
  readonly K: number;
  /** N lambda_Z. */
  readonly s: number;
  /** Label smoothing eps. */
  readonly smoothing: number;
  /** Cluster sizes k_j. */
  readonly size: Float64Array;
  /** n_j. */
  readonly count: Float64Array;
  /** w_j. */
  readonly weight: Float64Array;
  /** Delta_j. */
  readonly factor: Float64Array;
  /** iota_j. */
  readonly offset: Float64Array;
}

/** How the core M of a reduced problem enters the loss. */
export interface Scales {
  /** Logit of row cluster i in column j a unit of M_ij: rowScale_i colScale_j. */
  rowScale: Float64Array;
  /** See rowScale. */
  colScale: Float64Array;
  /** w_j n_j k_j: the weight of column j in the loss. */
  mass: Float64Array;
}

/** 1/sqrt(k_i), 1/sqrt(n_j k_j) and w_j n_j k_j. */
export function scalesOf(p: Pick<LossClusters, "size" | "count" | "weight">): Scales {
  return {
    rowScale: p.size.map((k) => 1 / Math.sqrt(k)),
    colScale: p.count.map((n, j) => 1 / Math.sqrt(n * p.size[j])),
    mass: p.count.map((n, j) => p.weight[j] * n * p.size[j]),
  };
}
