import { describe, expect, it } from "vitest";
import { random } from "../../src/math/random.ts";
import { type Bin, binnedProblem, binsOf, type Cluster, clustersOf, problem } from "../../src/problem/index.ts";
import { columnOf } from "../../src/solver/answer-column.ts";
import { residualNorm, spectralNorm } from "../../src/solver/certificate.ts";
import { dualValue } from "../../src/solver/dual.ts";
import { certify, solve } from "../../src/solver/index.ts";
import { lifted } from "../../src/solver/lifted.ts";
import { forceOfColumn, sharedNorm } from "../../src/solver/nonnegative-certificate.ts";
import { balancedBlocks } from "../../src/theory/index.ts";
import { exact, exp, isSemidefinite, log, one, over, root, times, toNumber } from "./fixed-point.ts";
import { anyAnswer, anyProblem, clusterOf, isWithin, judge, lossOf, residuals } from "./judge.ts";

/*
 * Whether the certified bounds are bounds in float64 too, held against the judge (judge.ts).
 */
const inf = Number.POSITIVE_INFINITY;

describe("the judge's arithmetic", () => {
  it("knows roots, logarithms and exponentials to 70 digits", () => {
    const near = (x: bigint, y: bigint) => expect(x - y < one >> 235n && y - x < one >> 235n).toBe(true);
    // exp(1) and log(2), OEIS A001113 and A002162.
    const decimal = (text: string) => (BigInt(text.replace(".", "")) * one) / 10n ** BigInt(text.length - 2);
    near(exp(one), decimal("2.7182818284590452353602874713526624977572470936999595749669676277240766303"));
    near(log(2n * one), decimal("0.6931471805599453094172321214581765680755001343602552541206800094933936219"));
    near(exp(log(exact(1e-9))), exact(1e-9));
    near(times(root(exact(7)), root(exact(7))), exact(7));
    expect(toNumber(exact(-0.1))).toBe(-0.1);
    expect(
      isSemidefinite([
        [one, one],
        [one, one],
      ]),
    ).toBe(true);
    expect(
      isSemidefinite([
        [one, one],
        [one, one - (one >> 100n)],
      ]),
    ).toBe(false);
  });
});

describe("free features", () => {
  it("the dual value is below the exact one of the same residuals, and near it", () => {
    const r = random(11);
    for (let i = 0; i < 150; i++) {
      const p = anyProblem(r);
      const clusters = clustersOf(p);
      const answer = anyAnswer(r, clusters);
      // Now and then a column that is nearly sure of the wrong class.
      if (i % 4 === 0) answer.other[clusters.length * (clusters.length - 1)] += 30;
      const columns = clusters.map((_, j) => columnOf(p, clusters, answer, j));
      const t = clusters.map(() => r.uniform());
      const of = clusterOf(clusters, p.K);
      const truth = judge(
        p,
        residuals(p, clusters, answer, (k) => exact(t[of[k]])),
      );
      const found = dualValue(
        p,
        clusters,
        (j) => columns[j],
        (j) => t[j],
      );
      expect(exact(found) <= truth).toBe(true);
      // What is subtracted is a few eps of the terms, the penalty of the bias among them.
      const plain = toNumber(
        judge(
          { ...p, lambdaB: inf },
          residuals(p, clusters, answer, (k) => exact(t[of[k]])),
        ),
      );
      const terms =
        2 * Math.abs(plain) - toNumber(truth) + 10 * Math.max(1, ...(p.offsets ?? []).map(Math.abs), ...(p.weights ?? [1]));
      expect(toNumber(truth) - found).toBeLessThan(1e-13 * terms);
    }
  });

  it("nor do offsets raise it that are far larger than anything else", () => {
    const r = random(23);
    for (let i = 0; i < 100; i++) {
      const plain = { ...anyProblem(r), offsets: null, lambdaB: inf };
      const kinds = clustersOf(plain);
      const answer = anyAnswer(r, kinds);
      const size = kinds.map(() => 1e6 * r.normal());
      const clusters = kinds.map((c, j) => ({ ...c, offset: size[j] }));
      const of = clusterOf(kinds, plain.K);
      const p = { ...plain, offsets: of.map((j) => size[j]) };
      const columns = kinds.map((_, j) => columnOf(plain, kinds, answer, j));
      const t = r.uniform();
      const truth = judge(
        p,
        residuals(plain, kinds, answer, () => exact(t)),
      );
      const found = dualValue(
        p,
        clusters,
        (j) => columns[j],
        () => t,
      );
      expect(exact(found) <= truth).toBe(true);
    }
  });

  it("what rounding does to a penalty that should be 0 is in the bound, however small lambda_b", () => {
    const r = random(18);
    let seen = 0;
    for (let i = 0; i < 60; i++) {
      // Equal classes, each its own cluster, and logits that only depend on i - k, nearly: the forces on the bias cancel but for rounding.
      const K = 3 + r.integer(5);
      const p = problem({ counts: new Array<number>(K).fill(1 + r.integer(100)), lambdaZ: 1, lambdaB: 1e-25 });
      const clusters: Cluster[] = p.counts.map((count, k) => ({ classes: [k], size: 1, count, weight: 1, factor: 1, offset: 0 }));
      const wheel = Array.from({ length: K }, () => r.normal());
      const other = new Float64Array(K * K);
      for (let i = 0; i < K; i++)
        for (let k = 0; k < K; k++) other[i * K + k] = wheel[(i - k + K) % K] * (1 + 2 ** -52 * r.integer(4));
      const answer = { other, own: new Float64Array(K).fill(wheel[0]), bias: new Float64Array(K) };
      const columns = clusters.map((_, j) => columnOf(p, clusters, answer, j));
      const t = clusters.map(() => 0.7);
      const truth = judge(
        p,
        residuals(p, clusters, answer, (k) => exact(t[k])),
      );
      const free = judge(
        { ...p, lambdaB: inf },
        residuals(p, clusters, answer, (k) => exact(t[k])),
      );
      if (free - truth > one >> 40n) seen++;
      expect(
        exact(
          dualValue(
            p,
            clusters,
            (j) => columns[j],
            (j) => t[j],
          ),
        ) <= truth,
      ).toBe(true);
    }
    expect(seen).toBeGreaterThan(10);
  });

  it("sums of many terms: the norm of a matrix of rank one is not underestimated", () => {
    const r = random(19);
    for (let i = 0; i < 20; i++) {
      const J = 60 + r.integer(140);
      const row = Array.from({ length: J }, () => r.uniform());
      const square = BigInt(J) * row.reduce((sum, x) => sum + times(exact(x), exact(x)), 0n);
      const { atMost } = spectralNorm(
        Float64Array.from({ length: J * J }, (_, e) => row[e % J]),
        J,
      );
      expect(times(exact(atMost), exact(atMost)) >= square).toBe(true);
      expect(atMost ** 2 / toNumber(square) - 1).toBeLessThan(8 * J * Number.EPSILON);
    }
  });

  it("the norm's margin is not below that of the analysis, of its square (J |A|_1 |A|_inf / lambda + J + 8) eps", () => {
    // No matrix is known that needs so much, so nothing else would notice if it were less.
    const r = random(24);
    for (let i = 0; i < 20; i++) {
      const J = 30 + r.integer(30);
      const [rows, columns] = [0, 1].map(() => Float64Array.from({ length: J }, () => 10 ** (0.3 * r.normal())));
      const A = Float64Array.from({ length: J * J }, (_, e) => rows[Math.floor(e / J)] * columns[e % J] * r.normal());
      const { norm, atMost } = spectralNorm(A, J);
      const sums = (of: (l: number, m: number) => number): number[] =>
        Array.from({ length: J }, (_, l) =>
          Array.from({ length: J }, (_, m) => Math.abs(A[of(l, m)])).reduce((a, b) => a + b, 0),
        );
      const one = Math.max(...sums((j, i) => i * J + j));
      const infinity = Math.max(...sums((i, j) => i * J + j));
      const margin = ((J * one) / norm) * (infinity / norm) + J + 8;
      const found = ((atMost / norm) ** 2 - 1) / Number.EPSILON / margin;
      // The square of a root, and a difference from 1, are read to some eps, of which the margin is hundreds.
      expect(found).toBeGreaterThan(0.97);
      expect(found).toBeLessThan(2);
    }
  });

  it("the norm of the residuals is not underestimated, nor overestimated by more than a few eps J", () => {
    const r = random(12);
    for (let i = 0; i < 150; i++) {
      const p = anyProblem(r);
      const clusters = clustersOf(p);
      const answer = anyAnswer(r, clusters);
      const { atMost } = residualNorm(
        clusters,
        clusters.map((_, j) => columnOf(p, clusters, answer, j)),
      );
      const Y = residuals(p, clusters, answer, () => one);
      expect(isWithin(p, Y, exact(atMost))).toBe(true);
      expect(isWithin(p, Y, exact(atMost * (1 - 1e-13)))).toBe(false);
    }
  });

  it("the loss of a column is right to the error that comes with it", () => {
    const r = random(13);
    let largest = 0;
    for (let i = 0; i < 150; i++) {
      const p = anyProblem(r);
      const clusters = clustersOf(p);
      const answer = anyAnswer(r, clusters);
      clusters.forEach((cluster, j) => {
        const truth = lossOf(p, clusters, answer, cluster.classes[0]);
        const { loss, lossError } = columnOf(p, clusters, answer, j);
        const miss = Math.abs(toNumber(truth - exact(loss)));
        expect(miss).toBeLessThanOrEqual(lossError);
        largest = Math.max(largest, miss / lossError);
      });
    }
    // The bound is not far from what happens.
    expect(largest).toBeGreaterThan(0.05);
  });

  it("no probability falls below 0: a class is scaled up no further than that, with bins and smoothing", () => {
    const r = random(14);
    let cut = 0;
    for (let i = 0; i < 60; i++) {
      const p = { ...anyProblem(r), lambdaB: inf, weights: null, offsets: null, factors: null };
      const bins: Bin[] = binsOf(p, 1e9);
      const answer = anyAnswer(r, bins);
      const { y, away } = columnOf(p, bins, answer, 0);
      const K = BigInt(p.K);
      const eps = exact(p.smoothing);
      // One bin: K - 1 other classes with the same residual.
      const room = y[0] > 0 ? over(one - eps + eps / K, exact(y[0]) * (K - 1n)) : over(eps / K, -exact(y[0]));
      expect(Math.abs(away / (y[0] * (p.K - 1)) - 1)).toBeLessThan(1e-14);
      const t = Math.min(1, 1 / (Math.abs(away) + Math.abs(y[0])));
      const tau = (k: number): bigint => {
        const wanted = exact(t * Math.sqrt(bins[0].count / p.counts[k]));
        if (wanted > room) cut++;
        return wanted > room ? room : wanted;
      };
      const truth = judge(p, residuals(p, bins, answer, tau));
      const columns = [columnOf(p, bins, answer, 0)];
      const found = dualValue(
        p,
        bins,
        (j) => columns[j],
        (j, n) => t * Math.sqrt(bins[j].count / n),
      );
      expect(exact(found) <= truth).toBe(true);
      expect(toNumber(truth) - found).toBeLessThan(1e-13);
    }
    expect(cut).toBeGreaterThan(30);
  });

  it("without a penalty on the bias: some dual point with v = 0 has at least the value that is returned", () => {
    const r = random(21);
    for (let i = 0; i < 80; i++) {
      const p = { ...anyProblem(r), lambdaB: 0 };
      const clusters = clustersOf(p);
      // Balanced to about 10^-e, or not at all.
      const answer = i % 2 ? solve({ ...p, lambdaB: 10 ** (-6 * r.uniform()) }).answer : anyAnswer(r, clusters);
      const columns = clusters.map((_, j) => columnOf(p, clusters, answer, j));
      const s = exact(p.lambdaZ) * BigInt(p.N);
      const tau = 0.9 * Math.min(1, (p.N * p.lambdaZ) / residualNorm(clusters, columns).atMost);
      const found = dualValue(
        p,
        clusters,
        (j) => columns[j],
        () => tau,
      );
      const x = residuals(p, clusters, answer, () => exact(tau));
      // The mixture of free-bias.ts, class by class.
      const eps = exact(p.smoothing);
      const mass = p.counts.map((n, k) => BigInt(n) * exact(p.weights?.[k] ?? 1));
      const q = (i: number, k: number): bigint => eps / BigInt(p.K) + (i === k ? one - eps : 0n);
      const sum = (terms: bigint[]): bigint => terms.reduce((a, b) => a + b, 0n);
      const M = sum(mass);
      const rho = p.counts.map((_, i) => sum(mass.map((m, k) => times(m, x[k][i]))));
      const mean = p.counts.map((_, i) => over(sum(mass.map((m, k) => times(m, q(i, k)))), M));
      const size = (v: bigint): bigint => (v < 0n ? -v : v);
      const most = (values: bigint[]): bigint => values.reduce((a, b) => (a > b ? a : b));
      const beta = most(rho.map((v, i) => over(size(v), times(M, mean[i]))));
      const squares = sum(mass.map((m, k) => times(m, exact(p.weights?.[k] ?? 1))));
      const g = times(most(p.counts.map((_, i) => exact(p.factors?.[i] ?? 1))), root(2n * squares));
      const sigma = s < g ? over(s, g) : one;
      const theta = over(beta, sigma + beta);
      const rest = over(times(one - theta, one), times(times(theta, sigma), M) || 1n);
      const point = mean.map((value, i) => value - times(rest, rho[i]));
      const mixed = x.map((column, k) =>
        column.map((v, i) => times(one - theta, v) + times(times(theta, sigma), point[i] - q(i, k))),
      );
      // v = 0, but for the judge's own rounding.
      for (const i of p.counts.keys()) expect(size(sum(mass.map((m, k) => times(m, mixed[k][i])))) < one >> 180n).toBe(true);
      expect(isWithin(p, mixed, s)).toBe(true);
      // What concavity leaves of its entropies, and not much less is returned: the rounding of rho costs a theta of its own.
      const entropies = judge({ ...p, lambdaB: inf, offsets: null }, x) * BigInt(p.N);
      const ofTarget = -sum(p.counts.map((_, i) => q(i, 0)).map((y) => (y > 0n ? times(y, log(y)) : 0n)));
      const spread = times(times(one - sigma, M), ofTarget);
      const lost = entropies > spread ? times(theta, entropies - spread) : 0n;
      const bound = (entropies - lost) / BigInt(p.N);
      expect(bound <= judge({ ...p, lambdaB: inf }, mixed) + (one >> 180n)).toBe(true);
      expect(exact(found) <= bound + (one >> 180n)).toBe(true);
      const rarest = toNumber(mean.reduce((a, b) => (a < b ? a : b)));
      expect(toNumber(bound) - found).toBeLessThan((1e-13 * toNumber(entropies)) / p.N / rarest / toNumber(sigma));
    }
  });

  it("residuals of bins, balanced class by class: within the norm, probabilities, and the bound is below the minimum", () => {
    const r = random(22);
    let levelled = 0;
    for (let i = 0; i < 100; i++) {
      const any = anyProblem(r);
      const counts = any.counts.map((n) => n + 1 + r.integer(1 + n / 4));
      // Two values of each remedy, so that classes of different counts still share bins.
      const some = (value: number, neutral: number) => (r.integer(2) ? counts.map(() => (r.integer(2) ? value : neutral)) : null);
      const p = {
        ...problem({ counts, lambdaZ: any.lambdaZ, lambdaB: 0, smoothing: any.smoothing }),
        weights: some(2, 1),
        offsets: some(0.5, 0),
        factors: some(0.6, 1),
      };
      const bins = binsOf(p, 1.5);
      const answer = i % 3 ? solve(binnedProblem(p, bins)).answer : anyAnswer(r, bins);
      const columns = bins.map((_, j) => columnOf(p, bins, answer, j));
      const t = Math.min(1, (p.N * p.lambdaZ) / residualNorm(bins, columns).atMost);
      const { clusters, columnAt, slack } = lifted(p, bins, columns, t);
      const of = clusterOf(clusters, p.K);
      const tau = exact(1 / (1 + slack));
      const fine = clusters.map((_, j) => columnAt(j));
      const Y = p.counts.map((_, k) => {
        const y = p.counts.map((_, i) => (i === k ? 0n : times(tau, exact(fine[of[k]].y[of[i]]))));
        y[k] = -y.reduce((a, b) => a + b, 0n);
        return y;
      });
      expect(isWithin(p, Y, exact(p.lambdaZ) * BigInt(p.N))).toBe(true);
      // Throws where one is negative.
      judge({ ...p, lambdaB: inf }, Y);
      const v = p.counts.map(
        (_, i) =>
          toNumber(p.counts.reduce((sum, n, k) => sum + times(BigInt(n) * exact(p.weights?.[k] ?? 1), Y[k][i]), 0n)) / p.N,
      );
      if (bins.length < clusters.length && Math.max(...v.map(Math.abs)) < 1e-13) levelled++;
      const { certificate } = solve(p, { tolerance: 1e-12 });
      expect(certify(p, answer, { clusters: bins }).dual).toBeLessThanOrEqual(certificate.objective);
    }
    expect(levelled).toBeGreaterThan(10);
  });

  it("factors that do not make the core cannot lower the objective", () => {
    const r = random(20);
    for (let i = 0; i < 60; i++) {
      const p = anyProblem(r);
      const clusters = clustersOf(p);
      const J = clusters.length;
      const answer = anyAnswer(r, clusters);
      const truth = certify(p, answer).objective;
      for (const rank of [0, 1, J]) {
        const any = () => Float64Array.from({ length: J * rank }, () => r.normal());
        const { objective } = certify(p, { ...answer, coreFactors: { A: any(), B: any(), rank } });
        expect(objective).toBeGreaterThanOrEqual(truth * (1 - 1e-14));
      }
    }
  });

  it("balanced classes: the bound is below the minimum, which a formula knows to 70 digits, and within 1e-13 of it", () => {
    const r = random(15);
    for (let i = 0; i < 80; i++) {
      const K = 2 + r.integer(i % 8 === 0 ? 600 : 12);
      const n = Math.ceil(10 ** (6 * r.uniform()));
      const s = Math.sqrt(n) * 10 ** (-6 * r.uniform() ** 2);
      const p = problem({ counts: new Array<number>(K).fill(n), lambdaZ: s / (K * n), lambdaB: i % 2 ? 0.01 : inf });
      const lambdaZ = exact(p.lambdaZ);
      const rootN = root(BigInt(n) * one);
      const rho = over(times(lambdaZ, BigInt(K * n) * one), rootN);
      if (rho >= one) continue;
      // e^(K a) = K/rho - K + 1, loss log(1 + (K - 1) e^(-K a)), nuclear norm (K - 1) sqrt(n) K a.
      const gap = log(over(BigInt(K) * one, rho) - BigInt(K - 1) * one);
      const minimum = log(one + BigInt(K - 1) * exp(-gap)) + times(times(lambdaZ, rootN), BigInt(K - 1) * gap);
      const { objective, dual, certified } = certify(p, balancedBlocks(K, toNumber(gap) / K), { tolerance: 1e-13 });
      expect(exact(dual) <= minimum).toBe(true);
      expect(certified).toBe(true);
      expect(Math.abs(objective / toNumber(minimum) - 1)).toBeLessThan(1e-14);
    }
  });

  it("certificates that close do so with the margins in them: 1e-12 on any problem that is not extreme", () => {
    const r = random(16);
    for (let i = 0; i < 40; i++) {
      const p = anyProblem(
        r,
        (counts) => (Math.sqrt(Math.max(...counts)) * (0.05 + r.uniform())) / counts.reduce((a, b) => a + b, 0),
      );
      const { certificate } = solve({ ...p, lambdaB: Math.max(p.lambdaB, 0.01) }, { tolerance: 1e-12 });
      expect(certificate.certified, `${certificate.relativeGap} ${JSON.stringify(p)}`).toBe(true);
    }
  });
});

describe("nonnegative features", () => {
  it("neither the force on a class nor the norm of G+ is underestimated, nor overestimated by more than a few eps J", () => {
    const r = random(17);
    for (let i = 0; i < 150; i++) {
      const p = anyProblem(r);
      const clusters = clustersOf(p);
      const answer = anyAnswer(r, clusters);
      const columns = clusters.map((_, j) => columnOf(p, clusters, answer, j));
      const forces = columns.map((column, j) => forceOfColumn(clusters, column, j));
      const of = clusterOf(clusters, p.K);
      const C = residuals(p, clusters, answer, () => one).map((y) => y.map((x, i) => times(exact(p.factors?.[i] ?? 1), x)));
      C.forEach((c, k) => {
        const square = c.reduce((sum, x) => sum + times(x, x), 0n);
        const bound = (x: number): bigint => times(exact(x), exact(x));
        expect(bound(forces[of[k]].atMost) >= square).toBe(true);
        expect(bound(forces[of[k]].atMost * (1 - 1e-13)) >= square).toBe(false);
      });
      const plus = C.map((c, k) => {
        const scale = (k: number): bigint => times(exact(p.weights?.[k] ?? 1), root(BigInt(p.counts[k]) * one));
        return C.map((d, l) => {
          const g = times(
            times(scale(k), scale(l)),
            c.reduce((sum, x, i) => sum + times(x, d[i]), 0n),
          );
          return k !== l && g < 0n ? 0n : g;
        });
      });
      const isAtMost = (x: number): boolean =>
        isSemidefinite(plus.map((g, k) => g.map((v, l) => (k === l ? times(exact(x), exact(x)) : 0n) - v)));
      const { atMost } = sharedNorm(clusters, columns, forces);
      expect(isAtMost(atMost)).toBe(true);
      expect(isAtMost(atMost * (1 - 1e-13))).toBe(false);
    }
  });
});
