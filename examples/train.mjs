// Trains a small network on built-in images until it is near the prediction: node examples/train.mjs
import { imbalancedSubset, loadDataset } from "nclab/data";
import { predict } from "nclab/prediction";
import { problemOf, trainingSettings, trainRun } from "nclab/training";

const counts = [100, 100, 100, 100, 100, 30, 30, 30, 30, 30];
const settings = trainingSettings({ counts, lambdaZ: 0.006, lambdaB: 0.02, epochs: 80, batch: 65, seed: 1, schedule: "cosine" });
const { train, test, normalization } = await loadDataset("glyphs", { seed: 1, perClass: 100 });
const data = { train: imbalancedSubset(train, counts, 1), test, normalization };

const { objective } = predict(problemOf(settings));
const { final } = await trainRun(settings, data, {
  evaluateEvery: 20,
  onEvaluation: (e) =>
    console.log(`epoch ${e.epoch}: objective ${e.objective.toFixed(3)}, the least there is ${objective.toFixed(3)}`),
});
console.log(
  `error of Z ${(100 * final.comparison.Zerror.frobenius).toFixed(0)} %; merged: ${JSON.stringify(final.comparison.mergedMeasured)}`,
);
