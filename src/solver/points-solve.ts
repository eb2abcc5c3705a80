import { symmetricEigen } from "../math/eigen.ts";
import { matrix } from "../math/matrix.ts";
import { minimize } from "../math/newton-cg.ts";
import { times, timesTranspose, transposeTimes } from "../math/products.ts";
import { usualTolerance } from "../problem/index.ts";
import { alternate } from "./alternate.ts";
import { checkPoints, type Points, type PointsAnswer } from "./points.ts";
import { certifyPoints, type PointsCertificate } from "./points-certificate.ts";
import { pointsModel } from "./points-model.ts";
import { widened } from "./points-start.ts";

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
  const { tolerance = usualTolerance, from, maxRounds = 40 } = options;
  const { points: p, Q } = turned(given);
  let best: PointsSolution | undefined;
  let iterations = 0;
  let products = 0;
  const descend = (answer: PointsAnswer, effort: number, far: boolean): { answer: PointsAnswer; stalled: boolean } => {
    const model = pointsModel(p, answer.rank);
    let x = model.pack(answer);
    if (far && answer.rank > 0) {
      const first = alternate(model, x, answer.A.length, answer.B.length);
      x = first.x;
      iterations += first.iterations;
      products += first.products;
    }
    const result = minimize(model.at, x, { tolerance: effort });
    iterations += result.iterations;
    products += result.products;
    return { answer: model.unpack(result.x), stalled: result.status === "stalled" };
  };
  const consider = (point: PointsAnswer): { solution: PointsSolution; answer: PointsAnswer } => {
    const { answer, singularValues } = balanced(p, point);
    // Without a penalty the bias has a constant that no probability notices.
    const level = p.lambdaB === 0 ? answer.b.reduce((sum, v) => sum + v, 0) / p.K : 0;
    const back = { ...answer, B: turnedBack(answer, Q, p.m), b: answer.b.map((v) => v - level) };
    const certificate = certifyPoints(given, back, { tolerance });
    const status = certificate.certified ? "certified" : "inaccurate";
    const solution = { answer: back, certificate, singularValues, status, iterations, products } as const;
    if (!best || certificate.relativeGap < best.certificate.relativeGap) best = solution;
    return { solution, answer };
  };

  let point = from ? { ...from, B: turnedTo(from, Q, p.m) } : null;
  if (!point) {
    const nothing = { rank: 0, A: new Float64Array(0), B: new Float64Array(0), b: new Float64Array(p.K) };
    const { answer } = Number.isFinite(p.lambdaB) ? descend(nothing, 1e-6, false) : { answer: nothing };
    point = widened(p, answer) ?? answer;
  }
  // What the gap asks of the gradient: gap / objective is at most about decrement sqrt(rank / objective).
  const target = Math.min(1e-2, 0.1 * tolerance) / Math.sqrt(p.K);
  // A rough point already tells whether the rank suffices: worth asking first, and where few digits are asked for it may be all that is needed.
  let effort = Math.max(target, Math.min(1e-2, Math.max(1e-5, tolerance)));
  for (let round = 0; round < maxRounds; round++) {
    const ended = descend(point, effort, round === 0 && !from);
    const { solution, answer } = consider(ended.answer);
    if (solution.status === "certified") break;
    const rough = effort > target;
    // A gradient clearly above lambda asks for a new direction; one barely above it, for more digits of the point at hand.
    const enough = solution.certificate.spectralRatio < 1 + (rough ? 1e-3 : 1e-6) && !ended.stalled;
    const next = enough ? null : widened(p, answer);
    point = next ?? answer;
    if (!next && (effort <= 1e-17 || ended.stalled)) break;
    if (rough) effort = Math.max(target, 0.1 * effort);
    else if (!next) effort *= 1e-2;
  }
  return { ...(best as unknown as PointsSolution), iterations, products };
}

/** The points in coordinates in which sum omega x x' is diagonal: x_i becomes Q x_i (Q: m x m, a row a new coordinate). */
function turned(p: Points): { points: Points; Q: Float64Array } {
  const { m, x, mass } = p;
  const n = mass.length;
  const moments = matrix(m, m);
  const step = 512;
  for (let first = 0; first < n; first += step) {
    const rows = x.subarray(first * m, Math.min(n, first + step) * m);
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

/**
 * The same product A B' in factors for which A'A + B'B is diagonal, without directions that have died out (below 1e-12 of the largest). At a stationary point A'A = B'B, so that the
 * eigenvalues of their mean are the singular values of A B'.
 */
function balanced({ K, m }: Points, { A, B, rank: r, b }: PointsAnswer): { answer: PointsAnswer; singularValues: Float64Array } {
  if (r === 0) return { answer: { A, B, rank: 0, b }, singularValues: new Float64Array(0) };
  const gram = matrix(r, r);
  transposeTimes(gram.data, A, A, K, r, r);
  transposeTimes(gram.data, B, B, m, r, r, true);
  for (let e = 0; e < r * r; e++) gram.data[e] /= 2;
  const { values, vectors } = symmetricEigen(gram);
  const kept = Array.from(values.keys())
    .reverse()
    .filter((l) => values[l] > 1e-12 * values[r - 1]);
  const rank = kept.length;
  const turn = new Float64Array(rank * r);
  kept.forEach((from, l) => {
    turn.set(vectors.data.subarray(from * r, from * r + r), l * r);
  });
  const left = new Float64Array(K * rank);
  const right = new Float64Array(m * rank);
  if (rank > 0) {
    timesTranspose(left, A, turn, K, rank, r);
    timesTranspose(right, B, turn, m, rank, r);
  }
  return { answer: { rank, A: left, B: right, b }, singularValues: Float64Array.from(kept, (l) => values[l]) };
}
