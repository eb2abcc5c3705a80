import { describe, expect, test } from "vitest";
import { gramOfColumns } from "../../src/math/index.ts";
import { matrix } from "../../src/math/matrix.ts";
import { random } from "../../src/math/random.ts";
import { svd } from "../../src/math/svd.ts";
import type { Frame } from "../../src/measure/frame.ts";
import { nc1s, type Weightings } from "../../src/measure/nc1.ts";
import { rowsIn } from "../../src/row-store.ts";

/*
 * Spaces too large for rotations, where the paper's weighting comes from the class-balanced one by a step of rank one, beside the singular values of each Sigma_B by itself. Both are right to about eps times the
 * condition of the means; the step may cost a bit more, since it takes off at most half.
 */

interface Made {
  counts: number[];
  r: number;
  /** The means, K x r, about any origin. */
  means: (k: number, a: number) => number;
  /** A square root of the scatter, r x r. */
  root: (a: number, b: number) => number;
}

function space({ counts, r, means, root }: Made) {
  const K = counts.length;
  const present = Array.from(counts.keys()).filter((k) => counts[k] > 0);
  const projected = new Float64Array(K * r);
  for (let a = 0; a < r; a++) {
    for (const k of present) projected[k * r + a] = means(k, a);
    const mean = present.reduce((sum, k) => sum + projected[k * r + a], 0) / present.length;
    for (const k of present) projected[k * r + a] -= mean;
  }
  const square = Float64Array.from({ length: r * r }, (_, e) => root(Math.floor(e / r), e % r));
  const scatter = new Float64Array(r * r);
  gramOfColumns(scatter, square, r, r);
  const N = counts.reduce((sum, n) => sum + n, 0);
  return { frame: { N, counts: Float64Array.from(counts), present } as unknown as Frame, space: { projected, scatter, r } };
}

function bySingularValues({ frame, space: { projected, scatter, r } }: ReturnType<typeof space>): Weightings {
  const { N, counts, present } = frame;
  const mean = new Float64Array(r);
  for (const k of present) for (let a = 0; a < r; a++) mean[a] += (counts[k] * projected[k * r + a]) / N;
  const one = (weight: (k: number) => number, origin: Float64Array): number => {
    const rows = present.flatMap((k) => Array.from(origin, (o, a) => Math.sqrt(weight(k)) * (projected[k * r + a] - o)));
    const { S, V } = svd(matrix(present.length, r, Float64Array.from(rows)));
    let trace = 0;
    for (let l = 0; l < r; l++) {
      let form = 0;
      for (let a = 0; a < r; a++) {
        let sum = 0;
        for (let b = 0; b < r; b++) sum += scatter[a * r + b] * V.data[b * V.cols + l];
        form += sum * V.data[a * V.cols + l];
      }
      trace += form / S[l] ** 2;
    }
    return trace / N / present.length;
  };
  const equally = (): number => 1 / present.length;
  return {
    paper: one(equally, mean),
    sampleWeighted: one((k) => counts[k] / N, mean),
    classBalanced: one(equally, new Float64Array(r)),
  };
}

const normal = (seed: number): (() => number) => {
  const r = random(seed);
  return () => r.normal();
};

const K = 170;
const r = 140;
const uneven = Array.from({ length: K }, (_, k) => 1 + ((k * k) % 900));

function agree(made: Made, tolerance: number): Weightings {
  const it = space(made);
  const [found, expected] = [
    nc1s(it.frame, { ...it.space, projected: rowsIn(it.space.projected, it.frame.counts.length, it.space.r) }),
    bySingularValues(it),
  ];
  for (const name of ["paper", "sampleWeighted", "classBalanced"] as const)
    expect(Math.abs(found[name] / expected[name] - 1), name).toBeLessThan(tolerance);
  return found;
}

describe("NC1 of large spaces is that of the singular values", () => {
  test.each([
    { what: "classes of very different counts", counts: uneven },
    { what: "one class with nearly all samples", counts: uneven.map((_, k) => (k === 3 ? 1_000_000 : 1)) },
    { what: "classes alike: both means are one", counts: uneven.map(() => 7) },
    { what: "classes that do not occur", counts: uneven.map((n, k) => (k % 7 === 0 ? 0 : n)) },
  ])("$what", ({ counts }) => {
    const x = normal(1);
    agree({ counts, r, means: () => 2 + x(), root: () => x() }, 1e-11);
  });

  test("fewer directions than classes less one, and as many", () => {
    const x = normal(2);
    agree({ counts: uneven, r: K - 1, means: () => x(), root: () => x() }, 1e-8);
    agree({ counts: uneven.slice(0, 141), r, means: () => x(), root: () => x() }, 1e-8);
  });

  // Scatter along u = B^-1 o alone, o the mean of all samples: the step takes off o'u / (1 + o'u) of it, which one class with nearly all samples makes nearly 1.
  test.each([0, 1e-3, 0.3, 1])("scatter that the step of rank one takes away, and %f of another", (rest) => {
    const x = normal(3);
    const means = Float64Array.from({ length: K * r }, () => x());
    const counts = uneven.map((_, k) => (k === 3 ? 1_000_000 : 1));
    // Class 3 stands far out, so that u is nearly the direction of its mean.
    for (let a = 0; a < r; a++) means[3 * r + a] = a === 0 ? 1000 : 0;
    const found = agree(
      { counts, r, means: (k, a) => means[k * r + a], root: (a, b) => (a === 0 && b === 0 ? 1000 : 0) + rest * 1e-3 * x() },
      1e-10,
    );
    if (rest === 0) expect(found.paper).toBeLessThan(found.classBalanced / 30);
  });

  // The first round of the factor leaves eps times the square of the condition: above 1e-8 of it a second one is made.
  test.each([1e-2, 1e-4, 1e-5])("means that differ by %d of the others in some directions", (small) => {
    const x = normal(4);
    const made = { counts: uneven, r, means: (_: number, a: number) => (a % 10 === 0 ? small : 1) * x(), root: () => x() };
    agree(made, 1e-13 / small);
  });

  test("two classes merge: the trace grows as the square of their distance falls, to where means are one", () => {
    const x = normal(5);
    const means = Float64Array.from({ length: 141 * r }, () => x());
    for (const apart of [1e-3, 1e-5, 1e-7]) {
      const near = (k: number, a: number): number => means[(k === 9 ? 4 : k) * r + a] + (k === 9 ? apart * means[9 * r + a] : 0);
      agree({ counts: uneven.slice(0, 141), r, means: near, root: (a, b) => (a === b ? 1 : 0) }, Math.max(1e-9, 1e-13 / apart));
    }
  });
});
