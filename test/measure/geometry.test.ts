import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { encodeNpz } from "../../src/features/index.ts";
import { random } from "../../src/math/random.ts";
import { measureFeatures } from "../../src/measure/index.ts";
import { predictLayerNorm } from "../../src/prediction/index.ts";
import { layerNormProblem } from "../../src/problem/index.ts";
import { runProgram } from "../cli/run.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-geometry-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Samples around given class means (rows), shifted all alike. */
function samples(means: readonly (readonly number[])[], counts: readonly number[], spread: number) {
  const r = random(3);
  const d = means[0].length;
  const labels = counts.flatMap((n, k) => new Array<number>(n).fill(k));
  const features = Float64Array.from(
    { length: labels.length * d },
    (_, e) => 5 + means[labels[Math.floor(e / d)]][e % d] + spread * r.normal(),
  );
  return { features, labels, d, K: means.length };
}

test("the figure that the model of layer normalization predicts is the one measured in samples around its features", () => {
  const counts = [60, 60, 40, 40, 30, 30];
  const { prediction, network } = predictLayerNorm(
    layerNormProblem({ counts, weightDecay: 0.01, ends: "layer-norm", width: 64 }),
  );
  const r = network.channels;
  const means = counts.map((_, k) => Array.from(network.H.subarray(k * r, k * r + r)));
  const m = measureFeatures(samples(means, counts, 0.3));
  expect(m.geometry).toMatchObject({ name: "cross-polytope", rank: 3, pairs: prediction.geometry?.pairs });
  expect(prediction.geometry?.pairs).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
});

test("orthogonal means are a simplex; classes that do not occur have no place; equal means have no figure", () => {
  const axes = Array.from({ length: 5 }, (_, k) => Array.from({ length: 7 }, (_, c) => (c === k ? 2 : 0)));
  expect(measureFeatures(samples(axes, [9, 8, 7, 6, 5], 0.1)).geometry).toMatchObject({ name: "simplex", rank: 4, pairs: [] });
  expect(measureFeatures({ ...samples(axes, [9, 8, 7, 6, 5], 0.1), K: 6 }).geometry).toMatchObject({ name: "simplex", rank: 4 });
  expect(
    measureFeatures(
      samples(
        [
          [1, 2],
          [1, 2],
        ],
        [3, 3],
        0,
      ),
    ).geometry,
  ).toBeNull();
});

test("beyond 1000 classes it is left out, with a note", () => {
  const K = 1001;
  const m = measureFeatures({
    features: Float64Array.from({ length: 2 * K }, (_, e) => Math.sin(e)),
    labels: Array.from({ length: K }, (_, k) => k),
    d: 2,
    K,
  });
  expect(m.geometry).toBeNull();
  expect(m.notes.join("\n")).toContain("geometry is left out: up to 1000 classes");
});

test("nclab measure says it in a line, in its JSON and on its page, with the names of classes", async () => {
  const pairs = [0, 1, 2].flatMap((j) => [1, -1].map((sign) => [0, 1, 2].map((c) => (c === j ? 4 * sign : 0))));
  const { features, labels, d } = samples(pairs, new Array(6).fill(20), 0.1);
  const file = join(folder, "pairs.npz");
  writeFileSync(
    file,
    encodeNpz({ features: { shape: [120, d], data: features }, labels: { shape: [120], data: Int32Array.from(labels) } }),
  );
  const page = join(folder, "page.html");
  const { out } = await runProgram("measure", file, "--report", page);
  expect(out).toMatch(
    /geometry of the class means: a cross-polytope: 3 antipodal pairs, rank 3 of 5, cosines -0?\.?9?\d* to .*; pairs 0-1, 2-3, 4-5/,
  );
  expect(out).toMatch(/geometry\.rank +│ +3 /);
  const text = readFileSync(page, "utf8");
  expect(text).toContain("a cross-polytope: 3 antipodal pairs");
  expect(text).toContain("cross-polytope</text>");
  const json = JSON.parse((await runProgram("measure", file, "--json")).out);
  expect(json.geometry).toMatchObject({
    name: "cross-polytope",
    rank: 3,
    pairs: [
      [0, 1],
      [2, 3],
      [4, 5],
    ],
  });
});
