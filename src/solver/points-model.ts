import { type Point, type Precision, times, timesTranspose, transposeTimes } from "../math/index.ts";
import { pointBlock } from "./constants.ts";
import type { Points, PointsAnswer } from "./points.ts";
import { ontoCoordinates, ontoFactors, ontoSquares } from "./points-coordinates.ts";
import { type Block, probabilities, toChanges, toResiduals } from "./points-softmax.ts";

/**
 * The problem of points (points.ts) as a smooth function of factors, M = A B', |M|_* = min (|A|^2 + |B|^2)/2:
 *
 *   f(A, B, b) = sum_i omega_i CE(A B' x_i + b, q_i) + (lambda/2)(|A|^2 + |B|^2) + (lambda_b/2)|b|^2.
 *
 * It has no spurious local minimum once the rank suffices, so descent reaches the optimum; the certificate (points-certificate.ts) decides whether it has.
 * Points are worked on in blocks, so that what belongs to a block stays near.
 *
 * Variables: [A (K x r), B (m x r), b (K, if there is a bias)].
 */
export interface PointsModel {
  at(variables: Float64Array): Point;
  pack(answer: PointsAnswer): Float64Array;
  unpack(variables: Float64Array): PointsAnswer;
}

/** `precision`: of the products in Hessian times vector, which are only on the way to an answer (math/products.ts). */
export function pointsModel(p: Points, rank: number, precision: Precision = "double"): PointsModel {
  const layout = layoutOf(p, rank);
  const { atB, atC, length, hasBias } = layout;
  return {
    at(variables) {
      const place = evaluate(p, layout, variables);
      let inverse: Float64Array | null = null;
      return {
        f: place.f,
        gradient: place.gradient,
        precondition(v, out) {
          inverse ??= diagonal(p, layout, place).map((d) => 1 / d);
          for (let e = 0; e < length; e++) out[e] = v[e] * inverse[e];
        },
        curvature: (v, out) => curvature(p, layout, place, { v, out, precision }),
      };
    },
    pack(answer) {
      const variables = new Float64Array(length);
      variables.set(answer.A, 0);
      variables.set(answer.B, atB);
      if (hasBias) variables.set(answer.b, atC);
      return variables;
    },
    unpack: (variables) => ({
      rank,
      A: variables.slice(0, atB),
      B: variables.slice(atB, atC),
      b: hasBias ? variables.slice(atC) : new Float64Array(p.K),
    }),
  };
}

interface Layout {
  r: number;
  atB: number;
  atC: number;
  length: number;
  hasBias: boolean;
}

function layoutOf({ K, m, lambdaB }: Points, r: number): Layout {
  const hasBias = Number.isFinite(lambdaB);
  const atC = (K + m) * r;
  return { r, atB: K * r, atC, length: atC + (hasBias ? K : 0), hasBias };
}

/** The function at a point, and what its derivatives need. */
interface Place {
  f: number;
  gradient: Float64Array;
  A: Float64Array;
  /** B'x_i, n x r. */
  H: Float64Array;
  /** omega (p - q), n x K. */
  R: Float64Array;
}

function* blocksOf({ K, labels, shares, mass }: Points): Generator<Block> {
  const n = mass.length;
  for (let first = 0; first < n; first += pointBlock)
    yield { K, labels, shares, mass, first, count: Math.min(pointBlock, n - first) };
}

const rowsOf = (data: Float64Array, width: number, { first, count }: Block): Float64Array =>
  data.subarray(first * width, (first + count) * width);

const biasIn = (variables: Float64Array, { hasBias, atC }: Layout, K: number): Float64Array =>
  hasBias ? variables.subarray(atC) : new Float64Array(K);

function evaluate(p: Points, layout: Layout, variables: Float64Array): Place {
  const { K, mass, lambda, lambdaB } = p;
  const { r, atB, atC, length } = layout;
  const A = variables.subarray(0, atB);
  const B = variables.subarray(atB, atC);
  const b = biasIn(variables, layout, K);
  const H = new Float64Array(mass.length * r);
  const R = new Float64Array(mass.length * K);
  const gradient = new Float64Array(length);
  const RA = new Float64Array(pointBlock * r);
  let f = 0;
  for (const block of blocksOf(p)) {
    const h = rowsOf(H, r, block);
    const rows = rowsOf(R, K, block);
    if (r > 0) {
      ontoFactors(h, p, B, r, block);
      timesTranspose(rows, h, A, block.count, K, r);
    }
    f += toResiduals(rows, b, block);
    if (r > 0) times(RA, rows, A, block.count, K, r);
    addForce(p, layout, block, { R: rows, H: h, RA }, gradient);
  }
  for (let e = 0; e < length; e++) {
    const ridge = e < atC ? lambda : lambdaB;
    f += 0.5 * ridge * variables[e] * variables[e];
    gradient[e] += ridge * variables[e];
  }
  return { f, gradient, A, H, R };
}

/** Adds a block's part of the gradient: R'H in A, X'(R A) in B, the sum of R in b. */
function addForce(
  p: Points,
  { r, atB, atC, hasBias }: Layout,
  block: Block,
  { R, H, RA }: { R: Float64Array; H: Float64Array; RA: Float64Array },
  to: Float64Array,
  precision: Precision = "double",
): void {
  const { K } = p;
  const { count } = block;
  if (r > 0) {
    transposeTimes(to.subarray(0, atB), R, H, count, K, r, true, precision);
    ontoCoordinates(to.subarray(atB, atC), p, RA, r, block);
  }
  if (hasBias) for (let i = 0; i < count; i++) for (let k = 0; k < K; k++) to[atC + k] += R[i * K + k];
}

/** out = the Hessian times v. */
function curvature(
  p: Points,
  layout: Layout,
  { A, H, R }: Place,
  { v, out, precision }: { v: Float64Array; out: Float64Array; precision: Precision },
): void {
  const { K, lambda, lambdaB } = p;
  const { r, atB, atC, length } = layout;
  const dA = v.subarray(0, atB);
  const dB = v.subarray(atB, atC);
  const db = biasIn(v, layout, K);
  const dH = new Float64Array(pointBlock * r);
  const dR = new Float64Array(pointBlock * K);
  const RA = new Float64Array(pointBlock * r);
  out.fill(0);
  for (const block of blocksOf(p)) {
    const { count } = block;
    const h = rowsOf(H, r, block);
    const rows = rowsOf(R, K, block);
    if (r > 0) {
      ontoFactors(dH, p, dB, r, block);
      timesTranspose(dR, dH, A, count, K, r, false, precision);
      timesTranspose(dR, h, dA, count, K, r, true, precision);
    } else dR.fill(0);
    toChanges(dR, db, rows, block);
    if (r > 0) {
      times(RA, dR, A, count, K, r, false, precision);
      times(RA, rows, dA, count, K, r, true, precision);
      transposeTimes(out.subarray(0, atB), rows, dH, count, K, r, true, precision);
    }
    addForce(p, layout, block, { R: dR, H: h, RA }, out, precision);
  }
  for (let e = 0; e < length; e++) out[e] += (e < atC ? lambda : lambdaB) * v[e];
}

/** The diagonal of the Hessian; 1 where neither loss nor penalty has any. */
function diagonal(p: Points, layout: Layout, { A, H, R }: Place): Float64Array {
  const { K, mass, lambda, lambdaB } = p;
  const { r, atB, atC, length, hasBias } = layout;
  const D = new Float64Array(length);
  const squares = A.map((a) => a * a);
  const mean = new Float64Array(pointBlock * r);
  const spread = new Float64Array(pointBlock * r);
  for (const block of blocksOf(p)) {
    const { first, count } = block;
    const P = probabilities(rowsOf(R, K, block), block);
    if (r > 0) {
      // omega a_l' (diag p - p p') a_l, for each point and column of A.
      times(mean, P, A, count, K, r);
      times(spread, P, squares, count, K, r);
      for (let e = 0; e < count * r; e++)
        spread[e] = mass[first + Math.floor(e / r)] * Math.max(0, spread[e] - mean[e] * mean[e]);
      ontoSquares(D.subarray(atB, atC), p, spread, r, block);
    }
    for (let e = 0; e < count * K; e++) P[e] = mass[first + Math.floor(e / K)] * Math.max(0, P[e] * (1 - P[e]));
    if (r > 0) {
      const h2 = rowsOf(H, r, block).map((value) => value * value);
      transposeTimes(D.subarray(0, atB), P, h2, count, K, r, true);
    }
    if (hasBias) for (let i = 0; i < count; i++) for (let k = 0; k < K; k++) D[atC + k] += P[i * K + k];
  }
  return D.map((d, e) => {
    const sum = d + (e < atC ? lambda : lambdaB);
    return sum > 0 ? sum : 1;
  });
}
