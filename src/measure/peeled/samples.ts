import { times, timesTranspose } from "../../math/index.ts";
import { certifyPoints, type Points, type PointsAnswer, predictionsOf, solvePoints } from "../../solver/index.ts";
import { type Basis, coordinates, emptyBasis, extended, principalOutside } from "./basis.ts";
import { forceOn, type Hidden, projectOnto } from "./hidden.ts";

/** Where the solution on the samples begins, and what it is to reach. */
export interface SamplesStart {
  /** Space of M's rows to begin with. */
  basis: Basis;
  /** An answer in its coordinates. */
  answer: PointsAnswer;
  /** Class means of psi, K x q. */
  means: Float64Array;
  /** (1/N) sum |psi|^2. */
  squares: number;
  /** A lower bound that is known. */
  dual: number;
  labels: Int32Array;
  lambda: number;
  lambdaB: number;
  /** On the relative gap. */
  tolerance: number;
  /** Numbers of coordinates that may be kept, at least 3 K a sample and 3 K q in all. */
  most: number;
}

export interface SamplesSolution {
  Z: Float64Array;
  b: Float64Array;
  objective: number;
  dual: number;
  rank: number;
  passes: number;
}

/** Rounds of growth at most. */
const mostRounds = 30;

/**
 * The problem of the samples (solve.ts). With M's rows in the span of a basis S the samples are points of few numbers, S psi_i, and the problem one of points. At its solution the gradient G
 * of the loss over all of psi (one pass over the file) proves how far it is from the optimum over all M: |G|_2 = lambda there. If it is far, the principal directions of G outside S become
 * part of it (a second pass gives the samples' coordinates in them), as in a Krylov method. Where there is no room for more directions S is narrowed first to the rows of M of the last two
 * rounds.
 */
export async function solveSamples(hidden: Hidden, start: SamplesStart): Promise<SamplesSolution> {
  const { K } = hidden.stream;
  const { means, squares, labels, lambda, lambdaB, tolerance } = start;
  const N = labels.length;
  const { q } = start.basis;
  const room = Math.min(q, Math.floor(start.most / N), Math.floor(start.most / q));
  const mass = new Float64Array(N).fill(1 / N);
  let { basis, answer, dual } = start;
  let x: Float64Array = new Float64Array(N * basis.m);
  await projectOnto(hidden, basis, 0, x, basis.m);
  let passes = 1;
  let asked = 1e-3;
  let before: PointsAnswer | null = null;
  let best: { basis: Basis; answer: PointsAnswer; objective: number } | null = null;
  for (let round = 0; round < mostRounds; round++) {
    const points: Points = { K, m: basis.m, x, labels, mass, lambda, lambdaB };
    answer = solvePoints(points, { from: answer, tolerance: asked }).answer;
    const G = await forceOn(hidden, points, answer);
    passes++;
    const proof = certifyPoints(points, answer, { force: { G, cols: q, squares } });
    dual = Math.max(dual, proof.dual);
    if (!best || proof.objective < best.objective) best = { basis, answer, objective: proof.objective };
    const gap = (best.objective - dual) / best.objective;
    if (gap <= tolerance) break;
    const enough = asked <= 0.1 * tolerance;
    asked = Math.min(1e-2, Math.max(0.1 * gap, 0.1 * tolerance));
    const fresh = principalOutside(basis, G, K);
    if (fresh.count === 0 && enough) break;
    if (basis.m + fresh.count > room) ({ basis, x, answer, before } = narrowed({ basis, x, answer, before }, N));
    const wider = extended(basis, fresh.rows, fresh.count, room);
    if (wider.m > basis.m) {
      x = await withColumns(hidden, x, basis.m, wider, N);
      passes++;
    }
    before = padded(answer, basis.m, wider.m);
    answer = before;
    basis = wider;
  }
  const ended = best as { basis: Basis; answer: PointsAnswer; objective: number };
  const ofMeans: Points = {
    K,
    m: ended.basis.m,
    x: coordinates(ended.basis, means, K),
    labels: [],
    mass: new Float64Array(K),
    lambda,
    lambdaB,
  };
  const { objective } = ended;
  return { Z: predictionsOf(ofMeans, ended.answer), b: ended.answer.b, objective, dual, rank: ended.answer.rank, passes };
}

/** The coordinates of the samples with those in the basis's new rows beside them. */
async function withColumns(hidden: Hidden, x: Float64Array, m: number, basis: Basis, N: number): Promise<Float64Array> {
  const wide = new Float64Array(N * basis.m);
  for (let i = 0; i < N; i++) wide.set(x.subarray(i * m, i * m + m), i * basis.m);
  await projectOnto(hidden, basis, m, wide, basis.m);
  return wide;
}

/** The answer in a basis of more rows. */
function padded(answer: PointsAnswer, from: number, to: number): PointsAnswer {
  const B = new Float64Array(to * answer.rank);
  B.set(answer.B.subarray(0, from * answer.rank));
  return { ...answer, B };
}

interface Narrowing {
  basis: Basis;
  x: Float64Array;
  answer: PointsAnswer;
  /** The round before's, in the coordinates of the basis. */
  before: PointsAnswer | null;
}

/** Basis and coordinates narrowed to the span of the rows of both answers. */
function narrowed({ basis, x, answer, before }: Narrowing, N: number): Narrowing {
  const { m, q } = basis;
  let kept = emptyBasis(m);
  for (const { B, rank } of before ? [answer, before] : [answer]) {
    const rows = new Float64Array(rank * m);
    for (let j = 0; j < m; j++) for (let l = 0; l < rank; l++) rows[l * m + j] = B[j * rank + l];
    kept = extended(kept, rows, rank);
  }
  const inside = ({ B, rank, ...rest }: PointsAnswer): PointsAnswer => {
    const to = new Float64Array(kept.m * rank);
    if (rank > 0) times(to, kept.rows, B, kept.m, m, rank);
    return { ...rest, rank, B: to };
  };
  const rows = new Float64Array(kept.m * q);
  times(rows, kept.rows, basis.rows, kept.m, m, q);
  const coordinatesInside = new Float64Array(N * kept.m);
  timesTranspose(coordinatesInside, x, kept.rows, N, kept.m, m);
  return {
    basis: { m: kept.m, q, rows },
    x: coordinatesInside,
    answer: inside(answer),
    before: before && inside(before),
  };
}
