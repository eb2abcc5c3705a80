import { describe, expect, it } from "vitest";
import { symmetricEigenvalues } from "../../src/math/eigen.ts";
import { matrix } from "../../src/math/matrix.ts";
import { type Random, random } from "../../src/math/random.ts";
import { singularValues, svd } from "../../src/math/svd.ts";
import { type Bin, binnedProblem, binsOf, type Cluster, clustersOf, type Problem, problem } from "../../src/problem/index.ts";
import { columnOf } from "../../src/solver/answer-column.ts";
import { objectiveOf, residualNorm } from "../../src/solver/certificate.ts";
import type { BlockAnswer } from "../../src/solver/columns.ts";
import { certify, certifyNonnegative } from "../../src/solver/index.ts";
import {
  forceOfColumn,
  objectiveOfColumns as objectiveOfNonnegative,
  sharedNorm,
} from "../../src/solver/nonnegative-certificate.ts";
import { exact, isSemidefinite, one, root, times, toNumber } from "./fixed-point.ts";
import { anyAnswer, anyProblem, clusterOf, isWithin, judge, lossOf, residuals, roomOf } from "./judge.ts";

/*
 * What the certificates say of an answer, good or bad, against the whole K x K problem, class by class: both values, from above and from below, and the factor by
 * which the residuals are scaled. (rounding.test.ts has the parts.)
 */
const sum = (terms: readonly number[]): number => terms.reduce((a, b) => a + b, 0);

/** Z, K x K. */
function wholeZ(p: Problem, clusters: readonly Cluster[], { other, own }: BlockAnswer): number[][] {
  const of = clusterOf(clusters, p.K);
  return p.counts.map((_, i) => p.counts.map((_, k) => (i === k ? own[of[k]] : other[of[i] * clusters.length + of[k]])));
}

/** Loss and penalty of the bias. */
function withoutNorm(p: Problem, clusters: readonly Cluster[], answer: BlockAnswer): number {
  const of = clusterOf(clusters, p.K);
  const losses = p.counts.map((n, k) => (p.weights?.[k] ?? 1) * n * toNumber(lossOf(p, clusters, answer, k)));
  const penalty = Number.isFinite(p.lambdaB) ? sum(of.map((j) => (p.lambdaB / 2) * answer.bias[j] ** 2)) : 0;
  return sum(losses) / p.N + penalty;
}

/** |Z D^(1/2)|_*. */
const nuclear = (Z: number[][], counts: readonly number[]): number =>
  sum([
    ...singularValues(
      matrix(counts.length, counts.length, Float64Array.from(Z.flatMap((row) => row.map((z, k) => z * Math.sqrt(counts[k]))))),
    ),
  ]);

/** All remedies alike, so that classes of any counts share a bin, and those bins. */
function binned(r: Random): { p: Problem; bins: Bin[] } {
  const counts = Array.from({ length: 2 + r.integer(6) }, () => Math.ceil(10 ** (3 * r.uniform())));
  const all = (value: number) => (r.integer(2) ? counts.map(() => value) : null);
  const p = problem({
    counts,
    lambdaZ: (Math.sqrt(Math.max(...counts)) * 10 ** (-2 * r.uniform())) / sum(counts),
    lambdaB: r.integer(2) ? 10 ** (-3 * r.uniform()) : Number.POSITIVE_INFINITY,
    weights: all(0.5 + r.uniform()),
    factors: all(0.5 + r.uniform()),
    smoothing: r.integer(2) ? 0.2 * r.uniform() : 0,
  });
  return { p, bins: binsOf(p, [1.5, 4, 100][r.integer(3)]) };
}

describe("free features", () => {
  it("the objective is that of the whole problem, with factors that make the core, balanced or not, and with others", () => {
    const r = random(51);
    for (let i = 0; i < 60; i++) {
      const p = anyProblem(r);
      const clusters = clustersOf(p);
      const J = clusters.length;
      const answer = anyAnswer(r, clusters);
      const Z = wholeZ(p, clusters, answer);
      const rest = withoutNorm(p, clusters, answer);
      const truth = rest + p.lambdaZ * nuclear(Z, p.counts);
      expect(Math.abs(certify(p, answer).objective / truth - 1)).toBeLessThan(1e-13);
      // The core by its definition, u_i' Z u_j sqrt(n_j) with u_j = 1_j / sqrt(k_j).
      const core = matrix(J, J);
      clusters.forEach((a, i) => {
        clusters.forEach((b, j) => {
          const entries = a.classes.flatMap((x) => b.classes.map((y) => Z[x][y]));
          core.data[i * J + j] = (sum(entries) * Math.sqrt(b.count)) / Math.sqrt(a.size * b.size);
        });
      });
      const { U, S, V } = svd(core);
      const within = sum(
        clusters.map((c, j) => (c.size - 1) * Math.sqrt(c.count) * Math.abs(answer.own[j] - answer.other[j * J + j])),
      );
      const withFactors = (scaleA: number, scaleB: number, of = S): number => {
        const A = U.data.map((x, e) => x * Math.sqrt(of[e % J]) * scaleA);
        const B = V.data.map((x, e) => x * Math.sqrt(of[e % J]) * scaleB);
        return certify(p, { ...answer, coreFactors: { A, B, rank: J } }).objective;
      };
      const near = (found: number, norm: number): void =>
        expect(Math.abs(found / (rest + p.lambdaZ * (within + norm)) - 1)).toBeLessThan(1e-12);
      near(withFactors(1, 1), sum([...S]));
      near(withFactors(3, 1 / 3), ((9 + 1 / 9) / 2) * sum([...S]));
      // Half of the core is missing: |M/2|_* for the factors, and sqrt(J) |M/2|_F for what they lack.
      near(
        withFactors(
          1,
          1,
          S.map((x) => x / 2),
        ),
        sum([...S]) / 2 + (Math.sqrt(J) * Math.hypot(...S)) / 2,
      );
    }
  });

  it.each([
    ["clusters", (r: Random) => ({ p: anyProblem(r), bins: undefined }), 0],
    ["bins of unequal counts", binned, 10],
  ])("the bound is the dual value of residuals that are scaled to the norm s: %s", (_, draw, leastCut) => {
    const r = random(52);
    let cut = 0;
    for (let i = 0; i < 100; i++) {
      const { p, bins } = draw(r);
      const clusters = bins ?? clustersOf(p);
      const answer = anyAnswer(r, clusters);
      const certificate = certify(p, answer, { clusters: bins });
      const columns = clusters.map((_, j) => columnOf(p, clusters, answer, j));
      const s = p.N * p.lambdaZ;
      const t = Math.min(1, s / residualNorm(clusters, columns).atMost);
      const of = clusterOf(clusters, p.K);
      const raw = residuals(p, clusters, answer, () => one);
      const Y = residuals(p, clusters, answer, (k) => {
        const wanted = exact(t * Math.sqrt(clusters[of[k]].count / p.counts[k]));
        const room = roomOf(p, raw[k], k);
        if (wanted > room) cut++;
        return wanted > room ? room : wanted;
      });
      expect(isWithin(p, Y, exact(p.lambdaZ) * BigInt(p.N))).toBe(true);
      const truth = judge(p, Y);
      const plain = toNumber(judge({ ...p, lambdaB: Number.POSITIVE_INFINITY, offsets: null }, Y));
      expect(exact(certificate.dual) <= truth).toBe(true);
      const terms =
        2 * Math.abs(plain) -
        toNumber(truth) +
        20 * Math.max(1, ...(p.offsets ?? []).map(Math.abs)) * Math.max(1, ...(p.weights ?? []));
      expect(toNumber(truth) - certificate.dual).toBeLessThan(1e-13 * terms);
      if (bins) {
        const Z = wholeZ(p, clusters, answer);
        const counts = binnedProblem(p, bins).counts;
        const objective = withoutNorm(p, clusters, answer) + p.lambdaZ * nuclear(Z, counts);
        expect(Math.abs(certificate.objective / objective - 1)).toBeLessThan(1e-13);
        continue;
      }
      const G = matrix(p.K, p.K);
      raw.forEach((y, k) => {
        y.forEach((x, i) => {
          G.data[i * p.K + k] = (p.factors?.[i] ?? 1) * toNumber(x) * (p.weights?.[k] ?? 1) * Math.sqrt(p.counts[k]);
        });
      });
      expect(Math.abs((certificate.spectralRatio * s) / singularValues(G)[0] - 1)).toBeLessThan(1e-12);
    }
    // Columns of rare classes in a bin are scaled up, by less where a probability would fall below 0.
    expect(cut).toBeGreaterThanOrEqual(leastCut);
  });
});

describe("the value from above", () => {
  /** |M|_* of a 2 x 2 matrix: sqrt(|M|_F^2 + 2 |det M|). */
  const nuclearOfTwo = ([a, b, c, d]: bigint[]): bigint => {
    const det = times(a, d) - times(b, c);
    return root(times(a, a) + times(b, b) + times(c, c) + times(d, d) + 2n * (det < 0n ? -det : det));
  };
  const penalty = (p: Problem, clusters: readonly Cluster[], { bias }: BlockAnswer): bigint =>
    Number.isFinite(p.lambdaB)
      ? clusters.reduce(
          (total, c, j) => total + BigInt(c.size) * times(exact(p.lambdaB) / 2n, times(exact(bias[j]), exact(bias[j]))),
          0n,
        )
      : 0n;
  const loss = (p: Problem, clusters: readonly Cluster[], answer: BlockAnswer): bigint =>
    p.counts.reduce((total, n, k) => total + BigInt(n) * times(exact(p.weights?.[k] ?? 1), lossOf(p, clusters, answer, k)), 0n) /
    BigInt(p.N);
  const within = (found: { value: number; rounding: number }, truth: bigint, most: number): void => {
    expect(Math.abs(toNumber(exact(found.value) - truth))).toBeLessThanOrEqual(found.rounding);
    expect(found.rounding).toBeLessThan(most);
  };

  it("is right to the rounding that comes with it: two clusters, with any factors or none; nonnegative", () => {
    const r = random(54);
    for (let i = 0; i < 60; i++) {
      const sizes = [1 + r.integer(3), 1 + r.integer(3)];
      const counts = sizes.flatMap((size, j) => new Array<number>(size).fill(j ? 7 + r.integer(9) : 100));
      const p = problem({
        counts,
        lambdaZ: 10 ** (-3 * r.uniform()),
        lambdaB: r.integer(2) ? 10 ** (-3 * r.uniform()) : Number.POSITIVE_INFINITY,
        weights: counts.map((n) => n / 50),
        smoothing: r.integer(2) ? 0.1 : 0,
      });
      const clusters = clustersOf(p);
      const answer = anyAnswer(r, clusters);
      const columns = clusters.map((_, j) => columnOf(p, clusters, answer, j));
      const rest = loss(p, clusters, answer) + penalty(p, clusters, answer);
      const size = (x: bigint): bigint => (x < 0n ? -x : x);
      const core: bigint[] = [];
      let gaps = 0n;
      clusters.forEach(({ size: k, count: n }, j) => {
        const scale = root(BigInt(n) * one);
        gaps += BigInt(k - 1) * times(scale, size(exact(answer.own[j]) - exact(answer.other[3 * j])));
        for (const i of [0, 1]) {
          const z = exact(answer.other[2 * i + j]);
          const entry = i === j ? exact(answer.own[j]) + BigInt(k - 1) * z : times(z, root(BigInt(clusters[i].size * k) * one));
          core[2 * i + j] = times(entry, scale);
        }
      });
      const value = (norm: bigint): bigint => rest + times(exact(p.lambdaZ), gaps + norm);
      const truth = value(nuclearOfTwo(core));
      within(objectiveOf(p, clusters, columns, answer), truth, 1e-13 * toNumber(truth));
      const [A, B] = [0, 1].map(() => Float64Array.from({ length: 4 }, () => 30 * r.normal()));
      const squares = [...A, ...B].reduce((total, x) => total + times(exact(x), exact(x)), 0n);
      const missing = [0, 1, 2, 3].reduce((total, e) => {
        const [i, j] = [2 * (e >> 1), 2 * (e & 1)];
        const x = core[e] - times(exact(A[i]), exact(B[j])) - times(exact(A[i + 1]), exact(B[j + 1]));
        return total + times(x, x);
      }, 0n);
      const withFactors = value(squares / 2n + root(2n * missing));
      within(
        objectiveOf(p, clusters, columns, { ...answer, coreFactors: { A, B, rank: 2 } }),
        withFactors,
        1e-13 * toNumber(withFactors),
      );
      const lengths = p.counts.reduce((total, n, k) => {
        const of = clusterOf(clusters, p.K);
        const z = p.counts.map((_, i) => exact(i === k ? answer.own[of[k]] : answer.other[2 * of[i] + of[k]]));
        return total + times(root(BigInt(n) * one), root(z.reduce((sum, x) => sum + times(x, x), 0n)));
      }, 0n);
      const plus = rest + times(exact(p.lambdaZ), lengths);
      within(objectiveOfNonnegative(p, clusters, columns, answer), plus, 1e-13 * toNumber(plus));
    }
  });

  it("where the logits are so large that all digits of the loss are theirs", () => {
    const r = random(55);
    for (let i = 0; i < 60; i++) {
      const counts = new Array<number>(2 + r.integer(20)).fill(1 + r.integer(1000));
      const p = problem({ counts, lambdaZ: 1e-30, weights: counts.map(() => 100) });
      const clusters = clustersOf(p);
      const size = 1e5 * (1 + r.uniform());
      const answer = {
        other: Float64Array.of(size),
        own: Float64Array.of(size + r.uniform()),
        bias: Float64Array.of(-size * r.uniform()),
      };
      const columns = [columnOf(p, clusters, answer, 0)];
      const truth = loss(p, clusters, answer);
      // Two sums and products of 2e5, a weight of 100.
      const most = 100 * 10 * 4e5 * Number.EPSILON;
      within(objectiveOf(p, clusters, columns, answer), truth, most);
      within(objectiveOfNonnegative(p, clusters, columns, answer), truth, most);
    }
  });
});

describe("nonnegative features", () => {
  it("objective, both bounds and the ratio are those of the whole problem", () => {
    const r = random(53);
    for (let i = 0; i < 100; i++) {
      const p = { ...anyProblem(r), nonnegative: true };
      const clusters = clustersOf(p);
      const answer = anyAnswer(r, clusters);
      const { objective, dual, ufmPlus, spectralRatio } = certifyNonnegative(p, answer);
      const Z = wholeZ(p, clusters, answer);
      const norm = sum(p.counts.map((n, k) => Math.sqrt(n) * Math.hypot(...Z.map((row) => row[k]))));
      expect(Math.abs(objective / (withoutNorm(p, clusters, answer) + p.lambdaZ * norm) - 1)).toBeLessThan(1e-13);
      expect(ufmPlus.objective).toBe(objective);

      const of = clusterOf(clusters, p.K);
      const columns = clusters.map((_, j) => columnOf(p, clusters, answer, j));
      const forces = columns.map((column, j) => forceOfColumn(clusters, column, j));
      const s = exact(p.lambdaZ) * BigInt(p.N);
      const scale = (k: number): bigint => times(exact(p.weights?.[k] ?? 1), root(BigInt(p.counts[k]) * one));
      const raw = residuals(p, clusters, answer, () => one);
      const scaled = (tau: (k: number) => number): bigint[][] =>
        residuals(p, clusters, answer, (k) => {
          const [wanted, room] = [exact(tau(k)), roomOf(p, raw[k], k)];
          return wanted > room ? room : wanted;
        });
      const gram = (Y: bigint[][]): bigint[][] => {
        const C = Y.map((y, k) => y.map((x, i) => times(scale(k), times(exact(p.factors?.[i] ?? 1), x))));
        return C.map((c) => C.map((d) => c.reduce((total, x, i) => total + times(x, d[i]), 0n)));
      };
      const is = (found: number, Y: bigint[][]): void => {
        const truth = judge(p, Y);
        const plain = toNumber(judge({ ...p, lambdaB: Number.POSITIVE_INFINITY, offsets: null }, Y));
        const terms =
          2 * Math.abs(plain) -
          toNumber(truth) +
          20 * Math.max(1, ...(p.offsets ?? []).map(Math.abs)) * Math.max(1, ...(p.weights ?? []));
        expect(exact(found) <= truth).toBe(true);
        expect(toNumber(truth) - found).toBeLessThan(1e-13 * terms);
      };

      // Each class by itself.
      const own = scaled((k) =>
        Math.min(1, (p.N * p.lambdaZ) / ((p.weights?.[k] ?? 1) * Math.sqrt(p.counts[k]) * forces[of[k]].atMost)),
      );
      gram(own).forEach((g, k) => {
        expect(g[k] <= times(s, s)).toBe(true);
      });
      is(ufmPlus.dual, own);

      // All by the norm of G+.
      const shared = sharedNorm(clusters, columns, forces);
      const all = scaled(() => Math.min(1, (p.N * p.lambdaZ) / shared.atMost));
      expect(isSemidefinite(gram(all).map((g, k) => g.map((x, l) => (k === l ? times(s, s) - x : x > 0n ? -x : 0n))))).toBe(true);
      is(dual, all);
      const plus = matrix(p.K, p.K);
      gram(raw).forEach((g, k) => {
        g.forEach((x, l) => {
          plus.data[k * p.K + l] = k === l ? toNumber(x) : Math.max(0, toNumber(x));
        });
      });
      expect(Math.abs((spectralRatio * p.N * p.lambdaZ) / Math.sqrt(symmetricEigenvalues(plus)[p.K - 1]) - 1)).toBeLessThan(
        1e-12,
      );
    }
  });
});
