import { existsSync, mkdirSync } from "node:fs";
import { arch, cpus, platform } from "node:os";
import { join } from "node:path";
import { datasetName, findDataset } from "../data/index.ts";
import { type Backend, backends, deviceFor } from "../engine/index.ts";
import { InputError, inputError } from "../errors.ts";
import { workersFor } from "../experiments/index.ts";
import {
  type Figure,
  type FigurePoint,
  type FigureResult,
  figures,
  pointArrays,
  type Reproduction,
  reproduce as run,
  type Scale,
  type ScaleName,
  scaleNames,
  scaleOf,
  type Verdict,
} from "../figures/index.ts";
import { makeFolders, writeFileAtomic } from "../files/index.ts";
import { type NetworkName, networkNames } from "../networks/index.ts";
import { headlessDocument } from "../report/index.ts";
import { table } from "../terminal/index.ts";
import type { Command, CommandInput, Values } from "./command.ts";
import { toJson } from "./json.ts";
import { type PictureStyle, pictureBytes, pictureEndings, pictureOptions, readPictureStyle } from "./pictures.ts";
import { trainingsProgress } from "./trainings-progress.ts";

/** `nclab reproduce`: the paper's figures, and those that go further. */
export const reproduce: Command = {
  name: "reproduce",
  summary: `Trains what a figure takes and writes its data, pictures and verdicts: ${figures.map((f) => f.name).join(", ")}, or all. Interrupted, it goes on where it was.`,
  positionals: "FIGURE...",
  options: {
    scale: {
      type: "string",
      value: scaleNames.join("|"),
      help: "minutes; an hour on a CPU; hours, with a residual network; or the paper's numbers (default demo)",
    },
    epochs: { type: "string", value: "N", help: "instead of the scale's" },
    network: { type: "string", value: networkNames.join("|"), help: "instead of the scale's" },
    dataset: { type: "string", value: "fashion-mnist|cifar-10|glyphs", help: "instead of the scale's" },
    "data-dir": { type: "string", value: "DIR", help: "folder that holds the data sets (else NCLAB_DATA, else ./data)" },
    backend: { type: "string", value: backends.join("|"), help: "instead of the scale's: wasm, or webgpu at full scale" },
    seed: { type: "string", value: "0", help: "seed of the subsets, the networks and the batches" },
    workers: { type: "string", value: "N", help: "trainings at a time (default: one a core; on a graphics processor one)" },
    out: { type: "string", value: "DIR", help: "folder of the results (default reproduce); pictures as .svg, .pdf and .png" },
    ...pictureOptions,
    json: { type: "boolean", help: "print the verdicts as one JSON document" },
  },
  example: "nclab reproduce fig5 --scale demo --out reproduce",
  run: main,
};

async function main({ options, positionals }: CommandInput): Promise<number> {
  const chosen = chooseFigures(positionals);
  const scale = await readScale(options);
  const dataDir = options.text("data-dir");
  const workers = options.integer("workers", 1) ?? workersFor(scale.device);
  const trains = chosen.some((figure) => figure.points(scale).length > 0);
  if (trains && scale.dataset !== "glyphs" && !findDataset(scale.dataset, dataDir))
    throw new InputError(
      `--dataset ${scale.dataset}: not found; name its folder with --data-dir or NCLAB_DATA, or run \`nclab data fetch ${scale.dataset}\``,
    );
  const style = readPictureStyle(options);
  const out = options.text("out") ?? "reproduce";
  try {
    await makeFolders(out);
  } catch (error) {
    throw new InputError(`--out ${out}: expected a writable folder, got ${(error as NodeJS.ErrnoException).code}`);
  }
  const stop = (): never => {
    console.error(`\nstopped: the trainings that were ready are kept in ${out}; the same command trains only what is missing`);
    process.exit(1);
  };
  if (trains) for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
  const documents = [];
  let failed = 0;
  for (const figure of chosen) {
    let progress: ReturnType<typeof trainingsProgress> | undefined;
    const found = await run(figure, scale, {
      out,
      dataDir,
      workers,
      onStart: (missing, points, totalSteps) => {
        if (points === 0) return;
        console.error(
          `${figure.name} (${scale.name}): ${points} trainings of up to ${epochsOf(figure.points(scale))} epochs, ${points - missing} there already`,
        );
        progress = trainingsProgress(workers, { totalSteps });
      },
      onProgress: (job, jobs, at) => progress?.(job, jobs, at),
      onFailure: (id, message) => console.error(`${figure.name}: ${id}: ${message}; the others go on`),
    });
    failed += found.failed.length;
    if (found.result) await write(out, found.result, found, style);
    documents.push(describeJson(found));
    if (!options.flag("json")) console.log(describe(found, join(out, figure.name)));
  }
  if (options.flag("json")) console.log(toJson({ schema: "nclab.reproduction/1", figures: documents }));
  return failed > 0 ? 1 : 0;
}

function chooseFigures(names: readonly string[]): readonly Figure[] {
  if (names.length === 0)
    throw new InputError(`nclab reproduce: expected a figure (${figures.map((f) => f.name).join(", ")}, all), got none`);
  if (names.includes("all")) return figures;
  return names.map((name) => {
    const figure = figures.find((f) => f.name === name);
    if (!figure) throw inputError("FIGURE", `one of ${figures.map((f) => f.name).join(", ")}, all`, name);
    return figure;
  });
}

async function readScale(options: Values): Promise<Scale> {
  const name = options.text("scale") ?? "demo";
  if (!(scaleNames as readonly string[]).includes(name)) throw inputError("--scale", scaleNames.join(", "), name);
  const defaults = scaleOf(name as ScaleName);
  const network = options.text("network") ?? defaults.network;
  if (!(networkNames as readonly string[]).includes(network)) throw inputError("--network", networkNames.join(", "), network);
  const dataset = options.text("dataset");
  const backend = options.text("backend");
  if (backend !== undefined && !(backends as readonly string[]).includes(backend))
    throw inputError("--backend", backends.join(", "), backend);
  return {
    ...defaults,
    network: network as NetworkName,
    dataset: dataset === undefined ? defaults.dataset : datasetName(dataset, "--dataset"),
    epochs: options.integer("epochs", 1) ?? defaults.epochs,
    seed: options.integer("seed", 0) ?? defaults.seed,
    device: backend === undefined ? defaults.device : await deviceFor(backend as Backend),
  };
}

async function write(out: string, result: FigureResult, found: Reproduction, style: PictureStyle): Promise<void> {
  const folder = join(out, found.figure.name);
  if (!existsSync(folder)) mkdirSync(folder);
  const document = headlessDocument();
  await writeFileAtomic(join(folder, "data.json"), `${toJson({ ...describeJson(found), data: result.data })}\n`);
  if (found.points.length > 0) await writeFileAtomic(join(folder, "points.npz"), pointArrays(found.points));
  for (const { name, draw } of result.pictures) {
    const svg = draw({ document, ...style });
    for (const ending of pictureEndings)
      await writeFileAtomic(join(folder, `${name}.${ending}`), await pictureBytes(svg, ending, style.font));
  }
}

function describeJson({ figure, scale: asked, result, seconds, versions, failed }: Reproduction) {
  const points = figure.points(asked);
  const scale = { ...asked, network: networksOf(points), epochs: epochsOf(points) };
  const machine = { platform: platform(), arch: arch(), cpu: cpus()[0]?.model ?? "unknown", threads: cpus().length };
  const { name, claim } = figure;
  return {
    figure: name,
    claim,
    scale,
    verdicts: result?.verdicts ?? [],
    failed,
    trainingSeconds: Math.round(seconds),
    versions,
    machine,
  };
}

/** Of the longest training: figures 1 to 4 take other numbers than the scale's. */
const epochsOf = (points: readonly FigurePoint[]): number => Math.max(0, ...points.map(({ job }) => job.settings.epochs));

const networksOf = (points: readonly FigurePoint[]): string =>
  [...new Set(points.map(({ job }) => job.settings.network))].join(", ");

/** What its trainings take: some figures have a network or a data set of their own. */
function trainedOf(points: readonly FigurePoint[]): string {
  if (points.length === 0) return "solved, nothing is trained";
  const datasets = [...new Set(points.map(({ job }) => job.dataset))].join(", ");
  return `${networksOf(points)}, ${datasets}, ${epochsOf(points)} epochs`;
}

function describe({ figure, scale, result, points, failed }: Reproduction, folder: string): string {
  const all = figure.points(scale);
  const title = `${figure.name}, ${scale.name} scale (${trainedOf(all)})`;
  if (!result)
    return [
      "",
      title,
      `${failed.length} of ${all.length} trainings failed:`,
      ...failed.map(({ id, message }) => `  ${id}: ${message}`),
      `no verdicts without them; the other ${points.length} are kept, and the same command trains only what is missing`,
    ].join("\n");
  const judged = result.verdicts.filter((v) => v.holds !== null);
  const word = (v: Verdict): string => (v.holds === null ? "–" : v.holds ? "yes" : "NO");
  return [
    "",
    title,
    figure.claim,
    table(
      ["", "predicted", "measured", "paper", "rule", "holds"],
      result.verdicts.map((v) => [v.what, v.predicted, v.measured, v.paper ?? "–", v.rule ?? "–", word(v)]),
    ),
    ...(result.words ?? []),
    `${judged.filter((v) => v.holds).length} of ${judged.length} hold; data and pictures: ${folder}`,
  ].join("\n");
}
