// A residual network that nclab trained with weight decay alone (docs/endings.md, residual branches): J told by balancedness, and the error of Z beside the predictions at that J, at J = 1 and at all branches.
// Nothing is fitted. Fashion-MNIST, seed 0, all images in one batch.
//
//   npm run build && node bench/training/resnet8-decay.mjs [--counts 2x8,2x4] [--classes 4] [--decay 0.05] [--epochs 380] [--data-dir DIR] [--run FOLDER] [--out FILE]
//
// --run: where the training is kept; a finished one that is there is taken as it is.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compare } from "../../dist/measure/index.js";
import { predict } from "../../dist/prediction/index.js";
import { parseCounts, problem } from "../../dist/problem/index.js";

const { values } = parseArgs({
  options: {
    counts: { type: "string", default: "2x8,2x4" },
    classes: { type: "string", default: "4" },
    decay: { type: "string", default: "0.05" },
    epochs: { type: "string", default: "380" },
    "data-dir": { type: "string" },
    run: { type: "string", default: "runs/resnet8-decay" },
    out: { type: "string" },
  },
});
const { counts: text, classes, decay, epochs, run } = values;
const counts = parseCounts(text);
const N = counts.reduce((a, b) => a + b, 0);
const network = "--network resnet8 --features relu --decay effective --schedule cosine-high";
const train = `train --classes ${classes} --counts ${text} --weight-decay ${decay} ${network} --epochs ${epochs} --batch ${N} --evaluate-every 1000`;
if (!existsSync(join(run, "run.json"))) {
  const main = join(dirname(fileURLToPath(import.meta.url)), "../../dist/cli/main.js");
  const where = values["data-dir"] === undefined ? [] : ["--data-dir", values["data-dir"]];
  execFileSync(process.execPath, [main, ...train.split(" "), ...where, "--out", run], { stdio: "inherit" });
}
const record = JSON.parse(readFileSync(join(run, "run.json"), "utf8"));
const { settings, status } = record;
if (status !== "done" || String(settings.counts) !== String(counts) || settings.lambdaW !== Number(decay))
  throw new Error(
    `${run}: expected a finished run of these settings, got ${status}, counts ${settings.counts}, decay ${settings.lambdaW}`,
  );
const final = JSON.parse(readFileSync(join(run, "metrics.jsonl"), "utf8").trim().split("\n").at(-1));
const { J, atMost } = final.branches;

const beside = (branches) => {
  const at = problem({ counts, weightDecay: Number(decay), ends: "batch-norm-relu", branches });
  const predicted = predict(at);
  return {
    branches,
    certified: predicted.certified,
    objective: predicted.objective,
    ...compare(final.Z, final.b, predicted),
  };
};
const result = {
  command: `nclab ${train}`,
  seed: settings.seed,
  versions: record.versions,
  machine: `${process.platform} ${process.arch}, ${cpus()[0].model}, ${availableParallelism()} threads`,
  epochs: final.epoch,
  J,
  atMost,
  balance: final.balance,
  stationarityResidual: final.effective.stationarityResidual,
  nc1: final.nc1.paper,
  shared: final.shared,
  trainAccuracy: final.trainAccuracy,
  Z: final.Z,
  b: final.b,
  predicted: [Math.max(1, J), 1, atMost].map(beside),
};
const json = `${JSON.stringify(result, null, 1)}\n`;
if (values.out) writeFileSync(values.out, json);
else process.stdout.write(json);
