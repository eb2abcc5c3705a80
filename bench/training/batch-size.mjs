// What mini-batches do to a network that weight decay alone regularizes (docs/weight-decay.md): the theory is about the statistics of all samples, training by batches of B about B samples'.
// Stochastic gradient descent with the same number of steps for every B (4,800), mlp-bn, decay of what counts, seed 0, Fashion-MNIST; the error of Z at the end, with the statistics of the
// whole set, and by how much the diagonal of Z is too large; beside both what the model on statistics of random batches says, and how far the network is from that model's Z.
//
//   npm run build && node bench/training/batch-size.mjs [--lambda 0.005] [--counts 5x500,5x100] [--features relu] [--batches 125,250,500] [--steps 4800] [--data-dir DIR] [--out FILE]
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { runTrainings } from "../../dist/experiments/trainings.js";
import { batchMinimum, predict } from "../../dist/prediction/index.js";
import { parseCounts } from "../../dist/problem/index.js";
import { problemOf, trainingSettings, underWeightDecay } from "../../dist/training/index.js";

const { values } = parseArgs({
  options: {
    lambda: { type: "string", default: "0.005" },
    counts: { type: "string", default: "5x500,5x100" },
    features: { type: "string", default: "relu" },
    batches: { type: "string", default: "125,250,500" },
    steps: { type: "string", default: "4800" },
    "data-dir": { type: "string" },
    workers: { type: "string", default: String(availableParallelism()) },
    out: { type: "string" },
  },
});
const counts = parseCounts(values.counts);
const N = counts.reduce((a, b) => a + b, 0);
const { features } = values;
const decay = { network: "mlp-bn", features, decay: "effective", N };
const jobs = values.batches.split(",").map((text) => {
  const batch = Number(text);
  const { lambdaZ, ...penalties } = underWeightDecay(decay, { weightDecay: Number(values.lambda) });
  const epochs = Math.round(Number(values.steps) / Math.floor(N / batch));
  return {
    dataset: "fashion-mnist",
    dataDir: values["data-dir"],
    settings: trainingSettings({
      counts,
      lambdaZ,
      ...penalties,
      network: "mlp-bn",
      features,
      epochs,
      batch,
      schedule: "decay-ramp",
    }),
  };
});
const outcomes = await runTrainings(jobs, { workers: Number(values.workers) });
const rows = outcomes.map(({ final, seconds }, i) => {
  const { settings } = jobs[i];
  const problem = problemOf(settings);
  const predicted = predict(problem);
  const { Z } = predicted;
  const onBatches = batchMinimum(problem, predicted, settings.batch);
  // Least squares of the measured diagonal on the predicted one.
  const [xy, xx] = Z.reduce(([a, b], row, k) => [a + row[k] * final.Z[k][k], b + row[k] ** 2], [0, 0]);
  return {
    batch: settings.batch,
    epochs: settings.epochs,
    Zerror: final.comparison.Zerror.frobenius,
    diagonalTooLarge: xy / xx - 1,
    model: { Zerror: onBatches.Zerror, diagonalTooLarge: onBatches.diagonalTooLarge },
    errorAgainstModel: distance(final.Z, onBatches.Z) / distance(Z, null),
    nc1: final.nc1.paper,
    testAccuracy: final.testAccuracy,
    seconds: Math.round(seconds),
  };
});
const percent = (x) => `${(100 * x).toFixed(2)} %`;
for (const { batch, epochs, Zerror, diagonalTooLarge, model, errorAgainstModel, nc1 } of rows)
  console.log(
    `B ${batch} (${epochs} epochs): error of Z ${percent(Zerror)} (model on batches ${percent(model.Zerror)}; from its Z ${percent(errorAgainstModel)}), diagonal ${percent(diagonalTooLarge)} too large (model ${percent(model.diagonalTooLarge)}), NC1 ${nc1?.toExponential(1)}`,
  );
if (values.out)
  writeFileSync(
    values.out,
    `${JSON.stringify(
      {
        command: `node bench/training/batch-size.mjs --lambda ${values.lambda} --counts ${values.counts} --features ${features} --batches ${values.batches} --steps ${values.steps}`,
        seed: 0,
        node: process.version,
        machine: `${process.platform} ${process.arch}, ${cpus()[0].model}, ${cpus().length} threads`,
        rows,
      },
      null,
      1,
    )}\n`,
  );

/** |A - B|, Frobenius. */
function distance(A, B) {
  return Math.sqrt(A.reduce((sum, row, i) => sum + row.reduce((part, a, k) => part + (a - (B?.[i][k] ?? 0)) ** 2, 0), 0));
}
