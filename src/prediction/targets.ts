import { checkKeys } from "../known-keys.ts";
import { type TargetsProblem, usualTolerance } from "../problem/index.ts";
import { predictionsOf, solveTargets } from "../solver/index.ts";
import type { Factors } from "./factors.ts";
import type { Prediction } from "./predict.ts";

/** A column of targets, and what the prediction makes of it. */
export interface PredictedColumn {
  /** Column index. */
  column: number;
  /** Its samples. */
  count: number;
  /** The class that the target gives the most, and how much. */
  label: number;
  /** Share of the label in the target. */
  share: number;
  /** The class with the largest predicted probability. */
  predicted: number;
  /** Probability of the label. */
  pLabel: number;
  /** Of the target, nats: what the cross-entropy cannot fall below. */
  entropy: number;
  /** CE(z_m + b, q_m), nats. */
  crossEntropy: number;
  /** Cross-entropy less entropy, the divergence of the prediction from the target. */
  divergence: number;
}

/**
 * The document of `nclab predict --targets` (theory, section 15). It has the fields of nclab.prediction/1, null where columns are no classes and they mean nothing: there are no clusters, own classes, phases or critical
 * counts.
 */
export interface TargetsPrediction
  extends Pick<
    Prediction,
    | "schema"
    | "objective"
    | "dual"
    | "gap"
    | "relativeGap"
    | "certified"
    | "reason"
    | "rank"
    | "singularValues"
    | "b"
    | "iterations"
    | "seconds"
  > {
  /** The problem as it was solved. `counts` are those of the columns. */
  problem: Pick<
    Prediction["problem"],
    "counts" | "K" | "N" | "lambdaZ" | "lambdaW" | "lambdaH" | "lambdaB" | "weightDecay" | "ends" | "branches"
  > & {
    /** Columns of targets. */
    M: number;
    /** No ReLU before the head. */
    nonnegative: false;
    /** What the targets are like: columns, different ones, shares that are not 0, and the mean entropy over all samples in nats, which the objective contains. */
    targets: { columns: number; distinct: number; nonzeros: number; entropy: number };
  };
  /** The problem of points (theory, section 10). */
  method: "targets";
  /** Mean predictions, K rows (logits) of M (columns of targets). */
  Z: number[][] | null;
  /** One entry a column. */
  columns: PredictedColumn[];
  /** Mean over all samples, nats: the objective without the penalties. */
  crossEntropy: number;
  /** Mean over all samples of cross-entropy less entropy. */
  divergence: number;
  /** Columns with one target, which are taken as one; those that stand alone left out. */
  equalColumns: number[][];
  /** Of problems of counts. */
  bins: null;
  /** Of nonnegative features. */
  ufmPlus: null;
  /** Of problems of counts. */
  phase: null;
  /** Of problems of counts. */
  criticalCount: null;
  /** Of problems of counts. */
  clusters: null;
  /** Of problems of counts. */
  vanished: null;
  /** Of problems of counts. */
  cosines: null;
}

/** Singular values below this share of the largest are directions that died out. */
const leastShare = 1e-6;
/** Up to this many numbers Z is in the document. */
const mostPredictions = 4_000_000;

/** Solves, certifies, and says what becomes of each column. Never throws for lack of accuracy: read `certified` and `gap`. */
export function predictTargets(
  problem: TargetsProblem,
  options: { tolerance?: number } = {},
): { prediction: TargetsPrediction; Z: Float64Array; factors: Factors } {
  checkKeys(options, { tolerance: true }, "options");
  const { tolerance = usualTolerance } = options;
  const began = globalThis.performance.now();
  const { groups, points, solution } = solveTargets(problem, { tolerance });
  const seconds = (globalThis.performance.now() - began) / 1000;
  const { K, M, N, counts, columns } = problem;
  const { answer, certificate, singularValues } = solution;
  const J = groups.length;
  const grouped = predictionsOf(points, answer);
  const of = new Int32Array(M);
  groups.forEach((group, j) => {
    for (const m of group) of[m] = j;
  });
  const Z = new Float64Array(K * M);
  for (let k = 0; k < K; k++) for (let m = 0; m < M; m++) Z[k * M + m] = grouped[k * J + of[m]];
  const b = Array.from(answer.b);
  const predicted = columns.map((_, m) => columnAt(problem, Z, b, m));
  const mean = (value: (c: PredictedColumn) => number): number => predicted.reduce((sum, c) => sum + (c.count / N) * value(c), 0);
  const { objective, dual, gap, relativeGap, certified } = certificate;
  const bar = leastShare * (singularValues[0] ?? 0);
  const values = Array.from({ length: Math.min(K, M) }, (_, l) => (singularValues[l] > bar ? singularValues[l] : 0));
  const { lambdaZ, lambdaW, lambdaH, lambdaB, weightDecay, ends, branches } = problem;
  const prediction: TargetsPrediction = {
    schema: "nclab.prediction/1",
    problem: {
      ...{ counts: [...counts], K, M, N, lambdaZ, lambdaW, lambdaH, lambdaB, weightDecay, ends, branches, nonnegative: false },
      targets: {
        columns: M,
        distinct: J,
        nonzeros: columns.reduce((sum, { classes }) => sum + classes.length, 0),
        entropy: mean((c) => c.entropy),
      },
    },
    method: "targets",
    ...{ objective, dual, gap, relativeGap, certified },
    reason: certified
      ? null
      : `after ${solution.iterations} steps the last digits no longer gained; the answer is right to the gap that is stated`,
    rank: values.filter((x) => x > 0).length,
    singularValues: values,
    Z: K * M <= mostPredictions ? Array.from({ length: K }, (_, k) => Array.from(Z.subarray(k * M, k * M + M))) : null,
    b,
    columns: predicted,
    crossEntropy: mean((c) => c.crossEntropy),
    divergence: mean((c) => c.divergence),
    equalColumns: groups.filter((group) => group.length > 1),
    ...{ bins: null, ufmPlus: null, phase: null, criticalCount: null, clusters: null, vanished: null, cosines: null },
    iterations: solution.iterations,
    seconds,
  };
  // A and B are balanced: M = Z D^(1/2) = A B'.
  const ratio = (lambdaH / lambdaW) ** 0.25;
  const d = answer.rank;
  const H = new Float64Array(M * d);
  for (let m = 0; m < M; m++) for (let l = 0; l < d; l++) H[m * d + l] = (answer.B[of[m] * d + l] * points.x[of[m]]) / ratio;
  return { prediction, Z, factors: { d, W: answer.A.map((a) => a * ratio), H } };
}

function columnAt({ K, M, counts, columns }: TargetsProblem, Z: Float64Array, b: readonly number[], m: number): PredictedColumn {
  const { classes, shares } = columns[m];
  const at = shares.reduce((best, share, e) => (share > shares[best] ? e : best), 0);
  const label = classes[at];
  const logit = (k: number): number => Z[k * M + m] + b[k];
  let predicted = 0;
  for (let k = 1; k < K; k++) if (logit(k) > logit(predicted)) predicted = k;
  let total = 0;
  for (let k = 0; k < K; k++) total += Math.exp(logit(k) - logit(predicted));
  const logSum = Math.log(total) + logit(predicted);
  const crossEntropy = shares.reduce((sum, q, e) => sum + q * (logSum - logit(classes[e])), 0);
  const divergence = shares.reduce((sum, q, e) => sum + q * (logSum - logit(classes[e]) + Math.log(q)), 0);
  return {
    column: m,
    count: counts[m],
    label,
    share: shares[at],
    predicted,
    pLabel: Math.exp(logit(label) - logSum),
    entropy: -shares.reduce((sum, q) => sum + q * Math.log(q), 0),
    crossEntropy,
    divergence,
  };
}
