// Features of a dense layer without normalization (docs/peeled.md): an mlp trained with weight decay alone on every layer, to its end, beside the convex problem of its last two layers, and beside what the
// counts alone would say at the effective regularization. Nothing is fitted. Fashion-MNIST, seed 0; each training ends on all samples at once (all layers, then the last two).
//
//   npm run build && node bench/measure/peeled.mjs [--settings 5x100,5x20:0.005;...] [--epochs 40] [--batch 100] [--whole-set 40] [--last-layer 40] [--data-dir DIR] [--out FILE]
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    settings: { type: "string", default: "5x100,5x20:0.001;5x100,5x20:0.0005;5x100,5x20:0.003;5x100,5x20:0.01" },
    epochs: { type: "string", default: "40" },
    batch: { type: "string", default: "100" },
    "whole-set": { type: "string", default: "40" },
    "last-layer": { type: "string", default: "40" },
    "data-dir": { type: "string" },
    out: { type: "string" },
  },
});
const main = join(dirname(fileURLToPath(import.meta.url)), "../../dist/cli/main.js");
const nclab = (...args) =>
  JSON.parse(execFileSync(process.execPath, [main, ...args, "--json"], { encoding: "utf8", maxBuffer: 2 ** 28 }));
const ofTraining = ["epochs", "batch", "whole-set", "last-layer"].flatMap((name) => [`--${name}`, values[name]]);
const folder = mkdtempSync(join(tmpdir(), "nclab-peeled-"));

const rows = [];
for (const [i, setting] of values.settings.split(";").entries()) {
  const [counts, decay] = setting.split(":");
  const out = join(folder, String(i));
  const train = ["train", "--network", "mlp", "--counts", counts, "--weight-decay", decay, ...ofTraining, "--save-features"];
  const where = values["data-dir"] === undefined ? [] : ["--data-dir", values["data-dir"]];
  const { final } = nclab(...train, ...where, "--evaluate-every", values.epochs, "--out", out);
  const dump = join(out, "features.npz");
  const m = nclab("measure", dump, "--hidden", dump, "--weight-decay", decay, "--compare-effective");
  const { peeled } = m;
  rows.push({
    counts,
    weightDecay: Number(decay),
    command: `nclab ${train.join(" ")}`,
    errorOfZ: { lastTwoLayers: peeled.Zerror, theirClassMeans: peeled.classMeans.Zerror, effective: m.comparison.Zerror },
    errorOfB: { lastTwoLayers: peeled.berror, effective: m.comparison.berror },
    atRest: { head: m.effective.stationarityResidual, ...peeled.rest },
    proved: { objective: peeled.objective, dual: peeled.dual, relativeGap: peeled.gap / peeled.objective, rank: peeled.rank },
    measuredObjective: final.objective,
    nc1: m.nc1.paper,
    accuracy: m.accuracyOverall,
    figure: m.geometry.name,
  });
  console.error(JSON.stringify(rows.at(-1)));
}
rmSync(folder, { recursive: true });

const result = {
  command: `node bench/measure/peeled.mjs --settings "${values.settings}" ${ofTraining.join(" ")}`,
  seed: 0,
  nclab: execFileSync(process.execPath, [main, "--version"], { encoding: "utf8" }).trim(),
  node: process.versions.node,
  machine: `${process.platform} ${process.arch}, ${cpus()[0].model}, ${availableParallelism()} threads`,
  rows,
};
const text = `${JSON.stringify(result, null, 1)}\n`;
if (values.out) writeFileSync(values.out, text);
else process.stdout.write(text);
