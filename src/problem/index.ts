/**
 * The problem: class counts, regularization, remedies, checked once and grouped into clusters (theory, sections 1, 3 and 6).
 *
 * @module problem
 */
export { type Bin, binnedProblem, binsOf } from "./bins.ts";
export { type Classes, type Cluster, clustersOf } from "./clusters.ts";
export { presentCounts } from "./count-labels.ts";
export { countsOfValue, missingNumbers } from "./count-notation.ts";
export { type CountTable, parseCountsFile, parseCountTable, saysCounts } from "./count-table.ts";
export { checkCounts, parseCounts, parseLongTail } from "./counts.ts";
export { type Family, type FamilyParameter, family, familyParameters } from "./family.ts";
export { checkLayerNormWidth, endsInLayerNorm, type LayerNormProblem, layerNormProblem } from "./layer-norm.ts";
export { checkBounds, type LayerPeeledProblem, layerPeeledProblem, type NormBounds, penalized } from "./layer-peeled.ts";
export { isProblem } from "./made.ts";
export { type DiagonalMetric, diagonalMetric } from "./metric.ts";
export { type Preset, presets } from "./presets/presets.ts";
export { type Loss, type Problem, type ProblemInput, problem, problemKeys, withLambdaZ } from "./problem.ts";
export { type Proof, type ProofValues, prove, proveOf, usualTolerance } from "./proof.ts";
export {
  type Convention,
  checkComplete,
  checkLambdas,
  checkPositive,
  conventionNamed,
  conventions,
  leastLambda,
  mostLambda,
  type Origin,
  type Regularization,
  type RegularizationInput,
  regularization,
  regularizationKeys,
} from "./regularization.ts";
export { sampleCount } from "./sample-count.ts";
export { columnSumWithin, type TargetColumn, type TargetsInput, type TargetsProblem, targetsProblem } from "./targets.ts";
export {
  type FeatureEnding,
  featureEndings,
  layerNormEnding,
  saysWeightDecay,
  type WeightDecay,
  type WeightDecayInput,
} from "./weight-decay.ts";
