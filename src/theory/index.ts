export { balanced } from "./balanced.ts";
export { type BlockValues, balancedBlocks, twoClusterBlocks } from "./blocks.ts";
export { type TwoClusterSolution, type TwoClusters, twoClusters } from "./two-clusters.ts";
