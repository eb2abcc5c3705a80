import type { DemoData } from "../../src/report/demo-report.ts";
import { largestOf } from "../../src/words/separation.ts";
import { blockMatrix, clusters, noisy, separationData, solutions } from "../plots/samples.ts";

/** A demo run as `nclab demo` hands it to its report: exact predictions, "measurements" with seeded noise. */
const six = [solutions[0], solutions[0], solutions[1], solutions[1], solutions[2], solutions[3]];
const values = [0.0021, 0.0027, 0.0036, 0.0039, 0.0051, 0.0075];
const accuracy = (major: number, minor: number): number[] => Array.from({ length: 10 }, (_, k) => (k < 5 ? major : minor));

export const demoData: DemoData = {
  dataset: "Fashion-MNIST",
  network: "mlp 784-512-512, linear features",
  epochs: 60,
  counts: accuracy(500, 100),
  majority: clusters[0],
  minority: clusters[1],
  points: six.map((s, i) => ({
    lambdaZ: values[i],
    predicted: { Z: blockMatrix(s), b: accuracy(0.4, -0.4), merged: i < 2 ? [] : i < 5 ? [clusters[1]] : clusters },
    measured: {
      Z: noisy(blockMatrix(s), i, 0.03),
      b: accuracy(0.39, -0.39),
      nc1: 0.0123 / (i + 1),
      trainAccuracy: accuracy(i === 5 ? 0.2 : 0.98, i < 2 ? 0.9 : 0),
      testAccuracy: accuracy(i === 5 ? 0.2 : 0.88, i < 2 ? 0.6 : 0),
    },
    errors: { Z: i === 5 ? null : 0.04 + i / 100, b: 0.005 },
  })),
  relu: [
    {
      lambdaZ: 0.0039,
      free: 1.7,
      nonnegative: 1.64,
      measured: 1.63,
      vanishedPredicted: clusters[1],
      vanishedMeasured: clusters[1],
    },
    { lambdaZ: 0.0027, free: 2.4, nonnegative: 2.27, measured: 2.2, vanishedPredicted: [], vanishedMeasured: [6, 9] },
  ],
  curves: separationData.predicted,
  thresholds: separationData.thresholds,
  settings: { counts: "5x500,5x100", lambdaB: 0.02, seed: 1, epochs: 60, "ReLU runs": true },
  versions: { nclab: "0.1.0", node: "v20" },
};

export const sampleLargest: number | null = largestOf(demoData.points[0].predicted.Z);
