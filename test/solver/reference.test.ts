import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { predict } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { solve } from "../../src/solver/index.ts";

/** Exact solutions found by other means (accelerated proximal gradient and Newton-CG in numpy, a conic solver). */
const folder = join(import.meta.dirname, "../fixtures/reference");
const files = readdirSync(folder);

interface Reference {
  n: number[];
  lamZ: number;
  lamb: number | "inf";
  objective: number;
  rank: number;
  singular_values: number[];
  groups: { count: number; size: number; observed_collapse: boolean }[];
  Zbar: number[][];
  b: number[];
}

test.each(files)("%s: objective, Z, b, rank, singular values and merged clusters", (file) => {
  const d = JSON.parse(readFileSync(join(folder, file), "utf8")) as Reference;
  const p = problem({ counts: d.n, lambdaZ: d.lamZ, lambdaB: d.lamb === "inf" ? Number.POSITIVE_INFINITY : d.lamb });
  const prediction = predict(p);
  const solved = solve(p);
  // The solver itself, also where predict() used a closed form.
  expect(Math.abs(solved.certificate.objective / d.objective - 1)).toBeLessThan(1e-10);
  expect(solved.status).toBe("certified");
  expect(prediction.certified).toBe(true);
  expect(Math.abs(prediction.objective / d.objective - 1)).toBeLessThan(1e-10);
  for (let i = 0; i < p.K; i++) {
    expect(Math.abs(prediction.b[i] - d.b[i])).toBeLessThan(1e-7);
    for (let k = 0; k < p.K; k++) expect(Math.abs(prediction.Z[i][k] - d.Zbar[i][k])).toBeLessThan(1e-7);
  }
  expect(prediction.rank).toBe(d.rank);
  prediction.singularValues.forEach((x, l) => {
    expect(Math.abs(x - d.singular_values[l])).toBeLessThan(1e-6);
  });
  for (const group of d.groups) {
    const cluster = prediction.clusters.find((c) => c.count === group.count);
    expect(cluster?.size).toBe(group.size);
    if (group.size > 1) expect(cluster?.merged).toBe(group.observed_collapse);
  }
});
