export { balanced } from "./balanced.ts";
export { type BlockValues, balancedBlocks, twoClusterBlocks } from "./blocks.ts";
export { type Collapse, collapse } from "./collapse.ts";
export { type EtfRate, etfRate } from "./limits.ts";
export { type Phase, phase, xi } from "./phase.ts";
export {
  checkPhaseParameter,
  type PhaseAxis,
  type PhaseGridInput,
  type PhaseParameter,
  type PhasePoint,
  phaseGrid,
  phaseParameters,
} from "./phase-grid.ts";
export {
  coreBoundaries,
  type MajorityThresholds,
  majorityThresholds,
  mergeThreshold,
  ratioThreshold,
} from "./thresholds.ts";
export { type TwoClusterSolution, type TwoClusters, twoClusters } from "./two-clusters.ts";
