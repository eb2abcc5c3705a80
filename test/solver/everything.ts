import { type Problem, problem } from "../../src/problem/index.ts";

/** A problem with everything: clusters, a lone class, weights, offsets, factors, smoothing, a bias. */
export const everything: Problem = problem({
  counts: [50, 50, 20, 20, 20, 7, 5, 5],
  lambdaZ: 0.012,
  lambdaB: 0.05,
  weights: [1, 1, 2, 2, 2, 3, 1, 1],
  offsets: [0.3, 0.3, 0, 0, 0, -0.5, 0.1, 0.1],
  factors: [1, 1, 0.8, 0.8, 0.8, 0.6, 1.2, 1.2],
  smoothing: 0.05,
});
