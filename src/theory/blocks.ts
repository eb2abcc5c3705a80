import type { TwoClusterSolution } from "./two-clusters.ts";

/** The numbers of a closed form as block values, in the order (A, B): what the certificate and the lifted matrix read. */
export interface BlockValues {
  /** Row cluster i, column cluster j, not the class itself (J x J, row-major). */
  other: Float64Array;
  /** z_kk of a class of cluster j (J numbers). */
  own: Float64Array;
  /** Bias of cluster j (J numbers). */
  bias: Float64Array;
}

/** Z = a (K I - J), b = 0. */
export function balancedBlocks(K: number, a: number): BlockValues {
  return { other: Float64Array.of(-a), own: Float64Array.of(a * (K - 1)), bias: new Float64Array(1) };
}

/** The block matrix of theory section 5. */
export function twoClusterBlocks(kA: number, kB: number, { phase, a, b, c, d, m }: TwoClusterSolution): BlockValues {
  return {
    other: Float64Array.of(-a, -b, -c, -d),
    // Merged classes have one vector: the same number, not the same up to rounding.
    own: Float64Array.of(a * (kA - 1) + c * kB, phase === "a" ? d * (kB - 1) + b * kA : -d),
    bias: Float64Array.of(m * kB, -m * kA),
  };
}
