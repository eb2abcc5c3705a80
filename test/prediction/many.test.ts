import { expect, test } from "vitest";
import { expand, predict, summarize } from "../../src/prediction/index.ts";
import { parseCountTable, parseLongTail, problem } from "../../src/problem/index.ts";

test("the summary expands to the prediction, entry by entry", () => {
  const p = problem({ counts: [300, 300, 120, 40, 40, 7], lambdaZ: 0.004, lambdaB: 0.02 });
  const { seconds: _, ...whole } = predict(p);
  const { seconds: __, ...expanded } = expand(summarize(p));
  expect(expanded).toEqual(whole);
  const { blocks, clusters } = summarize(p);
  expect(blocks.own).toHaveLength(clusters.length);
  expect(whole.Z[0][1]).toBe(blocks.other[0][0]);
  expect(whole.Z[2][4]).toBe(blocks.other[1][2]);
});

test.each([
  ["free of bias", Number.POSITIVE_INFINITY, {}],
  ["a bias without a penalty", 0, {}],
  ["a bias without a penalty and weights", 0, { weights: Array.from({ length: 160 }, (_, k) => (k < 80 ? 1 : 1.5)) }],
  ["with a bias and weights that differ", 0.01, { weights: Array.from({ length: 160 }, (_, k) => (k % 2 === 0 ? 1 : 1.5)) }],
])(
  "a loose tolerance bins nearly equal counts and proves the answer for the true ones: %s",
  (_, lambdaB, remedies) => {
    const counts = parseLongTail("exp:160:4000:0.01").map((n, k) => n + (160 - k));
    const p = problem({ counts, lambdaZ: 3e-5, lambdaB, ...remedies });
    const tolerance = 1e-4;
    const loose = summarize(p, { tolerance });
    expect(loose.bins).toBeLessThan(100);
    expect(loose.certified).toBe(true);
    expect(loose.clusters.flatMap((c) => c.classes).sort((x, y) => x - y)).toEqual(counts.map((_, k) => k));
    const exact = summarize(p);
    expect(exact.bins).toBeNull();
    expect(exact.certified).toBe(true);
    // The gap is true: the optimum lies between the dual and the objective.
    expect(loose.objective).toBeGreaterThanOrEqual(exact.objective * (1 - 1e-9));
    expect(loose.dual).toBeLessThanOrEqual(exact.objective * (1 + 1e-9));
    expect(loose.objective - exact.objective).toBeLessThanOrEqual(tolerance * loose.objective);
    // The loss is strongly convex in the logits that matter: the answers differ by about the root of the gap.
    const Z = expand(loose).Z.flat();
    const Y = expand(exact).Z.flat();
    const norm = Math.hypot(...Y);
    const difference = Math.hypot(...Y.map((y, i) => y - Z[i]));
    expect(difference / norm).toBeLessThan(0.1);
  },
  60_000,
);

test("behind a ReLU, with hundreds of different counts, the rank is not more than the law allows: what rounding leaves of the last singular value is 0", () => {
  const { counts } = parseCountTable("dataset:lvis-v1", "counts");
  const { rank, singularValues, certified } = summarize(problem({ counts, weightDecay: 5e-4, ends: "batch-norm-relu" }));
  expect(certified).toBe(true);
  expect(rank).toBe(counts.length - 1);
  expect(singularValues).toHaveLength(counts.length);
  expect(singularValues.at(-1)).toBe(0);
});
