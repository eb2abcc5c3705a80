import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import { predict } from "../../src/cli/predict.ts";
import { decodeNpz, encodeNpz } from "../../src/features/index.ts";
import { runCommand } from "./run.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-own-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What `predict --save` writes, as samples: every sample at the mean feature of its class. */
test.each([
  { counts: "5x50,5x10", lambdas: ["--lambda-z", "0.0039", "--lambda-b", "0.01"] },
  { counts: "5x50,5x10", lambdas: ["--lambda-z", "0.0125"] },
  { counts: "5x50,5x10", lambdas: ["--lambda-z", "0.0125", "--nonnegative"] },
  { counts: "60,40,20,10,5,2,1", lambdas: ["--lambda-z", "0.02", "--lambda-b", "0.1"] },
  { counts: "60,40,20,10,5,2,1", lambdas: ["--lambda-z", "0.02", "--lambda-b", "0"] },
  { counts: "60,40,20,10,5,2,1", lambdas: ["--lambda-z", "0.02", "--lambda-b", "0", "--nonnegative"] },
  { counts: "60,40,20,10,5,2,1", lambdas: ["--lambda-z", "0.02", "--lambda-b", "0.1", "--loss", "square"] },
  { counts: "5x50,5x10", lambdas: ["--lambda-z", "0.0125", "--loss", "bce"] },
  { counts: "3x20,7", lambdas: ["--lambda-z", "0.2", "--lambda-b", "0.1"] },
])("$counts $lambdas: merged, vanished and status are what the prediction says", async ({ counts, lambdas }) => {
  const saved = join(folder, "saved.npz");
  const problem = ["--counts", counts, ...lambdas];
  const p = JSON.parse((await runCommand(predict, ...problem, "--save", saved, "--json")).out);
  const { W, H, b } = decodeNpz(readFileSync(saved), saved);
  const d = H.shape[1];
  const labels = p.problem.counts.flatMap((n: number, k: number) => new Array(n).fill(k));
  const file = join(folder, "dump.npz");
  writeFileSync(
    file,
    encodeNpz({
      features: {
        shape: [labels.length, d],
        data: Float64Array.from(labels.flatMap((k: number) => Array.from(H.data.subarray(k * d, k * d + d), Number))),
      },
      labels: { shape: [labels.length], data: Int32Array.from(labels) },
      weight: { shape: W.shape, data: Float64Array.from(W.data, Number) },
      bias: { shape: b.shape, data: Float64Array.from(b.data, Number) },
    }),
  );
  const compared = lambdas.filter((word) => word !== "--nonnegative");
  const m = JSON.parse(
    (await runCommand(measure, file, ...compared, ...(compared.length < lambdas.length ? ["--nonnegative"] : []), "--json")).out,
  );
  expect(m.merged).toEqual(p.asMeasured.merged);
  expect(m.vanished).toEqual(p.asMeasured.vanished);
  expect(m.rule).toEqual(p.asMeasured.rule);
  expect(m.rule).toEqual({ merged: 0.05, vanished: 0.05, leastLogit: 0.01 });
  expect(m.classes.map((c: { status: string }) => c.status)).toEqual(p.classes.map((c: { status: string }) => c.status));
  const { offsets: predicted, ...said } = p.summary;
  const { offsets: found, ...saidMeasured } = m.summary;
  expect(saidMeasured).toEqual(said);
  expect(found === null).toBe(predicted === null);
  // Offsets are not unique; the least margin that they reach is.
  const leastWith = (o: number[]): number =>
    Math.min(
      ...p.Z.flatMap((row: number[], i: number) =>
        row.flatMap((z, k) => (i === k ? [] : [p.Z[k][k] + p.b[k] + o[k] - z - p.b[i] - o[i]])),
      ),
    );
  if (found) expect(leastWith(found)).toBeCloseTo(leastWith(predicted), 9);
  const exact = [
    ...p.clusters.flatMap((c: { merged: boolean; classes: number[] }) =>
      c.merged && !p.vanished.includes(c.classes[0]) ? [c.classes] : [],
    ),
    ...(p.vanished.length > 1 ? [p.vanished] : []),
  ];
  expect(m.comparison.mergedPredicted).toEqual(exact);
  expect(m.comparison.Zerror.frobenius ?? 0).toBeLessThan(1e-6);
  expect(m.comparedAt.loss).toBe(p.problem.loss);
});
