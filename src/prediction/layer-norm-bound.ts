import { problem as convexProblem, type LayerNormProblem } from "../problem/index.ts";
import { summarize } from "./predict.ts";

/**
 * A lower bound of the model's minimum. With A = W diag(gamma) and |u_k|^2 <= d
 *
 *   |Z D^(1/2)|_* = |A U D^(1/2)|_* <= |A|_* |U D^(1/2)|_F <= |A|_* sqrt(d N),
 *
 * and (lambda_W/2)|W|^2 + (lambda_norm/2)|gamma|^2 >= sqrt(lambda_W lambda_norm) |A|_*, so the convex model with lambda_Z = Lambda/sqrt(N) lies below; shift and bias are together a bias that is
 * worth nothing less than no penalty. For a prediction of rank m whose u_k are spread evenly the first step loses a factor sqrt(m), which is why the bound is far from the value (no convex
 * penalty on Z does better for equal counts and even K: sums of w s' with s_k = +-sqrt(d) reach it).
 */
export function layerNormBound(p: LayerNormProblem): number {
  const { counts, weights, offsets, factors, smoothing } = p;
  const convex = convexProblem({
    counts: [...counts],
    lambdaZ: p.strength / Math.sqrt(p.N),
    lambdaB: 0,
    weights,
    offsets,
    factors,
    smoothing,
  });
  return summarize(convex, { tolerance: 1e-6 }).dual;
}
