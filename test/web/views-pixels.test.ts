import { expect, test } from "vitest";
import { featureMeans } from "../../src/pictures/index.ts";
import { curves, heatMaps, separationCurves } from "../../src/plots/index.ts";
import { freeEvents, predict } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { headlessDocument } from "../../src/report/index.ts";
import { pickedIn, pickedText } from "../../web/runs/picked.ts";
import { curvesOf, matricesOf } from "../../web/runs/pictures.ts";
import type { Shown } from "../../web/runs/shown.ts";
import { separationData, sweepOf } from "../../web/runs/sweep.ts";
import { collapseOf, separationsOf, zOf } from "../../web/train/pictures.ts";
import { type TrainState, untrained } from "../../web/train/state.ts";
import { keysOf, linesOf, panelsOf, symbolsOf } from "../plots/reading.ts";

/** The views of tabs Train and Runs as pictures: what a state holds is read back from the pixels that it is drawn at. */
const document = headlessDocument();
const counts = [20, 20, 5, 5];
const at = (lambdaZ: number) => ({ counts, lambdaZ, lambdaB: 0.1 });
const goal = predict(problem(at(0.02)));
const scaled = (by: number): number[][] => goal.Z.map((row) => row.map((x) => by * x));

const state = {
  ...untrained,
  question: { counts },
  goal,
  epochs: [1, 2, 3].map((epoch) => ({
    metrics: {
      epoch,
      Z: scaled(1 / epoch),
      nc1: { paper: 3 / epoch },
      comparison: { Zerror: { frobenius: 2 / epoch } },
      layerNorm: null,
    },
    lambdaZ: 0.02,
    separation: 5 / epoch,
    wanted: 1.5,
  })),
} as unknown as TrainState;

/** Points as they are read are the data's, to a fraction of a pixel. */
function near(found: readonly (readonly [number, number])[], wanted: readonly (readonly [number, number])[]): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach(([x, y], i) => {
    expect(x).toBeCloseTo(wanted[i][0], 2);
    expect(y).toBeCloseTo(wanted[i][1], 2);
  });
}

test("a training's curves: NC1, distance, the minority measured and predicted", () => {
  for (const [key, top] of [
    ["nc1", 3],
    ["error", 2],
  ] as const) {
    const data = collapseOf(state, key);
    const svg = curves({ yLabel: key, yScale: "log", runs: data?.runs ?? [] }, { document });
    near(linesOf(panelsOf(svg)[0])[0].points, [
      [1, top],
      [2, top / 2],
      [3, top / 3],
    ]);
  }
  const data = separationsOf(state);
  const svg = curves(data as NonNullable<typeof data>, { document });
  const lines = linesOf(panelsOf(svg)[0]);
  near(lines[0].points, [
    [1, 5],
    [2, 2.5],
    [3, 5 / 3],
  ]);
  near(lines[1].points, [
    [1, 1.5],
    [2, 1.5],
    [3, 1.5],
  ]);
  const keys = keysOf(svg);
  expect(keys.map(({ label }) => label)).toEqual(["measured", "predicted"]);
  keys.forEach((key, i) => {
    expect(lines[i]).toMatchObject(key.line as object);
  });
});

/** Colors of the cells, matrix by matrix in the order of the picture: a K x K list each. */
function cellsOf(svg: Element, K: number): string[][] {
  const rects = [...svg.querySelectorAll("rect[fill]")].filter((rect) => /^(#|rgb)/.test(rect.getAttribute("fill") ?? ""));
  const matrices: string[][] = [];
  for (let i = 0; i + K * K <= rects.length && matrices.length < 4; i += K * K)
    matrices.push(rects.slice(i, i + K * K).map((rect) => rect.getAttribute("fill") as string));
  return matrices;
}

/** Whether color and number go together: equal numbers have one color, positive and negative ones other hues. */
function colored(cells: readonly string[], Z: readonly (readonly number[])[]): void {
  const values = Z.flat();
  values.forEach((x, i) => {
    values.forEach((y, j) => {
      if (Math.abs(x - y) < 1e-9) expect(cells[i]).toBe(cells[j]);
    });
    const [r, , b] = (cells[i].match(/[0-9a-f]{2}/gi) ?? []).map((hex) => Number.parseInt(hex, 16));
    if (Math.abs(x) > 0.3 * Math.max(...values.map(Math.abs)) && cells[i].startsWith("#"))
      expect(Math.sign(r - b)).toBe(Math.sign(x));
  });
}

test("Z beside its prediction: cell by cell, of a training and of runs", () => {
  const ofTraining = zOf(state);
  const svg = heatMaps(ofTraining as NonNullable<typeof ofTraining>, { document });
  const [predicted, measured] = cellsOf(svg, 4);
  colored(predicted, goal.Z);
  colored(measured, scaled(1 / 3));
  // A third as large is paler than its prediction on the one scale of both.
  expect(measured[0]).not.toBe(predicted[0]);
  const [run] = runs([0.02]);
  const ofRuns = matricesOf([run]);
  const again = cellsOf(heatMaps(ofRuns as NonNullable<typeof ofRuns>, { document }), 4);
  expect(again[0]).toEqual(again[1]);
  colored(again[0], goal.Z);
});

function runs(lambdas: readonly number[]): Shown[] {
  return lambdas.map((lambdaZ) => {
    const input = at(lambdaZ);
    const own = predict(problem(input));
    return {
      name: `at ${lambdaZ}`,
      kind: "run",
      status: "done",
      counts,
      problem: input,
      at: "settings",
      lines: [1, 4].map((epoch) => ({ epoch, Z: own.Z, nc1: 8 / epoch, error: 1 / epoch }) as never),
      predicted: null,
      structure: null,
      classNames: null,
      view: null,
      notes: [],
      latest: [],
      goal: own,
      lambdaZ,
    };
  });
}

test("runs: a line each in the color of its name; along a sweep symbols lie on the predicted line", () => {
  const shown = runs([0.01, 0.02]);
  const svg = curves({ yLabel: "NC1", yScale: "log", runs: curvesOf(shown, "nc1")?.runs ?? [] }, { document });
  const [lines, keys] = [linesOf(panelsOf(svg)[0]), keysOf(svg)];
  shown.forEach(({ name }, i) => {
    expect(keys[i].label).toBe(name);
    expect(lines[i]).toMatchObject(keys[i].line as object);
    near(lines[i].points, [
      [1, 8],
      [4, 2],
    ]);
  });
  const sweep = sweepOf(shown) as NonNullable<ReturnType<typeof sweepOf>>;
  const goals = sweep.grid.map(({ problem: input }) => predict(problem(input)));
  const picture = separationCurves(separationData(sweep, goals, freeEvents(problem(at(0.02))).events), { document });
  const [panel] = panelsOf(picture);
  const line = linesOf(panel)[0].points;
  for (const [x, y] of symbolsOf(panel)[0].points) {
    const i = line.findIndex(([to]) => to > x);
    const [[x0, y0], [x1, y1]] = [line[i - 1], line[i]];
    expect(y).toBeCloseTo(y0 + ((y1 - y0) * (x - x0)) / (x1 - x0), 1);
  }
});

const view = (K: number) => ({
  seed: 0,
  shares: [0.6, 0.4],
  means: Array.from({ length: K }, (_, k) => [k, k % 3]),
  covariances: Array.from({ length: K }, () => [
    [0.01, 0],
    [0, 0.01],
  ]),
  sample: {
    rows: Array.from({ length: 2 * K }, (_, i) => i),
    classes: Array.from({ length: 2 * K }, (_, i) => i % K),
    points: Array.from({ length: 2 * K }, (_, i) => [(i % K) + 0.1, (i % K) % 3]),
  },
  umap: null,
});

test("classes that are picked are drawn alone: up to twelve keep their colors, of more they are told by their own numbers", () => {
  const legend = (K: number, picked: readonly number[] | null) =>
    keysOf(featureMeans({ counts: new Array<number>(K).fill(9), view: view(K), picked }, { document })).map(
      ({ label, symbol }) => [label, symbol?.color] as const,
    );
  const all = legend(5, null);
  expect(all).toHaveLength(5);
  expect(legend(5, [1, 3])).toEqual([all[1], all[3]]);
  const many = legend(40, [2, 17, 39]);
  expect(many.map(([label]) => label)).toEqual(["2 (n = 9)", "17 (n = 9)", "39 (n = 9)"]);
  expect(new Set(many.map(([, color]) => color)).size).toBe(3);
  // The note counts what is picked.
  const svg = featureMeans({ counts: [9, 9, 9, 9, 9], view: view(5), picked: [1, 3] }, { document });
  expect(svg.textContent?.replace(/\s+/g, " ")).toMatch(/4 of 18 samples, at most 2 of a class/);
  expect(svg.textContent).not.toContain("no samples");
});

test.each([
  ["", 5, null, null],
  ["0-4", 5, null, null],
  ["3, 1", 5, null, [1, 3]],
  ["0–2, 4", 6, null, [0, 1, 2, 4]],
  ["Cat, 2", 3, ["dog", "cat", "eel"], [1, 2]],
] as const)("%j of %d classes", (text, K, names, picked) => {
  expect(pickedIn(text, K, names)).toEqual({ picked });
});

test.each(["7", "2-1", "cat", "1-9", "-1"])("%j are no classes of five", (text) => {
  expect(pickedIn(text, 5, null)).toEqual({ why: expect.stringMatching(/^classes from 0 to 4 are expected here/) });
});

test("picked classes as text read back", () => {
  for (const classes of [[0], [0, 1], [0, 1, 2, 5, 7, 8, 9]])
    expect(pickedIn(pickedText(classes), 20, null)).toEqual({ picked: classes });
});
