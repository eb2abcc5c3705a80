import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { arch, availableParallelism, cpus, platform } from "node:os";
import { join } from "node:path";
import { type DatasetName, datasetName, findDataset } from "../data/index.ts";
import { InputError, inputError } from "../errors.ts";
import { demoJobs, runDemo } from "../experiments/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import { heatMaps, separationCurves, svgText } from "../plots/index.ts";
import { type DemoData, demoReport, demoTable, headlessDocument, measuredSeries, pngOf, reluTable } from "../report/index.ts";
import { terminalTable } from "../terminal/index.ts";
import type { Command, CommandInput } from "./command.ts";
import { toJson } from "./json.ts";
import { trainingsProgress } from "./trainings-progress.ts";
import { version } from "./version.ts";

/** `nclab demo`, the main job (`npm start`): predict, train, measure, and show all of it side by side. */
export const demo: Command = {
  name: "demo",
  summary: "Predicts, trains and measures six networks across the thresholds; writes one HTML report. Some minutes on two cores.",
  options: {
    epochs: { type: "string", value: "80", help: "epochs of each training; more bring the measured Z closer to the prediction" },
    dataset: {
      type: "string",
      value: "fashion-mnist|glyphs",
      help: "default: Fashion-MNIST if a data folder has it, else the built-in glyphs",
    },
    "data-dir": { type: "string", value: "DIR", help: "folder that holds the data sets (else NCLAB_DATA, else ./data)" },
    out: { type: "string", value: "demo", help: "folder for the report, its pictures and numbers" },
    seed: { type: "string", value: "0", help: "seed of the subset, the network and the batches" },
    workers: { type: "string", value: "N", help: "trainings at a time (default: one a core)" },
    json: { type: "boolean", help: "print the numbers as JSON instead of the tables" },
  },
  example: "nclab demo --epochs 20 --dataset glyphs --out demo-glyphs",
  run,
};

async function run({ options }: CommandInput): Promise<number> {
  const epochs = options.integer("epochs", 1) ?? 80;
  const seed = options.integer("seed", 0) ?? 0;
  const workers = options.integer("workers", 1) ?? Math.min(availableParallelism(), demoJobs);
  const dataDir = options.text("data-dir");
  const asked = options.text("dataset");
  const dataset = asked === undefined ? chooseDataset(dataDir) : datasetName(asked, "--dataset");
  if (dataset === "cifar-10") throw inputError("--dataset", "fashion-mnist or glyphs (28 x 28 grey images)", dataset);
  if (dataset === "fashion-mnist" && !findDataset(dataset, dataDir))
    throw new InputError(
      "--dataset fashion-mnist: not found; name its folder with --data-dir or NCLAB_DATA, or run `nclab data fetch fashion-mnist`",
    );
  const out = options.text("out") ?? "demo";
  prepare(out);

  console.error(`data: ${dataset}; ${demoJobs} networks of ${epochs} epochs, ${workers} at a time`);
  const data = await runDemo({ dataset, dataDir, epochs, seed, workers, onProgress: trainingsProgress(workers) }, versions());
  const document = headlessDocument();
  await writeFileAtomic(join(out, "report.html"), demoReport(data, document));
  await writeFileAtomic(join(out, "demo.json"), toJson(data));
  for (const [name, svg] of pictures(data, document)) await writeFileAtomic(join(out, name), pngOf(svgText(svg)));
  console.log(options.flag("json") ? toJson(data) : `${terminalTable(demoTable(data))}\n\n${terminalTable(reluTable(data))}`);
  console.error(`\nreport: ${join(out, "report.html")}`);
  return 0;
}

function chooseDataset(dataDir: string | undefined): DatasetName {
  if (findDataset("fashion-mnist", dataDir)) return "fashion-mnist";
  console.error(
    "Fashion-MNIST was not found (--data-dir, NCLAB_DATA, ./data, ../shared/data; `nclab data fetch fashion-mnist` gets it): using the built-in glyphs",
  );
  return "glyphs";
}

/** The folder may be new, empty, or an earlier demonstration's, which is overwritten; anything else is left alone. */
function prepare(out: string): void {
  try {
    if (existsSync(out) && readdirSync(out).length > 0 && !existsSync(join(out, "demo.json")))
      throw new InputError(`--out ${out}: expected a new folder or an earlier demo's, got a folder with other files`);
    mkdirSync(out, { recursive: true });
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`--out ${out}: expected a writable folder, got ${(error as NodeJS.ErrnoException).code}`);
  }
}

function pictures(data: DemoData, document: Document): [string, SVGSVGElement][] {
  const clusters = [data.majority, data.minority];
  const groups = data.points.map((p) => ({ title: `λ_Z = ${p.lambdaZ}`, matrices: [p.predicted.Z, p.measured.Z] }));
  return [
    ["heatmaps.png", heatMaps({ rows: ["predicted Z*", "measured Z"], groups, clusters }, { document, width: 860 })],
    [
      "separation.png",
      separationCurves(
        { predicted: data.curves, measured: measuredSeries(data), thresholds: data.thresholds },
        { document, width: 760 },
      ),
    ],
  ];
}

function versions(): Record<string, string> {
  return {
    nclab: version(),
    node: process.versions.node,
    machine: `${platform()} ${arch()}, ${cpus()[0]?.model.trim() ?? "unknown processor"}, ${cpus().length} threads`,
  };
}
