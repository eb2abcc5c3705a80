import {
  matrix,
  minimize,
  type NewtonStop,
  type Precision,
  symmetricEigen,
  times,
  timesTranspose,
  transposeTimes,
} from "../math/index.ts";
import { usualTolerance } from "../problem/index.ts";
import { alternate } from "./alternate.ts";
import { efforts, excesses, growing, mostRounds, pointBlock, pointEfforts } from "./constants.ts";
import { checkPoints, type Points, type PointsAnswer } from "./points.ts";
import { balancedFactors } from "./points-balance.ts";
import { certifyPoints, type PointsCertificate } from "./points-certificate.ts";
import { grown } from "./points-grow.ts";
import { pointsModel } from "./points-model.ts";
import { settledPoints, widened } from "./points-start.ts";

/** What to reach, and where to begin. */
export interface PointsOptions {
  /** Relative duality gap asked for (default 1e-10). */
  tolerance?: number;
  /** Warm start: the answer to a nearby problem, in the same coordinates. */
  from?: PointsAnswer;
  /** Limit of rounds of descent and certificate (default 40). */
  maxRounds?: number;
}

/** The best answer found, with its proof. */
export interface PointsSolution {
  /** M as factors, and b. */
  answer: PointsAnswer;
  /** Its proof. */
  certificate: PointsCertificate;
  /** Singular values of M, descending, `answer.rank` of them. */
  singularValues: Float64Array;
  /** certified: the relative gap is within the tolerance. */
  status: "certified" | "inaccurate";
  /** Why Newton's method stopped at this answer; "limit" also where the rounds of descent and certificate came to their limit. */
  stopped: NewtonStop;
  /** Newton steps. */
  iterations: number;
  /** Hessian-vector products. */
  products: number;
}

/**
 * Solves the problem of points (points.ts) as solve.ts does that of counts: descend on the factors (trust-region Newton-CG), certify, and while the certificate fails leave along the
 * singular pairs of the gradient that still descend. Coordinates are turned first so that the points' second moments are diagonal, which the nuclear norm does not notice and the
 * preconditioner does. Not reaching the tolerance is a status, not an exception.
 */
export function solvePoints(given: Points, options: PointsOptions = {}): PointsSolution {
  checkPoints(given);
  const { tolerance = usualTolerance, from, maxRounds = mostRounds } = options;
  // Points apart from each other have diagonal moments as they are.
  const { points: p, Q } = given.apart ? { points: given, Q: null } : turned(given);
  let best: PointsSolution | undefined;
  let iterations = 0;
  let products = 0;
  // Steps are directions: their products may be rough where they are what the time goes into. Gradient, values and certificate are not.
  let precision: Precision = "double";
  const descend = (
    answer: PointsAnswer,
    effort: number,
    far: boolean,
    maxIterations?: number,
  ): { answer: PointsAnswer; stopped: NewtonStop; stalled: boolean } => {
    const model = pointsModel(p, answer.rank, precision);
    let x = model.pack(answer);
    if (far && answer.rank > 0) {
      const first = alternate(model, x, answer.A.length, answer.B.length);
      x = first.x;
      iterations += first.iterations;
      products += first.products;
    }
    const result = minimize(model.at, x, { tolerance: effort, maxIterations });
    iterations += result.iterations;
    products += result.products;
    return { answer: model.unpack(result.x), stopped: result.stopped, stalled: result.status === "stalled" };
  };
  const consider = (
    { answer: point, stopped }: { answer: PointsAnswer; stopped: NewtonStop },
    least?: number,
  ): { solution: PointsSolution; answer: PointsAnswer } => {
    const { answer, singularValues } = balancedFactors(p, point, least);
    // Without a penalty the bias has a constant that no probability notices.
    const level = p.lambdaB === 0 ? answer.b.reduce((sum, v) => sum + v, 0) / p.K : 0;
    const back = { ...answer, B: Q ? turnedBack(answer, Q, p.m) : answer.B, b: answer.b.map((v) => v - level) };
    const certificate = certifyPoints(given, back, { tolerance });
    const status = certificate.certified ? "certified" : "inaccurate";
    const solution = { answer: back, certificate, singularValues, status, stopped, iterations, products } as const;
    if (!best || certificate.relativeGap < best.certificate.relativeGap) best = solution;
    return { solution, answer };
  };

  let narrow = false;
  let point = from ? { ...from, B: Q ? turnedTo(from, Q, p.m) : from.B } : settledPoints(p);
  const far = point === null;
  if (!point) {
    const nothing = { rank: 0, A: new Float64Array(0), B: new Float64Array(0), b: new Float64Array(p.K) };
    const { answer } = Number.isFinite(p.lambdaB) ? descend(nothing, pointEfforts.bias, false) : { answer: nothing };
    point = widened(p, answer) ?? answer;
    if (point.rank > growing.fewDirections) {
      const first = grown(p, point);
      point = first.answer;
      iterations += first.iterations;
      products += first.products;
      narrow = true;
      precision = "single";
    }
  }
  // What the gap asks of the gradient: gap / objective is at most about decrement sqrt(rank / objective).
  const target = Math.min(efforts.loosest, pointEfforts.share * tolerance) / Math.sqrt(p.K);
  // A rough point already tells whether the rank suffices: worth asking first, and where few digits are asked for it may be all that is needed.
  let effort = narrow ? growing.lastEffort : Math.max(target, Math.min(efforts.loosest, Math.max(efforts.rough, tolerance)));
  let round = 0;
  for (; round < maxRounds; round++) {
    const ended = descend(point, effort, round === 0 && far && !narrow);
    const { solution, answer } = consider(ended, narrow ? growing.dropShare * effort : undefined);
    if (solution.status === "certified") {
      // Where a step costs next to nothing, some more make M itself as accurate as the objective, which nearer residuals prove early.
      if (effort > target && p.K * p.mass.length <= pointEfforts.cheap)
        consider(descend(answer, target, false, pointEfforts.moreSteps));
      break;
    }
    if (ended.stalled && precision === "single") {
      precision = "double";
      point = answer;
      continue;
    }
    const rough = effort > target;
    // A gradient clearly above lambda asks for a new direction; one barely above it, for more digits of the point at hand.
    const enough = solution.certificate.spectralRatio < 1 + (rough ? excesses.rough : excesses.fine) && !ended.stalled;
    const next = enough ? null : widened(p, answer);
    point = next ?? answer;
    if (!next && (effort <= efforts.least || ended.stalled)) break;
    // The gap of a proof by nearer residuals falls like the square of the effort.
    if (narrow) effort *= Math.min(0.5, Math.max(0.25, 0.5 * Math.sqrt(tolerance / solution.certificate.relativeGap)));
    else if (rough) effort = Math.max(target, pointEfforts.roughFall * effort);
    else if (!next) effort *= pointEfforts.next;
  }
  const found = best as unknown as PointsSolution;
  const stopped = round === maxRounds && found.status !== "certified" ? "limit" : found.stopped;
  return { ...found, stopped, iterations, products };
}

/** The points in coordinates in which sum omega x x' is diagonal: x_i becomes Q x_i (Q: m x m, a row a new coordinate). */
function turned(p: Points): { points: Points; Q: Float64Array } {
  const { m, x, mass } = p;
  const n = mass.length;
  const moments = matrix(m, m);
  for (let first = 0; first < n; first += pointBlock) {
    const rows = x.subarray(first * m, Math.min(n, first + pointBlock) * m);
    const weighted = rows.map((value, e) => value * mass[first + Math.floor(e / m)]);
    transposeTimes(moments.data, weighted, rows, rows.length / m, m, m, true);
  }
  const Q = symmetricEigen(moments).vectors.data;
  const coordinates = new Float64Array(n * m);
  timesTranspose(coordinates, x, Q, n, m, m);
  return { points: { ...p, x: coordinates }, Q };
}

/** Q B. */
function turnedTo({ B, rank }: PointsAnswer, Q: Float64Array, m: number): Float64Array {
  const to = new Float64Array(m * rank);
  if (rank > 0) times(to, Q, B, m, m, rank);
  return to;
}

/** Q'B. */
function turnedBack({ B, rank }: PointsAnswer, Q: Float64Array, m: number): Float64Array {
  const to = new Float64Array(m * rank);
  if (rank > 0) transposeTimes(to, Q, B, m, m, rank);
  return to;
}
