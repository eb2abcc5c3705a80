export { type Bin, binnedProblem, binsOf } from "./bins.ts";
export { type Classes, type Cluster, clustersOf } from "./clusters.ts";
export { checkCounts, parseCounts, parseCountsFile, parseLongTail } from "./counts.ts";
export { type Problem, type ProblemInput, problem } from "./problem.ts";
export {
  type Convention,
  conventions,
  type Regularization,
  type RegularizationInput,
  regularization,
} from "./regularization.ts";
