import { describe, expect, it } from "vitest";
import { type Matrix, matrix, multiply, transpose } from "../../src/math/matrix.ts";
import { svd } from "../../src/math/svd.ts";
import { measureFeatures } from "../../src/measure/index.ts";
import { problem } from "../../src/problem/index.ts";
import { solve } from "../../src/solver/index.ts";

/**
 * docs/errata.md, row by row: the paper's printed formula fails, the corrected one holds. The judge is the certified solver, which uses none of the
 * formulas; from its Z and b the numbers a, b, c, d, m of the block form (3.5) are read, and everything else is computed here.
 */
const repeat = (k: number, n: number): number[] => new Array<number>(k).fill(n);
const inf = Number.POSITIVE_INFINITY;

interface Case {
  kA: number;
  nA: number;
  kB: number;
  nB: number;
  lambdaZ: number;
  lambdaB: number;
}

/** The solver's answer for two clusters, in the paper's letters. */
function solved({ kA, nA, kB, nB, lambdaZ, lambdaB }: Case) {
  const p = problem({ counts: [...repeat(kA, nA), ...repeat(kB, nB)], lambdaZ, lambdaB });
  const { answer, status, certificate } = solve(p, { tolerance: 1e-13 });
  expect(status).toBe("certified");
  const [a, b, c, d] = [...answer.other].map((z) => -z);
  const { K, N } = p;
  const of = (k: number): number => (k < kA ? 0 : 1);
  const Z = matrix(K, K);
  for (let i = 0; i < K; i++)
    for (let k = 0; k < K; k++) Z.data[i * K + k] = i === k ? answer.own[of(k)] : answer.other[of(i) * 2 + of(k)];
  const bias = p.counts.map((_, k) => answer.bias[of(k)]);
  return { p, K, N, s: N * lambdaZ, a, b, c, d, m: answer.bias[0] / kB, Z, bias, objective: certificate.objective };
}

/** I - P, from Z and b. */
function residuals(Z: Matrix, bias: readonly number[]): Matrix {
  const K = Z.rows;
  const R = matrix(K, K);
  for (let k = 0; k < K; k++) {
    const e = bias.map((x, i) => Math.exp(Z.data[i * K + k] + x));
    const sum = e.reduce((x, y) => x + y, 0);
    for (let i = 0; i < K; i++) R.data[i * K + k] = (i === k ? 1 : 0) - e[i] / sum;
  }
  return R;
}

/** [(Z D Z')^+]^(1/2) Z = U V' D^(-1/2), from the singular vectors of Z D^(1/2) that belong to a value above 0. */
function polar(Z: Matrix, counts: readonly number[]): Matrix {
  const K = Z.rows;
  const { U, S, V } = svd(
    matrix(
      K,
      K,
      Z.data.map((z, e) => z * Math.sqrt(counts[e % K])),
    ),
  );
  const rank = [...S].filter((x) => x > 1e-6 * S[0]).length;
  const out = matrix(K, K);
  for (let i = 0; i < K; i++)
    for (let k = 0; k < K; k++)
      for (let l = 0; l < rank; l++) out.data[i * K + k] += (U.data[i * K + l] * V.data[k * K + l]) / Math.sqrt(counts[k]);
  return out;
}

const largest = (x: ArrayLike<number>): number => Math.max(...Array.from(x, Math.abs));
const phaseA: Case = { kA: 5, nA: 500, kB: 5, nB: 100, lambdaZ: 0.0027, lambdaB: 0.02 };
const phaseB: Case = { ...phaseA, kA: 4, kB: 6, lambdaZ: 0.0042 };
const phaseC: Case = { ...phaseA, kA: 3, kB: 6, lambdaZ: 0.0081 };
const phaseD: Case = { ...phaseA, lambdaZ: 0.008 };

describe("Theorem 3.1", () => {
  it("(c): threshold N lambda_Z >= sqrt(n), a = (1/K) log(K sqrt(n)/(N lambda_Z) - K + 1)", () => {
    const [K, n] = [10, 400];
    const aAt = (s: number): number => -solve(problem({ counts: repeat(K, n), lambdaZ: s / (K * n) })).answer.other[0];
    const printed = (s: number): number => Math.log(K / s - K + 1) / K;
    const corrected = (s: number): number => Math.log((K * Math.sqrt(n)) / s - K + 1) / K;
    for (const s of [0.5, 1, 5, 19]) expect(aAt(s)).toBeCloseTo(corrected(s), 10);
    expect(Math.abs(aAt(0.5) - printed(0.5))).toBeGreaterThan(0.1);
    // Well above the printed threshold K/(K-1) = 1.11, a is not 0; from sqrt(n) = 20 on it is.
    expect(aAt(19)).toBeGreaterThan(0.001);
    expect(aAt(20)).toBeCloseTo(0, 10);
  });

  it("(d): W = S^(1/2)U', H = S^(1/2)V'D^(-1/2) are optimal for lambda_W = lambda_H only", () => {
    const { p, K, Z, bias, objective } = solved(phaseA);
    const D = p.counts;
    const { U, S, V } = svd(
      matrix(
        K,
        K,
        Z.data.map((z, e) => z * Math.sqrt(D[e % K])),
      ),
    );
    /** (P0) at W = r S^(1/2)U', H = (1/r) S^(1/2)V'D^(-1/2). */
    const factored = (lambdaW: number, lambdaH: number, r: number): number => {
      let loss = 0;
      for (let k = 0; k < K; k++) {
        let sum = 0;
        for (let i = 0; i < K; i++) sum += Math.exp(Z.data[i * K + k] + bias[i] - Z.data[k * K + k] - bias[k]);
        loss += (D[k] / p.N) * Math.log(sum);
      }
      let penalty = 0;
      for (let l = 0; l < K; l++)
        for (let k = 0; k < K; k++)
          penalty += S[l] * ((lambdaW / 2) * (r * U.data[k * K + l]) ** 2 + (lambdaH / 2) * (V.data[k * K + l] / r) ** 2);
      return loss + penalty + (p.lambdaB / 2) * bias.reduce((x, y) => x + y * y, 0);
    };
    const [lambdaW, lambdaH] = [10 * p.lambdaZ, p.lambdaZ / 10];
    expect(factored(p.lambdaZ, p.lambdaZ, 1)).toBeCloseTo(objective, 10);
    expect(factored(lambdaW, lambdaH, (lambdaH / lambdaW) ** 0.25)).toBeCloseTo(objective, 10);
    expect(factored(lambdaW, lambdaH, 1)).toBeGreaterThan(objective + 1);
  });
});

it("Theorem 3.2(a), Proposition 5.5(a): d can be negative; k_A b + k_B d > 0 holds", () => {
  const { a, b, c, d } = solved(phaseA);
  expect(d).toBeLessThan(-0.07);
  for (const x of [a, b, c, 5 * b + 5 * d]) expect(x).toBeGreaterThan(0);
  expect(a - c + d - b).toBeLessThanOrEqual(0);
});

it("Proposition 5.5(b): R = (1/(N lambda_Z)) [0 0; 0 I - J/k_B] inside lambda_Z(...), not 1/sqrt(n_B)", () => {
  const { p, K, N, s, Z, bias } = solved(phaseB);
  const R = residuals(Z, bias);
  const UV = polar(Z, p.counts);
  const left = (scale: number, inside: boolean): number => {
    const difference = R.data.map((x, e) => {
      const [i, k] = [Math.floor(e / K), e % K];
      const extra = i < phaseB.kA || k < phaseB.kA ? 0 : scale * ((i === k ? 1 : 0) - 1 / phaseB.kB);
      return x / N - p.lambdaZ * UV.data[e] - (inside ? p.lambdaZ : 1) * extra;
    });
    return largest(difference) / largest(R.data.map((x) => x / N));
  };
  expect(left(1 / s, true)).toBeLessThan(1e-7);
  expect(left(1 / Math.sqrt(phaseB.nB), true)).toBeGreaterThan(0.05);
  expect(left(1 / Math.sqrt(phaseB.nB), false)).toBeGreaterThan(1);
});

it("(5.34): x_1 <= sqrt(n_B/n_A) t and x_2 <= sqrt(n_A/n_B)/t, without the factors k_B/k_A and k_A/k_B", () => {
  const root = (k: number, other: number, t: number): number => Math.sqrt((k + other * t * t) * (k + other));
  for (const [kA, kB] of [
    [7, 3],
    [3, 7],
  ]) {
    const ratio = 5;
    let broken = 0;
    for (let t = 0.05; t < 20; t *= 1.07) {
      const x1 = kB / (root(kA, kB, Math.sqrt(ratio) / t) - kA);
      const x2 = kA / (root(kB, kA, t / Math.sqrt(ratio)) - kB);
      expect(x1).toBeLessThanOrEqual((t / Math.sqrt(ratio)) * (1 + 1e-12));
      expect(x2).toBeLessThanOrEqual((Math.sqrt(ratio) / t) * (1 + 1e-12));
      if (x1 > ((kB / kA) * t) / Math.sqrt(ratio) || x2 > ((kA / kB) * Math.sqrt(ratio)) / t) broken++;
    }
    expect(broken).toBeGreaterThan(0);
  }
});

it("(5.40), first line: e^(-a + m k_B), not e^(m k_A - a)", () => {
  // k_A and k_B differ, else the two are the same.
  const { s, a, c, m } = solved(phaseB);
  const { kA, kB, nA } = phaseB;
  const side = (e: number): number =>
    (kA * Math.exp(-a + m * kB) + kB * Math.exp(-c - m * kA)) /
    (kB * Math.exp(-c - m * kA) + e * (kA - 1 + Math.exp(kA * a + kB * c)));
  expect(side(Math.exp(-a + m * kB))).toBeCloseTo(s / Math.sqrt(nA), 8);
  expect(Math.abs(side(Math.exp(m * kA - a)) - s / Math.sqrt(nA))).toBeGreaterThan(0.05);
});

it("(5.48): t = sqrt(n_A) (k_A/x + k_B)/..., the root covers n_A only", () => {
  const { s, K, a, b, m, Z, bias } = solved(phaseC);
  expect(Math.abs(b)).toBeLessThan(1e-9);
  const { kA, kB, nA } = phaseC;
  const R = residuals(Z, bias);
  // t = b_R/c_R = b_P/c_P by (5.44), (5.46) and b_Z = c_Z = 0.
  const t = R.data[kA] / R.data[kA * K];
  const x = Math.exp(a - K * m);
  const below = s * (kA + kB * Math.exp(-K * m));
  expect((Math.sqrt(nA) * (kA / x + kB)) / below).toBeCloseTo(t, 8);
  expect(Math.abs(Math.sqrt(nA * (kA / x + kB)) / below / t - 1)).toBeGreaterThan(0.3);
});

it("(5.51): v = e^(m k_B), not e^(-m k_B)", () => {
  const { K, N, m } = solved(phaseD);
  const { kA, kB, nA, nB, lambdaB } = phaseD;
  const off = (w: number): number => (nA - nB * w) / (kB + kA * w) - (N * lambdaB * Math.log(w)) / K;
  const u = Math.exp(-m * kA);
  expect(off(Math.exp(m * kB) / u)).toBeCloseTo(0, 7);
  expect(Math.abs(off(Math.exp(-m * kB) / u))).toBeGreaterThan(1);
});

it("proof of Lemma 5.7: g_2 decreases", () => {
  const { kA, kB, nA } = phaseB;
  for (const s of [1, 10, 20]) {
    const g2 = (x: number): number => Math.log((Math.sqrt(nA) / s - 1) * (kA + kB * x) + 1) - kA * Math.log(x);
    for (let x = 1e-3; x < 1e3; x *= 1.5) expect(g2(1.5 * x)).toBeLessThan(g2(x));
  }
});

it("proof of Proposition 5.5(c): in (c) it is (5.22) that holds, and (5.21) that fails; in (b) the reverse", () => {
  const sign = (at: Case): number => {
    const { kA, kB, nA, nB, lambdaZ, lambdaB } = at;
    const K = kA + kB;
    const s = lambdaZ * (kA * nA + kB * nB);
    const m = (t: number): number => ((lambdaZ / lambdaB) * (nA - nB * t)) / Math.sqrt((kB * nA + kA * nB * t * t) * K);
    const x2 = (t: number): number => kA / (Math.sqrt((kB + (kA * nB * t * t) / nA) * K) - kB);
    const f2 = (t: number): number =>
      Math.log((Math.sqrt(nA) / s - 1) * (kA + kB * x2(t)) + 1) - kA * Math.log(x2(t)) - K * kA * m(t);
    // t*: f_2 increases.
    let [low, high] = [1e-9, nA / nB];
    for (let i = 0; i < 200; i++) {
      const middle = (low + high) / 2;
      if (f2(middle) < 0) low = middle;
      else high = middle;
    }
    const t = (low + high) / 2;
    return kB * Math.exp(-K * m(t)) - (Math.sqrt(((kB * nA) / (t * t) + kA * nB) * K) / s - kA);
  };
  expect(sign(phaseC)).toBeGreaterThan(0);
  expect(solved(phaseC).c).toBeCloseTo(0, 9);
  expect(sign(phaseB)).toBeLessThan(0);
  expect(solved(phaseB).c).toBeGreaterThan(1e-3);
});

it("section 4.3: complete collapse at sqrt(500)/3000 = 0.00745, not 0.075 (and so 0.0069 for the printed 0.069)", () => {
  expect(Math.sqrt(500) / 3000).toBeCloseTo(0.00745, 5);
  expect(largest(solved({ ...phaseA, lambdaZ: 0.00745 }).Z.data)).toBeGreaterThan(1e-4);
  expect(largest(solved({ ...phaseA, lambdaZ: 0.00746 }).Z.data)).toBeLessThan(1e-9);
  // The printed figures are ten times that: there everything has long been 0.
  for (const lambdaZ of [0.069, 0.075]) expect(largest(solved({ ...phaseA, lambdaZ }).Z.data)).toBeLessThan(1e-9);
});

it("eq. (4.1) and the code: Sigma_B with weights 1/K and n_k/N are two different measures", () => {
  // One dimension: NC1 = tr(Sigma_W)/(K Sigma_B). Classes at 0 (6 samples), 1 and 3 (2 samples each), each spread by +-1/10.
  const values = [...repeat(3, -0.1), ...repeat(3, 0.1), 0.9, 1.1, 2.9, 3.1];
  const labels = [...repeat(6, 0), 1, 1, 2, 2];
  const { nc1 } = measureFeatures({
    features: Float64Array.from(values),
    d: 1,
    K: 3,
    labels: Int32Array.from(labels),
  });
  const g = 0.8;
  const squares = [0, 1, 3].map((mu) => (mu - g) ** 2);
  expect(nc1.paper).toBeCloseTo(0.01 / ((squares[0] + squares[1] + squares[2]) / 3) / 3, 12);
  expect(nc1.sampleWeighted).toBeCloseTo(0.01 / ((6 * squares[0] + 2 * squares[1] + 2 * squares[2]) / 10) / 3, 12);
});

it("the code's regularizers have no 1/2: its lambda is half of the paper's, its thresholds lie at half", () => {
  const counts = [...repeat(5, 500), ...repeat(5, 100)];
  const merged = (lambdaZ: number, convention: "paper" | "no-half"): boolean => {
    const { answer } = solve(problem({ counts, lambdaZ, lambdaB: 0.01, convention }));
    return Math.abs(answer.own[1] - answer.other[3]) < 1e-9;
  };
  // sqrt(100)/3000 = 1/300 in the paper's convention, 1/600 in the other.
  expect([merged(0.99 / 300, "paper"), merged(1.01 / 300, "paper")]).toEqual([false, true]);
  expect([merged(0.99 / 600, "no-half"), merged(1.01 / 600, "no-half")]).toEqual([false, true]);
  // lambda_b |b|^2 is (2 lambda_b/2) |b|^2: the whole answer is that of twice the lambdas.
  const twice = solve(problem({ counts, lambdaZ: 0.003, lambdaB: 0.02 }));
  const none = solve(problem({ counts, lambdaZ: 0.0015, lambdaB: 0.01, convention: "no-half" }));
  expect(largest(twice.answer.other.map((z, e) => z - none.answer.other[e]))).toBeLessThan(1e-12);
});

it("the judge is right: KKT residual of its answers in all four phases", () => {
  for (const at of [phaseA, phaseB, phaseC, phaseD, { ...phaseB, lambdaB: inf }]) {
    const { p, N, Z, bias } = solved(at);
    const R = residuals(Z, bias);
    const G = matrix(
      p.K,
      p.K,
      R.data.map((x, e) => (x * Math.sqrt(p.counts[e % p.K])) / N),
    );
    expect(svd(G).S[0]).toBeLessThan(p.lambdaZ * (1 + 1e-8));
    // <G, Z D^(1/2)> = lambda_Z |Z D^(1/2)|_*.
    const M = matrix(
      p.K,
      p.K,
      Z.data.map((z, e) => z * Math.sqrt(p.counts[e % p.K])),
    );
    const inner = multiply(transpose(G), M);
    let trace = 0;
    for (let k = 0; k < p.K; k++) trace += inner.data[k * p.K + k];
    const nuclear = svd(M).S.reduce((x, y) => x + y, 0);
    expect(Math.abs(trace - p.lambdaZ * nuclear)).toBeLessThan(1e-9);
    if (p.lambdaB !== inf)
      bias.forEach((x, i) => {
        let force = 0;
        for (let k = 0; k < p.K; k++) force += (R.data[i * p.K + k] * p.counts[k]) / N;
        expect(Math.abs(force - p.lambdaB * x)).toBeLessThan(1e-8);
      });
  }
});
