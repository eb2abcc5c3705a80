import { expect, test } from "vitest";
import { runProgram, tableWith } from "./run.ts";

// (R, 1/2)-STEP imbalance bias-free close to its limit: the closed forms of SELI there are held in test/theory/geometries.test.ts.
const nearLimit = ["predict", "--counts", "5x100,5x10", "--lambda-z", "1e-14"];

test("predict prints how far it is from simplex, SELI and limit, and the document has the same numbers", async () => {
  const { code, out } = await runProgram(...nearLimit);
  expect(code).toBe(0);
  const rows = tableWith("distance to", out);
  expect(rows.map((row) => row["distance to"])).toEqual(["simplex", "SELI", "limit lambda -> 0"]);
  const { distances } = JSON.parse((await runProgram(...nearLimit, "--json")).out);
  ["simplex", "seli", "limit"].forEach((key, i) => {
    expect(Number(rows[i].Z)).toBeCloseTo(distances[key].Z, 3);
    expect(Number(rows[i]["head (Gram)"])).toBeCloseTo(distances[key].weights, 3);
    expect(Number(rows[i]["class features (Gram)"])).toBeCloseTo(distances[key].features, 3);
  });
  expect(distances.seli.weights).toBeLessThan(0.1);
  expect(distances.simplex.weights).toBeGreaterThan(0.4);
});

test("complete collapse is near nothing: no table, nulls in the document", async () => {
  const collapsed = ["predict", "--counts", "5x100,5x10", "--lambda-z", "1"];
  expect((await runProgram(...collapsed)).out).not.toContain("distance to");
  const { distances } = JSON.parse((await runProgram(...collapsed, "--json")).out);
  expect(distances.seli).toEqual({ Z: null, weights: null, features: null });
});

test("layer normalization has them but for the limit", async () => {
  const { out } = await runProgram(
    "predict",
    "--counts",
    "4x50",
    "--weight-decay",
    "0.01",
    "--ends",
    "layer-norm",
    "--width",
    "64",
    "--json",
  );
  const { distances } = JSON.parse(out);
  // Four classes of one count make a simplex there (docs/theory.md, section 9.4).
  for (const key of ["Z", "weights", "features"]) expect(distances.simplex[key]).toBeLessThan(1e-4);
  expect(distances.limit).toBeNull();
});
