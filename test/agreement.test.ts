import { describe, expect, test } from "vitest";
import { type LossName, lossNamed, lossNames } from "../src/loss/index.ts";
import { type Random, random } from "../src/math/random.ts";
import { clustersOf, type Problem, problem } from "../src/problem/index.ts";
import { type BlockAnswer, certify, separates, solve } from "../src/solver/index.ts";
import {
  balanced,
  balancedBlocks,
  balancedEntrywise,
  completeCollapse,
  mergeThreshold,
  squareLoss,
  type TwoClusters,
  twoClusterBlocks,
  twoClusters,
} from "../src/theory/index.ts";

/**
 * Closed forms and solver share no code: where they agree each proves the other, and the certificate proves both.
 * The solver sees the closed form's problem as (counts, lambda, loss); the closed form never sees the solver.
 *
 * Every check runs under every loss; where a loss has no closed form `formulas` says why.
 */
const repeat = (k: number, n: number): number[] => new Array<number>(k).fill(n);

const everyBias = [0, 1e-6, 1e-4, 1e-2, 1, 100, Number.POSITIVE_INFINITY];

/** A closed form of some kind of problem, with the penalties on the bias for which it is one. */
interface Formula<P> {
  lambdaBs: readonly number[];
  of(p: P): { blocks: BlockAnswer; phase: string };
  /** All the phases there are. */
  phases: readonly string[];
}

/** K classes of n samples. */
interface Balanced {
  K: number;
  n: number;
  lambdaZ: number;
  lambdaB: number;
}

/** The square loss without a bias: any counts, weights as its only remedy. By blocks, with the residuals that it brings. */
function squareForm(p: Problem): { blocks: BlockAnswer; phase: string } {
  const { own, residuals, vanished } = squareLoss(p);
  const clusters = clustersOf(p);
  const J = clusters.length;
  const of = (values: readonly number[]): Float64Array => Float64Array.from(clusters, ({ classes }) => values[classes[0]]);
  const other = new Float64Array(J * J);
  const blocks = { other, own: of(own), bias: new Float64Array(J), residuals: { other, own: of(residuals) } };
  return { blocks, phase: vanished.length === 0 ? "all" : vanished.length === p.K ? "none" : "some" };
}

function entrywiseForm(loss: LossName): Formula<Balanced> {
  const { entry } = lossNamed(loss);
  if (!entry) throw new Error(`${loss} is no sum over the logits`);
  return {
    lambdaBs: everyBias,
    of(p) {
      const blocks = balancedEntrywise(entry, p);
      return {
        blocks,
        phase: `${blocks.alpha > 0 ? "apart" : "merged"}, ${blocks.beta === 0 ? "mean of the bias" : "mean of Z"}`,
      };
    },
    phases: ["apart, mean of Z", "apart, mean of the bias", "merged, mean of Z", "merged, mean of the bias"],
  };
}

const formulas: Record<LossName, { twoClusters: Formula<TwoClusters> | string; balanced: Formula<Balanced> }> = {
  "cross-entropy": {
    twoClusters: {
      lambdaBs: everyBias,
      of(p) {
        const solution = twoClusters(p);
        return { blocks: twoClusterBlocks(p.kA, p.kB, solution), phase: solution.phase };
      },
      phases: ["a", "b", "c", "d"],
    },
    balanced: {
      lambdaBs: everyBias,
      of({ K, n, lambdaZ }) {
        const a = balanced(K, n, lambdaZ);
        return { blocks: balancedBlocks(K, a), phase: a > 0 ? "apart" : "merged" };
      },
      phases: ["apart", "merged"],
    },
  },
  square: {
    twoClusters: {
      // A bias couples the classes: nothing is written down for one.
      lambdaBs: [Number.POSITIVE_INFINITY],
      of: ({ kA, nA, kB, nB, lambdaZ, lambdaB }) =>
        squareForm(problem({ counts: [...repeat(kA, nA), ...repeat(kB, nB)], lambdaZ, lambdaB, loss: "square" })),
      phases: ["all", "none", "some"],
    },
    balanced: {
      ...entrywiseForm("square"),
      // Where both vanish the bias has the mean.
      phases: ["apart, mean of Z", "apart, mean of the bias", "merged, mean of the bias"],
    },
  },
  bce: {
    twoClusters:
      "every logit is compared with 0, and the singular vectors of the core depend on all of them: no closed form is known",
    balanced: entrywiseForm("bce"),
  },
};

/** Largest difference of block values, relative to the largest |z| (1 at least). A class alone in its cluster has no other beside it. */
function distance(p: Problem, x: BlockAnswer, y: BlockAnswer): number {
  const clusters = clustersOf(p);
  const J = clusters.length;
  let worst = 0;
  let scale = 1;
  for (const key of ["other", "own", "bias"] as const) {
    x[key].forEach((value, i) => {
      if (key === "other" && i % (J + 1) === 0 && clusters[i % J].size === 1) return;
      worst = Math.max(worst, Math.abs(value - y[key][i]));
      scale = Math.max(scale, Math.abs(value));
    });
  }
  return worst / scale;
}

/** A factor within 1e-9 of 1. */
const nearOne = (r: Random): number => 1 + (r.uniform() - 0.5) * 2e-9;

describe.each(lossNames)("%s", (loss) => {
  const { twoClusters: two, balanced: equal } = formulas[loss];

  if (typeof two === "string") test.skip(`two clusters: ${two}`, () => {});
  else
    test("two clusters: formula and solver agree to 1e-9 on 500 problems, thresholds within 1e-9 and imbalance 1e6 included", () => {
      const r = random(20230101);
      const phases = new Set<string>();
      for (let i = 0; i < 500; i++) {
        const kA = 2 + r.integer(8);
        const kB = 2 + r.integer(8);
        const nB = Math.max(1, Math.round(10 ** (r.uniform() * 3)));
        const nA = Math.max(nB + 1, i % 10 === 0 ? nB * 1_000_000 : Math.round(nB * 10 ** (r.uniform() * 4)));
        const N = kA * nA + kB * nB;
        const near = nearOne(r);
        const s =
          i % 5 === 0
            ? Math.sqrt(nB) * near
            : i % 5 === 1
              ? Math.sqrt(nA) * near
              : Math.sqrt(nA) * 1.05 * 10 ** (-4 * r.uniform() ** 2);
        const lambdaB = two.lambdaBs[i % two.lambdaBs.length];
        const lambdaZ = s / N;
        const { blocks, phase } = two.of({ kA, nA, kB, nB, lambdaZ, lambdaB });
        const p = problem({ counts: [...repeat(kA, nA), ...repeat(kB, nB)], lambdaZ, lambdaB, loss });
        const solved = solve(p, { tolerance: 1e-12 });
        const proof = certify(p, blocks);
        const label = JSON.stringify({ i, kA, nA, kB, nB, s, lambdaB, phase });
        expect(proof.gap / proof.objective, `gap of the formula ${label}`).toBeLessThan(1e-10);
        expect(Math.abs(solved.certificate.objective / proof.objective - 1), `objective ${label}`).toBeLessThan(1e-12);
        expect(distance(p, solved.answer, blocks), `blocks ${label}`).toBeLessThan(1e-9);
        phases.add(phase);
      }
      expect([...phases].sort()).toEqual(two.phases);
    });

  test("balanced: formula and solver, with every penalty on the bias, at the threshold and far below", () => {
    const r = random(7);
    const phases = new Set<string>();
    for (let i = 0; i < 100; i++) {
      const K = 2 + r.integer(40);
      const n = 1 + r.integer(100_000);
      const s = Math.sqrt(n) * (i % 4 === 0 ? nearOne(r) : i % 4 === 1 ? (0.5 + K * r.uniform()) / 2 : 1.2 * r.uniform() + 1e-6);
      const lambdaZ = s / (K * n);
      const lambdaB = equal.lambdaBs[i % equal.lambdaBs.length];
      const p = problem({ counts: repeat(K, n), lambdaZ, lambdaB, loss });
      const { blocks, phase } = equal.of({ K, n, lambdaZ, lambdaB });
      const solved = solve(p);
      const label = JSON.stringify({ i, K, n, s, lambdaB, phase });
      expect(distance(p, solved.answer, blocks), label).toBeLessThan(loss === "cross-entropy" ? 1e-12 : 1e-10);
      // Under cross-entropy the start is the closed form already, with every penalty on the bias.
      if (loss === "cross-entropy") expect(solved.iterations, label).toBeLessThan(10);
      const proof = certify(p, blocks);
      expect(proof.gap / proof.objective, label).toBeLessThan(1e-13);
      phases.add(phase);
    }
    expect([...phases].sort()).toEqual(equal.phases);
  });

  if (typeof two === "string") test.skip(`two clusters in the limit of equal counts: ${two}`, () => {});
  else
    test("two clusters in the limit of equal counts are the balanced problem", () => {
      const [K, n, lambdaZ] = [10, 1_000_000, 3e-5];
      for (const lambdaB of two.lambdaBs) {
        const { blocks } = two.of({ kA: 4, nA: n + 1, kB: 6, nB: n, lambdaZ, lambdaB });
        const one = equal.of({ K, n, lambdaZ, lambdaB }).blocks;
        for (let i = 0; i < 4; i++) expect(blocks.other[i]).toBeCloseTo(one.other[0], 4);
        for (let j = 0; j < 2; j++) {
          expect(blocks.own[j]).toBeCloseTo(one.own[0], 4);
          expect(blocks.bias[j]).toBeCloseTo(one.bias[0], 4);
        }
      }
    });

  test("the thresholds: clusters merge and all collapses where the closed forms say, to 1e-6, with weights and smoothing", () => {
    const r = random(38);
    for (let trial = 0; trial < 40; trial++) {
      const pool = [60, 20, 5].map((n) => n + r.integer(20));
      const counts = pool.flatMap((n) => repeat(1 + r.integer(4), n));
      const lambdaB = everyBias[trial % everyBias.length];
      const smoothing = r.integer(2) * 0.1;
      const weights = r.integer(2) ? counts.map((n) => n ** -0.2) : null;
      const base = problem({ counts, lambdaZ: 1, lambdaB, smoothing, weights, loss });
      const label = JSON.stringify({ trial, counts, lambdaB, smoothing, weights });
      const at = (lambdaZ: number) => solve({ ...base, lambdaZ, lambdaW: lambdaZ, lambdaH: lambdaZ });
      clustersOf(base).forEach((cluster, j) => {
        const merge = mergeThreshold(base, cluster);
        if (merge === null) return;
        for (const share of [1 - 1e-6, 1 + 1e-6]) {
          const { answer, certificate } = at(merge * share);
          const apart = answer.own[j] - answer.other[j * clustersOf(base).length + j];
          expect(certificate.certified, label).toBe(true);
          expect(apart > 0, `${label} cluster ${j} at ${share}`).toBe(share < 1);
        }
      });
      const { free } = completeCollapse(base);
      for (const share of [1 - 1e-4, 1 + 1e-6]) {
        const { answer, certificate } = at(free * share);
        const largest = Math.max(...answer.other.map(Math.abs), ...answer.own.map(Math.abs));
        expect(certificate.certified, label).toBe(true);
        expect(largest > 1e-9, `${label} complete collapse at ${share}: ${largest}`).toBe(share < 1);
      }
    }
  });

  test("the law of a cluster: predictions of own and other class differ by 1 - eps - s / (w sqrt(n)), and not at all from where that is 0 on", () => {
    const r = random(36);
    for (let trial = 0; trial < 30; trial++) {
      const counts = [60, 60, 60, 20, 20, 5, 5];
      const s = 0.1 + 7 * r.uniform();
      const smoothing = r.integer(2) * 0.1;
      const weights = counts.map((n) => (n === 20 ? 1.3 : 1));
      const p = problem({
        counts,
        lambdaZ: s / 230,
        lambdaB: r.integer(2) ? 0.05 : Number.POSITIVE_INFINITY,
        smoothing,
        weights,
        loss,
      });
      const { answer, reduced } = solve(p);
      const clusters = clustersOf(p);
      const J = clusters.length;
      clusters.forEach(({ count, weight, size }, j) => {
        const u = (i: number, z: number): number => z + answer.bias[i];
        const own = u(j, answer.own[j]);
        const other = u(j, answer.other[j * J + j]);
        const { entry } = lossNamed(loss);
        let difference: number;
        if (entry) difference = entry.prediction(own) - entry.prediction(other);
        else {
          const e = clusters.map((c, i) => (c.size - (i === j ? 1 : 0)) * Math.exp(u(i, answer.other[i * J + j])));
          const sum = e.reduce((a, b) => a + b, Math.exp(own));
          difference = (Math.exp(own) - Math.exp(other)) / sum;
        }
        const expected = Math.max(0, 1 - smoothing - s / (weight * Math.sqrt(count)));
        expect(Math.abs(difference - expected)).toBeLessThan(1e-8);
        expect(separates(reduced, j)).toBe(size >= 2 && expected > 0);
      });
    }
  });
});

// Under the other losses classes of counts of their own are coupled, and their closed forms are the two above.
test("square, any counts and weights without a bias: formula and solver agree on 150 problems, thresholds within 1e-9 included", () => {
  const r = random(37);
  for (let trial = 0; trial < 150; trial++) {
    const K = 2 + r.integer(12);
    const pool = Array.from({ length: 1 + r.integer(3) }, () => Math.max(1, Math.round(10 ** (3 * r.uniform()))));
    const counts = Array.from({ length: K }, () => pool[r.integer(pool.length)]);
    const N = counts.reduce((a, b) => a + b, 0);
    const weights = r.integer(3) === 0 ? counts.map((n) => n ** -0.3) : null;
    const lambdaZ = (10 ** (-2.5 * r.uniform()) * Math.sqrt(Math.max(...counts))) / N;
    const p0 = problem({ counts, lambdaZ, weights, loss: "square" });
    const near = squareLoss(p0).thresholds[r.integer(K)] * nearOne(r);
    const p = { ...p0, lambdaZ: trial % 3 === 0 ? near : lambdaZ };
    const { blocks } = squareForm(p);
    const { answer, certificate } = solve(p, { tolerance: 1e-12 });
    const label = JSON.stringify({ trial, ...p });
    expect(Math.abs(certificate.objective / squareLoss(p).objective - 1), label).toBeLessThan(1e-12);
    expect(distance(p, answer, blocks), label).toBeLessThan(1e-9);
  }
});
