import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { correlations } from "../../src/experiments/figures/fig9.ts";
import { type PointOutcome, type Scale, scaleOf, thin } from "../../src/experiments/figures/figure.ts";
import { figures } from "../../src/experiments/figures/index.ts";
import { isMerged, lambdaThresholds, onset, withinOneStep } from "../../src/experiments/figures/two-groups.ts";
import { reproduce } from "../../src/experiments/reproduce.ts";
import { runTrainings } from "../../src/experiments/trainings.ts";
import { compare } from "../../src/measure/index.ts";
import { predict } from "../../src/prediction/index.ts";
import { headlessDocument } from "../../src/report/document.ts";
import { problemOf, trainingSettings } from "../../src/training/index.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-figures-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a network would show that ended exactly at the prediction. */
function perfect(figure: (typeof figures)[number], scale: Scale): PointOutcome[] {
  return figure.points(scale).map((point) => {
    const { Z, b, objective } = predict(problemOf(point.job.settings));
    const comparison = compare(Z, b, predict(problemOf(point.job.settings)));
    const right = Z.map(() => 1);
    const at = (epoch: number, nc1: number) => ({ epoch, nc1, Zerror: comparison.Zerror, berror: comparison.berror });
    return {
      ...point,
      outcome: {
        seconds: 1,
        history: [at(1, 1), at(scale.epochs, 1e-6)],
        final: {
          Z,
          b,
          nc1: { paper: 1e-6, sampleWeighted: 1e-6, classBalanced: 1e-6 },
          blockDeviation: 0,
          trainAccuracy: right,
          testAccuracy: right,
          comparison,
          objective,
          predictedObjective: objective,
          epoch: scale.epochs,
        },
      },
    };
  });
}

describe.each(figures.map((f) => [f.name, f] as const))("%s", (_, figure) => {
  test.each(["demo", "small", "full"] as const)(
    "a network that ends at the prediction satisfies every verdict, %s scale",
    (name) => {
      const scale = scaleOf(name);
      const outcomes = perfect(figure, scale);
      expect(new Set(outcomes.map((o) => JSON.stringify(o.job))).size).toBe(outcomes.length);
      const { verdicts, pictures, data } = figure.conclude(outcomes, scale);
      expect(verdicts.length).toBeGreaterThan(0);
      expect(verdicts.filter((v) => v.holds === false)).toEqual([]);
      expect(verdicts.some((v) => v.holds)).toBe(true);
      expect(JSON.stringify(data)).not.toContain("NaN");
      if (name === "demo") for (const { draw } of pictures) expect(draw(headlessDocument()).outerHTML).not.toContain("NaN");
    },
  );
});

test("a network that does something else fails verdicts", () => {
  const scale = scaleOf("small");
  for (const figure of figures.filter((f) => !["fig9"].includes(f.name))) {
    // As if every training had ended at the first one's numbers.
    const outcomes = perfect(figure, scale);
    const wrong = outcomes.map((o, i) => {
      const other = outcomes[(i + 1 + (outcomes.length >> 1)) % outcomes.length].outcome.final;
      const history = [o.outcome.history[0], { ...o.outcome.history[1], nc1: 0.9, Zerror: { frobenius: 0.5, sup: 0.5 } }];
      const Z = figure.name === "fig4" ? o.outcome.final.Z.map((row) => row.map(() => Math.random())) : other.Z;
      return { ...o, outcome: { ...o.outcome, history, final: { ...o.outcome.final, Z, blockDeviation: 0.5 } } };
    });
    expect(
      figure.conclude(wrong, scale).verdicts.some((v) => v.holds === false),
      figure.name,
    ).toBe(true);
  }
});

describe("parts", () => {
  test("the thresholds of figures 5 and 6 are the theory's checked values", () => {
    // theory, sections 5 and 7: 0.0033, 0.00745 and 0.0067; 0.0045, 0.0102 and 0.0087 (lambda_b = 0.02 there, 0.01 here: the same to these digits).
    const five = lambdaThresholds({ kA: 5, nA: 500, kB: 5, nB: 100, lambdaB: 0.02 });
    expect(five.minority).toBeCloseTo(1 / 300, 10);
    expect(five.free).toBeCloseTo(0.00745, 5);
    expect(Math.abs(five.nonnegative - 0.0067)).toBeLessThan(1e-4);
    const three = lambdaThresholds({ kA: 3, nA: 500, kB: 7, nB: 100, lambdaB: 0.02 });
    expect(three.minority).toBeCloseTo(0.0045, 4);
    expect(three.free).toBeCloseTo(0.0102, 4);
    expect(Math.abs(three.nonnegative - 0.0087)).toBeLessThan(1e-4);
  });

  test("onsets and grid steps", () => {
    const grid = [1, 2, 3, 4, 5];
    const by = (x: number) =>
      onset(
        grid,
        (v) => v,
        (v) => v >= x,
      );
    expect(by(3)).toEqual({ after: 2, by: 3 });
    expect(by(1)).toEqual({ after: null, by: 1 });
    expect(by(9)).toEqual({ after: 5, by: null });
    expect(withinOneStep(2.5, by(3), grid)).toBe(true);
    expect(withinOneStep(3.5, by(3), grid)).toBe(true);
    expect(withinOneStep(1.5, by(3), grid)).toBe(true);
    expect(withinOneStep(4.5, by(3), grid)).toBe(false);
    expect(withinOneStep(0.5, by(3), grid)).toBe(false);
    expect(withinOneStep(5.5, by(9), grid)).toBe(true);
    expect(withinOneStep(3.5, by(9), grid)).toBe(false);
    expect(thin([1, 2, 3, 4, 5, 6, 7], scaleOf("demo"))).toEqual([1, 3, 5, 7]);
    expect(thin([1, 2, 3, 4, 5, 6, 7], scaleOf("small"))).toHaveLength(7);
  });

  test("the simplex ETF has all correlations -1/9; equal columns are merged", () => {
    const etf = Array.from({ length: 10 }, (_, i) => Array.from({ length: 10 }, (_, k) => (i === k ? 9 : -1)));
    for (const c of Object.values(correlations(etf))) expect(c).toBeCloseTo(-1 / 9, 12);
    expect(isMerged({ separation: 0.05, largest: 1 })).toBe(true);
    expect(isMerged({ separation: 0.5, largest: 1 })).toBe(false);
    expect(isMerged({ separation: 0.01, largest: 0.01 })).toBe(true);
  });
});

test("points are trained once: a second call and a damaged file train what is missing only, to the same numbers", async () => {
  const base = figures.find((f) => f.name === "traps");
  if (!base) throw new Error("no such figure");
  const scale: Scale = { ...scaleOf("demo"), dataset: "glyphs", epochs: 1 };
  const two = {
    ...base,
    points: (s: Scale) => base.points(s).slice(0, 2),
    conclude: () => ({ data: {}, verdicts: [], pictures: [] }),
  };
  const missing: number[] = [];
  const call = () => reproduce(two, scale, { out: folder, workers: 0, onStart: (m) => missing.push(m) });
  const first = await call();
  const second = await call();
  expect(missing).toEqual([2, 0]);
  expect(second.points).toEqual(first.points);
  const points = join(folder, "points");
  const file = join(points, readdirSync(points)[0]);
  writeFileSync(file, readFileSync(file, "utf8").slice(0, 100));
  const third = await call();
  expect(missing).toEqual([2, 0, 1]);
  expect(third.points.map((p) => p.outcome.final)).toEqual(first.points.map((p) => p.outcome.final));
}, 120_000);

test("a training that fails is named", async () => {
  const job = { settings: trainingSettings({ counts: [20, 20], lambdaZ: 0.01, batch: 10 }), dataset: "fashion-mnist" } as const;
  const jobs = [{ ...job, dataDir: join(folder, "nowhere") }];
  await expect(runTrainings(jobs, { workers: 1, nameOf: () => "linear-n-a-3400" })).rejects.toThrow(/^linear-n-a-3400: ./);
});
