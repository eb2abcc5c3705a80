import type { DatasetName } from "../data/index.ts";
import { compare, separation } from "../measure/index.ts";
import { type Prediction, predict } from "../prediction/index.ts";
import { type Problem, problem } from "../problem/index.ts";
import type { DemoData, DemoPoint, ReluPoint } from "../report/index.ts";
import { twoClusters } from "../theory/index.ts";
import { type TrainingProgress, type TrainingSettings, trainingSettings } from "../training/index.ts";
import { runTrainings, type TrainingJob } from "./trainings.ts";

/**
 * The demonstration: five classes of 500 images and five of 100, six values of lambda_Z across the thresholds. Each is predicted, trained
 * and measured; two more networks end in a ReLU, for which the nonnegative model predicts.
 */
export interface DemoOptions {
  dataset: DatasetName;
  dataDir?: string;
  epochs: number;
  seed: number;
  workers?: number;
  onProgress?: (job: number, jobs: number, progress: TrainingProgress) => void;
}

const demoCounts: readonly number[] = [500, 500, 500, 500, 500, 100, 100, 100, 100, 100];
const majority = [0, 1, 2, 3, 4];
const minority = [5, 6, 7, 8, 9];
const demoLambdas: readonly number[] = [0.0012, 0.002, 0.0027, 0.0036, 0.0051, 0.0075];
const demoReluLambdas: readonly number[] = [0.0039, 0.0051];
const lambdaB = 0.02;

/** Networks that `runDemo` trains. */
export const demoJobs: number = demoLambdas.length + demoReluLambdas.length;

export async function runDemo(options: DemoOptions, versions: Record<string, string>): Promise<DemoData> {
  const began = performance.now();
  const job = (lambdaZ: number, features: TrainingSettings["features"]): TrainingJob => ({
    settings: trainingSettings({ counts: demoCounts, lambdaZ, lambdaB, epochs: options.epochs, seed: options.seed, features }),
    dataset: options.dataset,
    dataDir: options.dataDir,
  });
  const jobs = [...demoLambdas.map((l) => job(l, "linear")), ...demoReluLambdas.map((l) => job(l, "relu"))];
  const outcomes = await runTrainings(jobs, {
    workers: options.workers,
    onProgress: (i, progress) => options.onProgress?.(i, jobs.length, progress),
  });
  const evaluations = outcomes.map((o) => o.final);

  const points = demoLambdas.map((lambdaZ, i): DemoPoint => {
    const prediction = predict(problemAt(lambdaZ, false));
    const { Z, b, trainAccuracy, testAccuracy, nc1 } = evaluations[i];
    const { Zerror, berror } = compare(Z, b, prediction);
    return {
      lambdaZ,
      predicted: { Z: prediction.Z, b: prediction.b, merged: prediction.clusters.filter((c) => c.merged).map((c) => c.classes) },
      measured: { Z, b, nc1: nc1.paper, trainAccuracy, testAccuracy },
      errors: { Z: Zerror.frobenius, b: berror.frobenius },
    };
  });
  const relu = demoReluLambdas.map((lambdaZ, i): ReluPoint => {
    const { Z } = evaluations[demoLambdas.length + i];
    const free = predict(problemAt(lambdaZ, false));
    const nonnegative = predict(problemAt(lambdaZ, true));
    const largest = largestEntry(Z);
    return {
      lambdaZ,
      free: largestEntry(free.Z),
      nonnegative: largestEntry(nonnegative.Z),
      measured: largest,
      vanishedPredicted: nonnegative.vanished,
      vanishedMeasured: demoCounts.flatMap((_, k) => (Math.hypot(...Z.map((row) => row[k])) <= 0.05 * largest ? [k] : [])),
    };
  });
  return {
    dataset: options.dataset,
    network: "mlp 784-512-512",
    epochs: options.epochs,
    counts: demoCounts,
    majority,
    minority,
    points,
    relu,
    curves: [curve("free features, predicted", false), curve("nonnegative features, predicted", true)],
    thresholds: thresholds(),
    settings: {
      counts: "5x500,5x100",
      dataset: options.dataset,
      epochs: options.epochs,
      seed: options.seed,
      batch: jobs[0].settings.batch,
      schedule: jobs[0].settings.schedule,
      lambda_b: lambdaB,
      lambda_W: "10 lambda_Z",
      lambda_H: "lambda_Z / 10",
      "seconds, all networks": Math.round((performance.now() - began) / 1000),
    },
    versions,
  };
}

function problemAt(lambdaZ: number, nonnegative: boolean): Problem {
  return problem({ counts: demoCounts, lambdaW: 10 * lambdaZ, lambdaH: lambdaZ / 10, lambdaB, nonnegative });
}

function largestEntry(Z: readonly (readonly number[])[]): number {
  return Math.max(...Z.map((row) => Math.max(...row.map(Math.abs))));
}

function curve(label: string, nonnegative: boolean): DemoData["curves"][number] {
  const [from, to] = [0.0008, 0.0084];
  const steps = 152;
  const points = Array.from({ length: steps + 1 }, (_, i) => {
    const lambdaZ = from + ((to - from) * i) / steps;
    const prediction: Prediction = predict(problemAt(lambdaZ, nonnegative));
    return { at: lambdaZ, separation: separation(prediction.Z, minority), largest: largestEntry(prediction.Z) };
  });
  return { label, points };
}

/** Of free features: the minority merges at sqrt(n_B)/N, everything collapses at sqrt(n_A)/N (theory, section 5). */
function thresholds(): DemoData["thresholds"] {
  const [nA, nB, N] = [500, 100, 3000];
  const merge = Math.sqrt(nB) / N;
  const complete = Math.sqrt(nA) / N;
  const phase = (lambdaZ: number): string => twoClusters({ kA: 5, nA, kB: 5, nB, lambdaZ, lambdaB }).phase;
  if (phase(merge * 1.0001) !== "b" || phase(complete) !== "d")
    throw new Error("the demonstration's thresholds are not where the theory has them");
  return [
    { at: merge, label: "minority merges" },
    { at: complete, label: "complete collapse" },
  ];
}
