import { expect, it } from "vitest";
import { random } from "../../src/math/random.ts";
import { problem } from "../../src/problem/index.ts";
import { evaluate, fixedRank, frameOf, hessian, layoutOf, moved } from "../../src/solver/fixed-rank.ts";
import { fixedRankPreconditioner } from "../../src/solver/fixed-rank-preconditioner.ts";
import { reduce } from "../../src/solver/index.ts";
import { everything } from "./everything.ts";

/*
 * The preconditioner does not change the answer, only the way to it, so nothing but its own definition tells whether it is right: blocks of the Hessian of everything but
 * the nuclear norm (here: second differences of the function), and s/sigma for that.
 */
const p = reduce(everything);
const frame = frameOf(p);
const { J } = p;
const d = J - 1;
const { rho, scales } = frame;
const r = random(72);
const normal = (n: number): Float64Array => Float64Array.from({ length: n }, () => r.normal());
const range = (from: number, n: number): number[] => Array.from({ length: n }, (_, a) => from + a);
const inner = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0);

/** A place of rank `rank`, and what a move v does there. */
function anyPlace(rank: number, mu: number) {
  const at = fixedRank(
    frame,
    normal(J * rank),
    normal(J * rank).map((x) => 3 * x),
    rank,
    normal(J),
  );
  const place = evaluate(frame, at);
  const q = d - rank;
  const { atX, atE, length } = layoutOf(frame, rank);
  /** mu sum_j mass_j |change of the logits of column j|^2, for a move that leaves the bias in U's span. */
  const damping = (v: Float64Array): number => {
    let sum = 0;
    for (let j = 0; j < J; j++)
      for (let i = 0; i < J; i++) {
        let change = 0;
        for (let a = 0; a < rank; a++) change += at.E[i * d + a] * v[j * rank + a];
        for (let b = 0; b < q; b++) {
          let x = rho[j] * v[atE + rank + b];
          for (let l = 0; l < rank; l++) x += v[atX + l * q + b] * at.V[j * rank + l];
          change += at.E[i * d + rank + b] * x;
        }
        sum += scales.mass[j] * (p.factor[i] * scales.rowScale[i] * scales.colScale[j] * change) ** 2;
      }
    return mu * sum;
  };
  const smooth = (v: Float64Array, t: number): number => {
    const there = evaluate(frame, moved(frame, place, v, t));
    return there.f - p.s * there.S.reduce((a, b) => a + b, 0);
  };
  /** v'Hv of everything but the nuclear norm, for moves along which the core is linear: Y alone, X alone, the bias alone. */
  const bent = (v: Float64Array): number => {
    const h = 0.05;
    const outer = smooth(v, 2 * h) + smooth(v, -2 * h);
    return (16 * (smooth(v, h) + smooth(v, -h)) - outer - 30 * smooth(v, 0)) / (12 * h * h) + damping(v);
  };
  /** The block of that for the entries from `from` on, with `stiff` on its diagonal. */
  const block = (from: number, n: number, stiff: (a: number) => number): number[][] => {
    const unit = (...entries: number[]): Float64Array => {
      const v = new Float64Array(length);
      for (const e of entries) v[from + e]++;
      return v;
    };
    const own = range(0, n).map((a) => bent(unit(a)));
    return own.map((x, a) => own.map((y, b) => (a === b ? x + stiff(a) : (bent(unit(a, b)) - x - y) / 2)));
  };
  return { at, place, atX, atE, length, damping, block };
}

it.each([
  [1, 0],
  [2, 0],
  [2, 0.3],
])("rank %i, damping %f: blocks of the Hessian for columns, turns of U and the bias, inverted exactly", (rank, mu) => {
  const { at, place, atX, atE, length, block } = anyPlace(rank, mu);
  const q = d - rank;
  const stiff = [...at.S].map((sigma) => p.s / sigma);
  const v = normal(length);
  const Dv = new Float64Array(length);
  const add = (from: number, rows: number[][]): void =>
    rows.forEach((row, a) => {
      Dv[from + a] += row.reduce((sum, x, b) => sum + x * v[from + b], 0);
    });
  for (let j = 0; j < J; j++)
    add(
      j * rank,
      block(j * rank, rank, (a) => stiff[a]),
    );
  for (let l = 0; l < rank; l++)
    add(
      atX + l * q,
      block(atX + l * q, q, () => stiff[l]),
    );
  add(
    atE + rank,
    block(atE + rank, q, () => 0),
  );
  // A move of Y counts the bias's share in U's span: the nuclear norm sees Y - rho e there, the loss does not see e.
  for (let a = 0; a < rank; a++) {
    Dv[atE + a] += p.biasRidge * v[atE + a];
    for (let j = 0; j < J; j++) {
      Dv[j * rank + a] -= rho[j] * stiff[a] * v[atE + a];
      Dv[atE + a] += rho[j] * stiff[a] * (rho[j] * v[atE + a] - v[j * rank + a]);
    }
  }
  const out = new Float64Array(length);
  fixedRankPreconditioner(frame, place, mu)(Dv, out);
  out.forEach((x, e) => {
    expect(Math.abs(x - v[e])).toBeLessThan(1e-5 * Math.hypot(...v));
  });
});

it("the Hessian's damping is what it says", () => {
  const mu = 0.3;
  const { place, atE, length, damping } = anyPlace(2, mu);
  const v = normal(length);
  v.fill(0, atE, atE + 2);
  const at = (damped: number): number => {
    const out = new Float64Array(length);
    hessian(frame, place, damped)(v, out);
    return inner(v, out);
  };
  expect(Math.abs((at(mu) - at(0)) / damping(v) - 1)).toBeLessThan(1e-10);
});

/** Square loss: every logit is equally bent, and the blocks are diagonal (fixed-rank-diagonal.ts). The general route, which is not told so, is the judge. */
it.each([
  [0, 0.1, [1, 1, 1, 1, 1]],
  [0, Number.POSITIVE_INFINITY, [3, 2, 1, 1, 4]],
  [0, 0, [3, 2, 1, 1, 4]],
  [0.3, 0.1, [1, 1, 1, 1, 1]],
  [0.3, 0.1, [2, 2, 2, 2, 2]],
])("square loss, damping %f, lambda_b %f, clusters of %j: what is diagonal is as the general blocks", (mu, lambdaB, sizes) => {
  const counts = sizes.flatMap((k, j) => new Array<number>(k).fill([90, 70, 40, 12, 5][j]));
  const weights = counts.map((n) => n ** -0.3);
  const square = reduce(problem({ counts, lambdaZ: 0.01, lambdaB, weights, loss: "square" }));
  const around = frameOf(square);
  for (const rank of [1, 3, square.J]) {
    const [A, B] = [normal(square.J * rank), normal(square.J * rank)];
    const place = evaluate(around, fixedRank(around, A, B, rank, normal(square.J)));
    expect(place.curvature.level).toBe(1);
    const { length } = layoutOf(around, rank);
    const v = normal(length);
    const [fast, slow] = [new Float64Array(length), new Float64Array(length)];
    fixedRankPreconditioner(around, place, mu)(v, fast);
    fixedRankPreconditioner(around, { ...place, curvature: { ...place.curvature, level: null } }, mu)(v, slow);
    fast.forEach((x, e) => {
      expect(Math.abs(x - slow[e])).toBeLessThan(1e-11 * Math.max(...slow.map(Math.abs)));
    });
  }
});
