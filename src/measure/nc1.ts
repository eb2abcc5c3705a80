import { type GramFactor, matrix, solveGram, svd, traceOfSolve, transpose } from "../math/index.ts";
import { eachBlock, madeRows, pickedRows } from "../row-store.ts";
import type { Frame } from "./frame.ts";
import type { Space } from "./near-pairs.ts";
import { factorOfRows } from "./row-factor.ts";
import { jacobiMost, rankTolerance } from "./span.ts";

/** NC1, (1/K) tr(Sigma_W Sigma_B^+), by the weighting of Sigma_B (`Collapse`). */
export interface Weightings {
  /** Classes alike, about the mean of all samples. */
  paper: number;
  /** By their samples, about that mean. */
  sampleWeighted: number;
  /** Classes alike, about the mean of the class means. */
  classBalanced: number;
}

/** NC1 by all three weightings, in the span of the means or a part of it. */
export function nc1s(frame: Frame, space: Space): Weightings {
  const { N, counts, present } = frame;
  const origin = sampleMean(frame, space);
  const { paper, classBalanced } = equallyWeighted(frame, space, origin);
  const alike = present.every((k) => counts[k] === counts[present[0]]);
  const share = (trace: number): number => trace / N / present.length;
  return {
    paper: share(paper),
    sampleWeighted: share(alike ? paper : traced(frame, space, origin, (k) => counts[k] / N).trace),
    classBalanced: share(classBalanced),
  };
}

/** The traces of classes alike. What Sigma_B was factored into is needed no longer afterwards. */
function equallyWeighted(frame: Frame, space: Space, origin: Float64Array): { paper: number; classBalanced: number } {
  const weight = (): number => 1 / frame.present.length;
  const balanced = traced(frame, space, new Float64Array(space.r), weight, firstFactor(frame, space));
  const paper = moved(balanced, space, origin) ?? traced(frame, space, origin, weight).trace;
  return { paper, classBalanced: balanced.trace };
}

/** The Cholesky factor of the class-balanced Sigma_B, where the frame has that of the sum. */
function firstFactor({ stored, present }: Frame, { projected }: Space): Float64Array | null {
  if (!stored?.factor || projected !== stored.projected) return null;
  const scale = 1 / Math.sqrt(present.length);
  const L = new Float64Array(stored.factor.n * stored.factor.d);
  stored.factor.copy(L, 0, stored.factor.n);
  for (let e = 0; e < L.length; e++) L[e] *= scale;
  return L;
}

/** tr(T Sigma_B^+), T the scatter of the space, and what Sigma_B was factored into (null: singular vectors). */
interface Traced {
  trace: number;
  factor: GramFactor | null;
}

/** The mean of all samples, as the means are: about the mean of the class means. */
function sampleMean({ N, counts }: Frame, { projected, r }: Space): Float64Array {
  const mean = new Float64Array(r);
  eachBlock(projected, (block, from, count) => {
    for (let i = 0, e = 0; i < count; i++) {
      const share = counts[from + i] / N;
      for (let a = 0; a < r; a++, e++) mean[a] += share * block[e];
    }
  });
  return mean;
}

/** The rows of X are sqrt(weight) (mu_k - origin), so that Sigma_B = X'X and with X = U S V' the trace is sum_l v_l' T v_l / S_l^2. */
function traced(
  { present }: Frame,
  { projected, scatter, r }: Space,
  origin: Float64Array,
  weight: (k: number) => number,
  known: Float64Array | null = null,
): Traced {
  const n = present.length;
  const there = pickedRows(projected, present);
  const X = madeRows(n, r, (into, from, to) => {
    there.copy(into, from, to);
    for (let i = from, e = 0; i < to; i++) {
      const root = Math.sqrt(weight(present[i]));
      for (let a = 0; a < r; a++, e++) into[e] = root * (into[e] - origin[a]);
    }
  });
  const factor = r > jacobiMost ? factorOfRows(X, known) : null;
  if (factor) return { trace: traceOfSolve(factor.L, scatter, r, factor.E), factor };
  const { S, U } = svd(transpose(matrix(n, r, X.all())));
  let trace = 0;
  for (let l = 0; l < S.length && S[l] > rankTolerance * S[0]; l++) {
    let form = 0;
    for (let a = 0; a < r; a++)
      for (let b = 0; b < r; b++) form += U.data[a * U.cols + l] * scatter[a * r + b] * U.data[b * U.cols + l];
    trace += form / S[l] ** 2;
  }
  return { trace, factor };
}

/**
 * The trace for the same weights about another origin o. The means add up to 0, so that Sigma_B becomes B + o o', and with u = B^-1 o (Sherman and Morrison 1950)
 *
 *   tr(T (B + o o')^-1) = tr(T B^-1) - u'T u / (1 + o'u).
 *
 * Null where there is no factor, or where more than half of the trace goes: one bit is what the difference may cost.
 */
function moved({ trace, factor }: Traced, { scatter, r }: Space, o: Float64Array): number | null {
  if (!factor) return null;
  const u = o.slice();
  solveGram(factor, u, r);
  let along = 0;
  let form = 0;
  for (let a = 0; a < r; a++) {
    along += o[a] * u[a];
    let sum = 0;
    for (let b = 0; b < r; b++) sum += scatter[a * r + b] * u[b];
    form += u[a] * sum;
  }
  const lost = form / (1 + along);
  return lost <= trace / 2 ? trace - lost : null;
}
