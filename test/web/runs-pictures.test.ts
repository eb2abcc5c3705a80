import { describe, expect, test } from "vitest";
import { freeEvents, predict } from "../../src/prediction/index.ts";
import { type ProblemInput, problem } from "../../src/problem/index.ts";
import type { Item } from "../../web/runs/item.ts";
import { curvesOf, lambdasText, matricesOf } from "../../web/runs/pictures.ts";
import { predicted, type Shown, together } from "../../web/runs/shown.ts";
import { separationData, sweepOf } from "../../web/runs/sweep.ts";

const counts = [20, 20, 5, 5];
const at = (lambdaZ: number): ProblemInput => ({ counts, lambdaW: lambdaZ, lambdaH: lambdaZ });
const Z = predict(problem(at(0.02))).Z;

function item(name: string, input: ProblemInput | null, epochs: number): Item {
  const line = (epoch: number) => ({
    epoch,
    Z,
    nc1: 1 / epoch,
    nc3: null,
    nc4: null,
    etfDistance: null,
    error: 2 / epoch,
    objective: null,
  });
  const lines = Array.from({ length: epochs }, (_, i) => line(i + 1));
  return {
    name,
    kind: "run",
    status: "done",
    counts,
    problem: input,
    at: input && "settings",
    notes: [],
    latest: [],
    lines,
    predicted: null,
    structure: null,
    classNames: null,
    view: null,
  };
}

/** The page's solver is a worker; here it is asked directly. */
const slow = { ask: (_: string, input: ProblemInput) => Promise.resolve(predict(problem(input))) } as never;
const shownOf = async (items: Item[]): Promise<Shown[]> => together([], (await predicted(items, slow)).found);

test("an item without a valid problem is said, and the others stand with their predictions", async () => {
  const { found, problems } = await predicted(
    [item("wrong", { counts, lambdaW: -1, lambdaH: 1 }, 1), item("good", at(0.02), 1), item("bare", null, 1)],
    slow,
  );
  expect(problems.join()).toMatch(/^wrong: lambdaW: expected/);
  expect(found.map(({ name, lambdaZ }) => [name, lambdaZ])).toEqual([
    ["good", problem(at(0.02)).lambdaZ],
    ["bare", null],
  ]);
  expect(found.map(({ goal }) => goal?.Z ?? null)).toEqual([Z, null]);
});

test("the same name again takes the place of the first; the order is that of lambda_Z", async () => {
  const [a, b, c] = await shownOf([item("a", at(0.03), 1), item("b", at(0.01), 1), item("c", null, 1)]);
  expect([a, b, c].map(({ name }) => name)).toEqual(["b", "a", "c"]);
  const again = { ...b, lambdaZ: 0.001 };
  expect(together([a, b, c], [again])).toEqual([again, a, c]);
});

test("matrices and curves: six at most, none where there is nothing to show", async () => {
  const shown = await shownOf(Array.from({ length: 8 }, (_, i) => item(`run ${i}`, at(0.01 + 0.002 * i), 3)));
  const matrices = matricesOf(shown);
  expect(matrices?.groups).toHaveLength(6);
  expect(matrices?.groups[0].matrices).toEqual([shown[0].goal?.Z, Z]);
  expect(matrices?.groups[0].clusters).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(curvesOf(shown, "error")?.runs[0].points).toEqual([1, 2, 3].map((epoch) => ({ epoch, value: 2 / epoch })));
  expect(curvesOf(shown, "nc1")?.runs).toHaveLength(6);
  const empty = await shownOf([item("empty", null, 0)]);
  expect([matricesOf(empty), curvesOf(empty, "nc1"), sweepOf(empty)]).toEqual([null, null, null]);
});

test("the captions say which lambdas a prediction is at", async () => {
  const [run, bare] = await shownOf([item("run", at(0.02), 1), item("bare", null, 1)]);
  const measured = { ...run, kind: "measurement" as const };
  expect(lambdasText([run])).toBe("Runs: predicted at the lambdas of their own settings.");
  expect(lambdasText([{ ...measured, at: "stated" }])).toContain("the lambdas that were stated with them");
  expect(lambdasText([{ ...measured, at: "effective" }])).toMatch(/effective lambdas.*a diagnostic/);
  expect(lambdasText([run, bare])).toMatch(/own settings\. Nothing is predicted where/);
});

describe("the separation along lambda_Z", () => {
  test("of the runs that go with the first, and of predictions on both sides of them", async () => {
    const other = { ...item("other", { ...at(0.02), weights: [1, 1, 2, 2] }, 1) };
    const shown = await shownOf([item("a", at(0.01), 1), item("b", at(0.03), 1), other]);
    const sweep = sweepOf(shown);
    expect(sweep?.same.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(sweep?.minority).toEqual([2, 3]);
    const grid = sweep?.grid.map(({ at: place }) => place) ?? [];
    expect(sweep?.grid.map(({ problem: { lambdaZ } }) => lambdaZ)).toEqual(grid);
    expect(grid).toHaveLength(40);
    const [low, high] = [shown[0].lambdaZ as number, sweep?.same[1].lambdaZ as number];
    expect([grid[0], grid[39]]).toEqual([expect.closeTo(0.7 * low, 12), expect.closeTo(1.3 * high, 12)]);
    const goals = sweep?.grid.map(({ problem: input }) => predict(problem(input))) ?? [];
    const { events } = freeEvents(problem(at(0.02)));
    const data = separationData(sweep as NonNullable<typeof sweep>, goals, events);
    // Classes 2 and 3 differ by their columns.
    const apart = (of: readonly (readonly (number | null)[])[]): number =>
      Math.hypot(...of.map((row) => (row[2] as number) - (row[3] as number)));
    expect(data.predicted?.[0].points[20].separation).toBeCloseTo(apart(goals[20].Z), 10);
    expect(data.measured?.[0].points.map((p) => p.at)).toEqual([low, high]);
    expect(data.measured?.[0].points[0].separation).toBeCloseTo(apart(Z), 10);
    expect(data.thresholds?.length).toBe(events.filter((e) => e.kind !== "rank").length);
  });

  test("along the penalty on the bias, and along the samples of the largest classes", async () => {
    const bias = sweepOf(await shownOf([0.1, 0.4].map((lambdaB) => item(`b${lambdaB}`, { ...at(0.02), lambdaB }, 1))));
    expect(bias?.along).toBe("lambdaB");
    expect([bias?.grid[0].at, bias?.grid[39].at]).toEqual([expect.closeTo(0.07, 12), expect.closeTo(0.52, 12)]);
    expect(bias?.grid[3].problem).toMatchObject({ counts, lambdaB: bias?.grid[3].at, lambdaZ: expect.closeTo(0.02, 12) });
    const many = [20, 26].map((n) => ({ ...item(`n${n}`, { ...at(0.02), counts: [n, n, 5, 5] }, 1), counts: [n, n, 5, 5] }));
    const sizes = sweepOf(await shownOf(many));
    expect(sizes?.along).toBe("largest count");
    expect(sizes?.grid.map(({ at: n, problem: p }) => [n, p.counts])).toEqual(
      [20, 21, 22, 23, 24, 25, 26].map((n) => [n, [n, n, 5, 5]]),
    );
    const goals = sizes?.grid.map(({ problem: input }) => predict(problem(input))) ?? [];
    const data = separationData(sizes as NonNullable<typeof sizes>, goals, []);
    expect([data.xLabel, data.thresholds]).toEqual(["samples of each of the largest classes", []]);
    expect(data.measured[0].points.map((p) => p.at)).toEqual([20, 26]);
  });

  test("one lambda_Z twice is no sweep", async () => {
    expect(sweepOf(await shownOf([item("a", at(0.02), 1), item("b", at(0.02), 1)]))).toBeNull();
  });
});
