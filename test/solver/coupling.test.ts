import { expect, test } from "vitest";
import { scalesOf } from "../../src/loss/index.ts";
import { type Random, random } from "../../src/math/random.ts";
import { problem } from "../../src/problem/index.ts";
import { coupling, type Rows, rankOneOffDiagonal } from "../../src/solver/coupling.ts";
import { coreGradient } from "../../src/solver/new-directions.ts";
import { preconditioner } from "../../src/solver/preconditioner.ts";
import { reduce } from "../../src/solver/reduced.ts";
import { start } from "../../src/solver/start.ts";

const J = 7;
const r = 3;
const n = 2 * J * r;
const upTo = (m: number): number[] => Array.from({ length: m }, (_, i) => i);

/** Random blocks [p q; q t] a row and direction, a rank-one part a row, and the dense matrix that they are together. */
function randomRows(of: Random): { rows: Rows; dense: Float64Array[] } {
  const dense = upTo(n).map(() => new Float64Array(n));
  const D = new Float64Array(n);
  const E = new Float64Array(J * r);
  const u = Float64Array.from({ length: n }, () => of.normal());
  const Tu = new Float64Array(n);
  const pull = new Float64Array(J);
  for (let i = 0; i < J; i++) {
    const strength = i === 0 ? 0 : of.uniform();
    let form = 0;
    for (let l = i * r; l < i * r + r; l++) {
      const [p, t, q] = [1 + of.uniform(), 1 + of.uniform(), 0.9 * (of.uniform() - 0.5)];
      const determinant = p * t - q * q;
      dense[l][l] += p;
      dense[J * r + l][J * r + l] += t;
      dense[l][J * r + l] += q;
      dense[J * r + l][l] += q;
      D[l] = t / determinant;
      D[J * r + l] = p / determinant;
      E[l] = -q / determinant;
      Tu[l] = D[l] * u[l] + E[l] * u[J * r + l];
      Tu[J * r + l] = D[J * r + l] * u[J * r + l] + E[l] * u[l];
      form += Tu[l] * u[l] + Tu[J * r + l] * u[J * r + l];
    }
    pull[i] = strength / (1 + strength * form);
    const own = [...upTo(r).map((l) => i * r + l), ...upTo(r).map((l) => J * r + i * r + l)];
    for (const x of own) for (const y of own) dense[x][y] += strength * u[x] * u[y];
  }
  return { rows: { J, rank: r, D, E, Tu, pull }, dense };
}

/** P0^-1 v, as preconditioner.ts has it. */
function rowsAlone({ D, E, Tu, pull }: Rows, v: Float64Array): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < J; i++) {
    let dot = 0;
    for (let l = i * r; l < i * r + r; l++) dot += Tu[l] * v[l] + Tu[J * r + l] * v[J * r + l];
    for (let l = i * r; l < i * r + r; l++) {
      out[l] = D[l] * v[l] + E[l] * v[J * r + l] - pull[i] * dot * Tu[l];
      out[J * r + l] = D[J * r + l] * v[J * r + l] + E[l] * v[l] - pull[i] * dot * Tu[J * r + l];
    }
  }
  return out;
}

const scaled = (of: Random, size: number) => Float64Array.from({ length: J }, () => size * of.uniform());

test("the coupled inverse is that of the dense matrix", () => {
  for (let seed = 0; seed < 20; seed++) {
    const of = random(seed);
    const { rows, dense } = randomRows(of);
    const [a, b] = [scaled(of, 0.4), scaled(of, 0.4)];
    const share = 0.5 + 0.5 * of.uniform();
    for (let i = 0; i < J; i++)
      for (let j = 0; j < J; j++)
        for (let l = 0; l < r; l++) {
          dense[i * r + l][J * r + j * r + l] += share * a[i] * b[j];
          dense[J * r + j * r + l][i * r + l] += share * a[i] * b[j];
        }
    const couple = coupling(rows, { a, b }, share);
    expect(couple).not.toBeNull();
    const v = Float64Array.from({ length: n }, () => of.normal());
    const x = rowsAlone(rows, v);
    couple?.(x);
    // Entries of a few units, an inverse of a few units: rounding is below 1e-13.
    for (let i = 0; i < n; i++) expect(dense[i].reduce((sum, p, j) => sum + p * x[j], 0)).toBeCloseTo(v[i], 11);
  }
});

test("a sum that is not positive definite has none", () => {
  const of = random(5);
  const { rows } = randomRows(of);
  // |a||b| beyond every eigenvalue of the rows but those of the rank-one parts, of which a direction has fewer than rows.
  expect(coupling(rows, { a: new Float64Array(J).fill(3), b: new Float64Array(J).fill(3) }, 1)).toBeNull();
});

test("a rank-one matrix is found whatever stands on its diagonal; another is refused", () => {
  const of = random(1);
  const [a, b] = [scaled(of, 1).map((x) => x + 0.1), scaled(of, 2).map((x) => x + 0.1)];
  const G = new Float64Array(J * J);
  for (let i = 0; i < J; i++) for (let j = 0; j < J; j++) G[i * J + j] = i === j ? -5 * of.uniform() : a[i] * b[j];
  const found = rankOneOffDiagonal(G, J);
  for (let i = 0; i < J; i++)
    for (let j = 0; j < J; j++) expect((found?.a[i] ?? 0) * (found?.b[j] ?? 0)).toBeCloseTo(a[i] * b[j], 5);
  expect(
    rankOneOffDiagonal(
      G.map(() => of.normal()),
      J,
    ),
  ).toBeNull();
  expect(rankOneOffDiagonal(new Float64Array(J * J), J)).toBeNull();
});

test("where the coupled matrix would not be positive definite the preconditioner is the one without: positive definite, with all of the diagonal", () => {
  const counts = Array.from({ length: 30 }, (_, k) => 10 + 40 * k);
  const N = counts.reduce((x, y) => x + y, 0);
  const reduced = reduce(problem({ counts, lambdaZ: 3 / N }));
  const scales = scalesOf(reduced);
  const from = start(reduced);
  const { loss } = coreGradient(reduced, from);
  const bend = loss.curvature(scales);
  const size = reduced.J * from.rank;
  const scaling = { ...scales, rank: from.rank, A: from.A, B: from.B, hasBias: false, precision: "double" as const };
  // Far from any optimum: a b' many times the ridge in norm.
  const G = new Float64Array(reduced.J ** 2).map((_, e) => (e % (reduced.J + 1) === 0 ? -0.5 * reduced.s : 10 * reduced.s));
  const apply = preconditioner(reduced, scaling, bend, G);
  const diagonalAlone = preconditioner(
    reduced,
    scaling,
    bend,
    // Nothing of rank one can be fitted to signs that alternate along rows and columns alike but for one.
    G.map((g, e) => (e % (reduced.J + 1) === 0 ? g : (e * 7919) % 3 === 0 ? -g : g)),
  );
  const of = random(3);
  const [x, y] = [new Float64Array(2 * size), new Float64Array(2 * size)];
  for (let trial = 0; trial < 5; trial++) {
    const v = x.map(() => of.normal());
    apply(v, x);
    diagonalAlone(v, y);
    expect(x).toEqual(y);
    expect(v.reduce((sum, a, i) => sum + a * x[i], 0)).toBeGreaterThan(0);
  }
});
