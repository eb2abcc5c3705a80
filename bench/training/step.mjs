// Images a second of a whole training (steps alone, no evaluation but the last) on the built-in glyphs, 5 x 500 + 5 x 100.
// After `npm run build`: node bench/training/step.mjs [epochs]
import { glyphDataset, imbalancedSubset } from "../../dist/data/index.js";
import { trainingSettings, trainRun } from "../../dist/training/index.js";

const epochs = Number(process.argv[2] ?? 10);
const counts = [500, 500, 500, 500, 500, 100, 100, 100, 100, 100];
const { train, test, normalization } = glyphDataset({ seed: 0, perClass: 500, testPerClass: 10 });
const data = { train: imbalancedSubset(train, counts, 0), test, normalization };

for (const features of ["linear", "relu"]) {
  let began = 0;
  let cpu = process.cpuUsage();
  let steps = 0;
  await trainRun(trainingSettings({ counts, lambdaZ: 0.0027, lambdaB: 0.02, epochs: epochs + 1, features }), data, {
    // The first epoch compiles and is left out.
    onProgress({ epoch, step, firstStep }) {
      if (epoch === 0) {
        began = performance.now();
        cpu = process.cpuUsage();
        steps = step - firstStep;
      } else if (epoch === epochs && step % 23 === 0) {
        const done = 128 * (step - firstStep - steps);
        const used = process.cpuUsage(cpu);
        const rate = (ms) => Math.round((1000 * done) / ms);
        console.log(
          `${features}: ${rate(performance.now() - began)} images/s by the clock, ${rate((used.user + used.system) / 1000)} by processor time`,
        );
      }
    },
  });
}
