// How many epochs a schedule takes to the terminal phase: the small network on Dataset2 at a tenth (3,000 images of Fashion-MNIST), the penalties of Figures 1 to 4,
// no weight decay, batch 128, seed 0. Epochs until NC1 < 1e-4 and until Z is within 5 % of the prediction, looked at every 10 epochs, and both at the end. Full-batch steps
// of the last layer at the end (--last-layer) count as one epoch more.
//
//   npm run build && node bench/training/schedules.mjs --epochs 400 [--schedules paper-4.1,cosine] [--features relu] [--network mlp-wide] [--last-layer 400] [--data-dir DIR] [--out FILE]
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { namedCounts } from "../../dist/data/index.js";
import { runTrainings } from "../../dist/experiments/trainings.js";
import { schedules, trainingSettings } from "../../dist/training/index.js";

const { values } = parseArgs({
  options: {
    epochs: { type: "string", default: "400" },
    schedules: { type: "string", default: schedules.join() },
    features: { type: "string", default: "relu,linear" },
    network: { type: "string", default: "mlp" },
    "last-layer": { type: "string", default: "0" },
    "data-dir": { type: "string" },
    workers: { type: "string", default: String(availableParallelism()) },
    out: { type: "string" },
  },
});
const epochs = Number(values.epochs);
const every = 10;
const cases = values.features
  .split(",")
  .flatMap((features) => values.schedules.split(",").map((schedule) => ({ features, schedule })));
const jobs = cases.map(({ features, schedule }) => ({
  dataset: "fashion-mnist",
  dataDir: values["data-dir"],
  evaluateEvery: every,
  settings: trainingSettings({
    counts: namedCounts.Dataset2.map((n) => n / 10),
    lambdaZ: 1,
    lambdaW: 1e-3 * Math.sqrt(10),
    lambdaH: 1e-6 * Math.sqrt(10),
    lambdaB: 1e-2,
    network: values.network,
    features,
    schedule,
    epochs,
    lastLayer: Number(values["last-layer"]),
  }),
}));
const rows = [];
for (const [i, job] of jobs.entries())
  rows.push(
    (async () => {
      const row = { ...cases[i], network: values.network, epochs, lastLayer: Number(values["last-layer"]) };
      try {
        const [{ history }] = await turn(() => runTrainings([job], { workers: 1 }));
        const first = (holds) => history.find(holds)?.epoch ?? null;
        const { nc1, Zerror } = history.at(-1);
        Object.assign(row, {
          epochsToNc1: first((h) => h.nc1 !== null && h.nc1 < 1e-4),
          epochsToZ: first((h) => h.Zerror.frobenius < 0.05),
          nc1,
          Zerror: Zerror.frobenius,
        });
      } catch (error) {
        // One schedule may be too much for a network; that is a result.
        row.failed = error.message.split("\n")[0];
      }
      console.log(JSON.stringify(row));
      return row;
    })(),
  );
const document = {
  command: `node bench/training/schedules.mjs --epochs ${epochs} --schedules ${values.schedules} --features ${values.features} --network ${values.network} --last-layer ${values["last-layer"]}`,
  versions: { node: process.version },
  machine: { cpu: cpus()[0].model, threads: cpus().length },
  rows: await Promise.all(rows),
};
if (values.out) writeFileSync(values.out, `${JSON.stringify(document, null, 1)}\n`);

/** So many at a time as there are workers. */
async function turn(work) {
  turn.running ??= Array.from({ length: Number(values.workers) }, () => Promise.resolve());
  turn.next = ((turn.next ?? -1) + 1) % turn.running.length;
  const mine = turn.running[turn.next].then(work);
  turn.running[turn.next] = mine.catch(() => {});
  return mine;
}
