import { expect, test } from "vitest";
import { clustersOf, problem } from "../../src/problem/index.ts";
import { completeCollapse, mergeThreshold, type PhasePoint, phaseColumns, phaseGrid } from "../../src/theory/index.ts";

const inf = Number.POSITIVE_INFINITY;
const fixed: PhasePoint = { kA: 5, kB: 5, nB: 100, ratio: 5, lambdaZ: 0.005, lambdaB: 0.02 };
const along = (from: number, to: number, n: number): number[] =>
  Array.from({ length: n }, (_, i) => from * (to / from) ** (i / (n - 1)));

test("borders along lambda_Z are the thresholds in closed form", () => {
  const columns = phaseColumns({
    x: { parameter: "ratio", values: [2, 5, 20] },
    y: { parameter: "lambdaZ", values: along(1e-4, 1e-1, 12) },
    fixed,
  }).flat();
  for (const ratio of [2, 5, 20]) {
    const bands = columns.find((c) => c.x === ratio)?.bands ?? [];
    const p = problem({ counts: [...Array(5).fill(100 * ratio), ...Array(5).fill(100)], lambdaZ: 0.005, lambdaB: 0.02 });
    const minority = clustersOf(p)[1];
    const merge = mergeThreshold(p, minority) as number;
    expect(bands.map((b) => b.phase)).toEqual(["a", "b", "c", "d"]);
    expect(bands[1].from / merge).toBeCloseTo(1, 10);
    expect(bands[3].from / completeCollapse(p).free).toBeCloseTo(1, 10);
    expect(bands[0].from).toBe(1e-4);
    expect(bands[3].to).toBe(1e-1);
    for (const [i, band] of bands.slice(1).entries()) expect(band.from).toBe(bands[i].to);
  }
});

test.each([
  ["nonnegative features", { nonnegative: true }],
  ["no bias", { fixed: { ...fixed, lambdaB: inf } }],
  ["mean convention", { convention: "mean" as const }],
  ["weight decay", { weightDecay: { branches: 1 } }],
])("%s: every cell of the grid lies in the band of its letter, also between the columns that were asked for", (_, more) => {
  const x = { parameter: "lambdaZ" as const, values: along(1e-3, 0.5, 40) };
  const y = { parameter: "ratio" as const, values: along(1, 200, 15) };
  const runs = phaseColumns({ x, y, fixed, ...more });
  const columns = runs.flat();
  // Ratios that are on no row of the grid.
  const rows = along(1.03, 190, 61);
  const letters = phaseGrid({ x: { ...x, values: columns.map((c) => c.x) }, y: { ...y, values: rows }, fixed, ...more });
  rows.forEach((v, i) => {
    columns.forEach(({ bands }, j) => {
      const band = bands.find((b) => v >= b.from && v < b.to);
      expect(band?.phase, `${columns[j].x} ${v}`).toBe(letters[i][j]);
    });
  });
  // Where bands begin or end, columns stand close.
  expect(columns.length).toBeGreaterThan(40);
  expect(columns.map((c) => c.x)).toEqual(columns.map((c) => c.x).sort((a, b) => a - b));
  const words = runs.map((run) => [...new Set(run.map(({ bands }) => bands.map((b) => b.phase).join("")))]);
  for (let i = 0; i < runs.length; i++) expect(words[i]).toHaveLength(1);
  // A border moves by a fiftieth of y at most from one column of a run to the next (or the columns are a 256th of a step of x apart).
  for (const run of runs)
    for (let i = 1; i < run.length; i++)
      run[i].bands.forEach(({ from }, b) => {
        if (run[i].x / run[i - 1].x > 500 ** (1.1 / 39 / 256))
          expect(Math.abs(Math.log(from / run[i - 1].bands[b].from))).toBeLessThan(Math.log(200) * 0.0201);
      });
  for (let i = 1; i < runs.length; i++) {
    expect(words[i][0]).not.toBe(words[i - 1][0]);
    expect(runs[i][0].x / (runs[i - 1].at(-1)?.x ?? 0)).toBeLessThan((0.5 / 1e-3) ** (1 / 39 / 200));
  }
});
