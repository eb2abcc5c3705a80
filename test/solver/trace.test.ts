import { describe, expect, test } from "vitest";
import { problem } from "../../src/problem/index.ts";
import { solve, solveNonnegative, type TraceRow } from "../../src/solver/index.ts";

const counts = [500, 300, 120, 50, 20, 8, 8, 3];

function traced<T>(run: (trace: (row: TraceRow) => void) => T): { rows: TraceRow[]; found: T } {
  const rows: TraceRow[] = [];
  return { found: run((row) => rows.push(row)), rows };
}

describe.each([
  ["factors", { counts, lambdaZ: 1e-3, lambdaB: 0.01 }],
  ["core", { counts, lambdaZ: 1e-3, lambdaB: 0.01, smoothing: 0.1 }],
] as const)("free features, %s", (stage, input) => {
  const p = problem(input);
  const { rows, found } = traced((trace) => solve(p, { trace }));

  test("to watch changes nothing", () => {
    expect(solve(p)).toEqual(found);
  });

  test("rows are steps and proofs in order: counts rise, no objective lies below what is proved", () => {
    expect(new Set(rows.map((row) => row.stage))).toContain(stage);
    for (let i = 1; i < rows.length; i++) {
      expect(rows[i].iteration).toBeGreaterThanOrEqual(rows[i - 1].iteration);
      expect(rows[i].products).toBeGreaterThanOrEqual(rows[i - 1].products);
    }
    const { dual } = found.certificate;
    for (const { objective } of rows) expect(objective).toBeGreaterThanOrEqual(dual * (1 - 1e-13));
    for (const row of rows) {
      expect(row.relativeGap === null).toBe(row.stage !== "proof");
      expect(row.decrement === null).toBe(row.stage === "proof");
    }
  });

  test("the answer is one that was proved, and the steps lead to its objective", () => {
    const proofs = rows.filter((row) => row.stage === "proof");
    expect(proofs.map((row) => row.relativeGap)).toContain(found.relativeGap);
    const steps = rows.filter((row) => row.stage !== "proof");
    // By half the square of the relative decrement the objective could still fall.
    expect(steps.at(-1)?.objective).toBeCloseTo(found.certificate.objective, 12);
    expect(steps.at(-1)?.decrement).toBeLessThan(1e-6);
    expect(rows.at(-1)).toMatchObject({ iteration: found.iterations, products: found.products });
  });
});

test("why it stopped: rounding where more is asked than float64 has, the limit where the rounds are few", () => {
  const p = problem({ counts, lambdaZ: 1e-3, lambdaB: 0.01 });
  expect(solve(p)).toMatchObject({ status: "certified" });
  expect(solve(p, { tolerance: 1e-300 })).toMatchObject({ status: "inaccurate", stopped: "rounding" });
  // More than mostPolished clusters: the factors alone.
  const many = problem({ counts: Array.from({ length: 130 }, (_, k) => 5 + 3 * k), lambdaZ: 1e-5 });
  expect(solve(many, { tolerance: 1e-9, maxRounds: 1 })).toMatchObject({ status: "inaccurate", stopped: "limit" });
});

test("nonnegative features: Newton on the bias, then the proof; without a bias every class is exact", () => {
  const p = problem({ counts, lambdaZ: 1e-3, lambdaB: 0.1, nonnegative: true });
  const { rows, found } = traced((trace) => solveNonnegative(p, { trace }));
  expect(found).toEqual(solveNonnegative(p));
  expect(rows.map((row) => row.stage)).toEqual([...new Array<string>(rows.length - 1).fill("bias"), "proof"]);
  const bias = rows.slice(0, -1);
  for (let i = 1; i < bias.length; i++) expect(bias[i].objective).toBeLessThanOrEqual(bias[i - 1].objective * (1 + 1e-14));
  expect(found.stopped).toBe("rounding");
  expect(rows.at(-1)?.relativeGap).toBe(found.certificate.ufmPlus.relativeGap);
  // Where Newton's method lands on the minimum to the last digit there is no step to take.
  const exact = { counts: [11, 3077, 2], lambdaZ: 0.000008143112742201979, lambdaB: 0.760654351145376, nonnegative: true };
  const landed = solveNonnegative(problem(exact));
  expect(landed.certificate.ufmPlus.certified).toBe(true);
  expect(["gradient", "rounding"]).toContain(landed.stopped);
  expect(landed.iterations).toBeLessThan(20);
  const free = solveNonnegative(problem({ counts, lambdaZ: 1e-3, nonnegative: true }));
  expect(free).toMatchObject({ stopped: "gradient", iterations: 0 });
});
