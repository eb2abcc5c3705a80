export { type BinnedSolution, solveBinned } from "./binned.ts";
export { type BlockAnswer, type Certificate, certify } from "./certificate.ts";
export { path, withLambdaZ } from "./path.ts";
export { type Reduced, type ReducedPoint, reduce, separates } from "./reduced.ts";
export { gapOf, type Restricted, restricted } from "./restricted.ts";
export { type Solution, type SolveOptions, solve } from "./solve.ts";
