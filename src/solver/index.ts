export { type BinnedSolution, solveBinned } from "./binned.ts";
export { type BlockAnswer, type Certificate, certify } from "./certificate.ts";
export { type Reduced, type ReducedPoint, reduce, separates } from "./reduced.ts";
export { type Solution, type SolveOptions, solve } from "./solve.ts";
