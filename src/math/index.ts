/**
 * Dense linear algebra in float64, roots, a Newton method and seeded random numbers: what the other rooms stand on. Matrices are row-major.
 *
 * @module math
 */

export type { NativeProduct, NativeProducts, SharedMatrix, SharedProduct } from "../native-products.ts";
export { factorDefinite, solveDefinite } from "./definite.ts";
export { type Eigen, symmetricEigen, symmetricEigenvalues } from "./eigen.ts";
export { type GramSum, gramSum } from "./gram-sum.ts";
export { partsOf } from "./kernels/gemm-native.ts";
export { type Evaluated, type LbfgsOptions, type LbfgsResult, lbfgs, lbfgsNow } from "./lbfgs.ts";
export { lengthOf, powerOfTwo } from "./length.ts";
export { type FoundLogSums, type LogSums, type LogSumsOfBlock, logSums } from "./log-sums.ts";
export { type LogSumsByParts, logSumsByParts, type PartedLogSums } from "./log-sums-by-parts.ts";
export { frobenius, fromRows, type Matrix, matrix, multiply, norm2, toRows, transpose } from "./matrix.ts";
export {
  byDiagonal,
  decrement,
  minimize,
  type NewtonOptions,
  type NewtonResult,
  type NewtonRow,
  type NewtonStop,
  type Point,
} from "./newton-cg.ts";
export {
  gramOfColumns,
  gramOfRows,
  mostThreads,
  multiplyBy,
  type Precision,
  shareProducts,
  times,
  timesTranspose,
  transposeTimes,
} from "./products.ts";
export { type Random, random, randomFromState } from "./random.ts";
export { concaveRoots, decreasingRoot } from "./roots.ts";
export { type RowProduct, type RowProducts, roughProducts, rowProducts, tallest } from "./row-products.ts";
export { Sum } from "./sum.ts";
export { type Svd, singularValues, svd } from "./svd.ts";
export {
  cholesky,
  choleskyInPlace,
  type GramFactor,
  lq,
  solveGram,
  solveLower,
  solveLowerOften,
  traceOfSolve,
} from "./triangular.ts";
