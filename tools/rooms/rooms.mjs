/**
 * The rooms of the house: what is in each, and what it may import. `npm run rooms` makes from this list the walls of the linter (biome.json), the table of docs/design.md, the subpaths of
 * package.json and the entry points of the API pages; a test fails where they differ from it. A new room needs its row here and that command.
 *
 * A room stands below those that it imports, so that the list has an order and no two rooms import each other.
 */

/**
 * @typedef {object} Room
 * @property {string} name Folder of src/.
 * @property {string} purpose Its cell of the table.
 * @property {readonly string[]} imports Rooms above it in this list that it may import, each by its door.
 * @property {boolean} [published] Whether the package exports it as nclab/<name>.
 * @property {boolean} [node] Whether it may import modules of Node; the others run unchanged in a browser.
 * @property {boolean} [browserDoor] Of a room with Node: whether it has a second door, browser.ts, for the part that runs in a browser.
 * @property {boolean} [alone] Whether it may not even import the files beside the folders.
 * @property {readonly Wall[]} [walls] Walls inside it.
 *
 * @typedef {object} Wall
 * @property {readonly string[]} files Those that have the wall, by their paths in the room.
 * @property {readonly string[]} imports Files of the room that they may import.
 * @property {Record<string, { only?: string, never?: string }>} names Of other rooms: the only name that they may import, or those that they may not ("a|b").
 * @property {string} message What the linter says.
 */

/** Files beside the folders: they import nothing but one another, so that every room may use them. */
export const beside = [
  { name: "json.ts", purpose: 'the one writer and reader of JSON with numbers: infinity is "inf"' },
  {
    name: "errors.ts",
    purpose:
      "`InputError`: what is wrong, the rule, the value seen; `DefectError`: what cannot be; `WorkError`: what could not be finished",
  },
  {
    name: "ways-out.ts",
    purpose: "the options that texts for several hosts name as the way out, and a host's own words in their place",
  },
  { name: "separated.ts", purpose: "the cells of a line of a table, read and written" },
  { name: "number-text.ts", purpose: "the one way in which numbers are shown to a reader" },
  { name: "extremes.ts", purpose: "the least and the largest of numbers, however many" },
  { name: "nearest.ts", purpose: "the known name that is nearest to a mistyped one" },
  { name: "known-keys.ts", purpose: "refuses keys of an object that a user wrote which nothing would read" },
  { name: "builtin.ts", purpose: "modules of Node where there is one, for rooms that run in a browser too" },
  {
    name: "native-products.ts",
    purpose: "products of matrices by native code: what `math/` takes, and `engine/` gives where the package for it is installed",
  },
  {
    name: "row-store.ts",
    purpose: "matrices by rows, in memory or where there is more room: what `measure/` takes, and `files/` gives on a disk",
  },
  {
    name: "cells.ts",
    purpose: "a matrix of logits as pictures and tables take it: classes cluster by cluster, many of them averaged",
  },
];

/** The proofs, and what they stand on: nothing else of the solver. */
const proofs = [
  "answer-column.ts",
  "certificate.ts",
  "columns.ts",
  "dual.ts",
  "free-bias.ts",
  "layer-peeled-certificate.ts",
  "lifted.ts",
  "nonnegative-certificate.ts",
  "points-certificate.ts",
  "points-dual.ts",
  "proved-cross-entropy.ts",
  "proved-entrywise.ts",
  "proved-loss.ts",
  "proved-losses.ts",
];

/** @type {readonly Room[]} */
export const rooms = [
  {
    name: "wasm",
    purpose: "writes modules of WebAssembly, instruction by instruction, for the kernels of `math/` and of the engine",
    imports: [],
  },
  {
    name: "math",
    purpose:
      "row-major float64 matrices, products (a WebAssembly kernel with a plain twin), eigenvalues, SVD, roots, trust-region Newton-CG, seeded random numbers",
    imports: ["wasm"],
    published: true,
  },
  {
    name: "loss",
    purpose:
      "what a loss is: value, residual and curvature on classes in clusters (cross-entropy: `softmax*.ts`; sums over the logits, the square loss among them: `entrywise.ts`), the law of a cluster (`cluster-law.ts`); the names (`names.ts`, all of the room that the certificate meets)",
    imports: ["math"],
    published: true,
  },
  {
    name: "problem",
    purpose:
      "the one input type `Problem`, validated once; class counts as text; conventions of the regularization, weight decay alone (`weight-decay.ts`), layer normalization and bounded norms, types of their own (`layer-norm.ts`, `layer-peeled.ts`); clusters and bins; problems along one number (`family.ts`); what counts as proof (`proof.ts`)",
    imports: ["math", "loss"],
    published: true,
  },
  {
    name: "theory",
    purpose:
      "closed forms, one result a file: balanced, two clusters, phases, thresholds, remedies, complete collapse, limits, square loss, nonnegative features, spherical codes out of layer normalization",
    imports: ["math", "loss", "problem"],
    published: true,
  },
  {
    name: "solver",
    purpose:
      "the convex problem for any counts: reduction to clusters, factored Newton-CG, then the core itself (`polish.ts`, `fixed-rank.ts`: the last digits and the rank; label smoothing), certificate, path, bins; nonnegative features (each class exactly, Newton on the bias); descent on the factored problem (to look at, not to solve); points in any feature metric, single samples and soft labels too (`points*.ts`, `targets.ts`); features of few dimensions, which is not convex (`fixed-dimension.ts`); layer normalization, which is not convex: the model, descents, the search (`layer-norm*.ts`)",
    imports: ["math", "loss", "problem"],
    published: true,
    walls: [
      {
        files: proofs,
        // What the problem of the points is: the proofs share no more with the code that finds answers.
        imports: [...proofs, "points.ts"],
        names: { loss: { only: "LossName" }, math: { never: "minimize|byDiagonal|decrement|lbfgs|lbfgsNow" } },
        message: "a proof calls none of the code that found the answer",
      },
    ],
  },
  {
    name: "prediction",
    purpose:
      "problem in, prediction out; what becomes of each class (`class-status.ts`, `classes.ts`); offsets; where statistics of batches lead (`batch-statistics.ts`); layer normalization (`layer-norm*.ts`); the figure that class means make (`class-geometry.ts`); distances to the simplex, SELI and the limit, one function for predictions and measurements (`distances.ts`); structural events along lambda_Z; predictions along one number, with the events between (`path/`); factors W, H; advice (`advice/`: one kind of remedy a function)",
    imports: ["math", "loss", "problem", "theory", "solver"],
    published: true,
  },
  {
    name: "files",
    purpose:
      "files on disk: one door to regular files (`open-file.ts`), whole files written atomically, temporary ones that leave nothing (`temporary.ts`), one writer a folder (`lock.ts`)",
    imports: [],
    node: true,
  },
  {
    name: "features",
    purpose:
      "arrays in files, a format a record (`formats/`), packed or not (`packings.ts`); labels in every form (`labels/`); read in blocks",
    imports: ["math", "files"],
    published: true,
    node: true,
    browserDoor: true,
  },
  {
    name: "measure",
    purpose:
      "two mergeable passes over features, NC1 to NC4 and their relatives, effective regularization, residual branches in use (`branches.ts`), classes that share directions (`shared.ts`), bootstrap, comparison with a prediction; the problem of the last two layers (`peeled/`); what pictures of features show (`view/`)",
    imports: ["math", "loss", "problem", "theory", "solver", "prediction"],
    published: true,
  },
  {
    name: "documents",
    purpose:
      "plain object in, document out: the one door of `predict`, `thresholds`, `path`, `advise`, `measure` (the module `nclab`), of the command line, whose options are the same names, and of lines of a batch; how a picture may be asked for",
    imports: ["math", "loss", "problem", "theory", "prediction", "measure"],
  },
  {
    name: "endings",
    purpose:
      "what ends a network before its head, by the names and shapes in a checkpoint: normalizations, residual stages, a rule an architecture; whether scale and shift look decayed",
    imports: [],
    alone: true,
  },
  {
    name: "inputs",
    purpose:
      "what is measured, found in files on a disk or in a page: features, labels and head by names and shapes, each decision a note (`input.ts`, `head.ts`), what the files hold (`list.ts`); the document of the measurement",
    imports: ["features", "measure", "documents", "endings"],
  },
  {
    name: "data",
    purpose: "data sets: IDX, CIFAR, built-in glyphs; imbalance; verified download",
    imports: ["math", "problem", "files", "features"],
    published: true,
    node: true,
    browserDoor: true,
  },
  {
    name: "engine",
    purpose:
      "what trains: a computation as a graph (`graph.ts`) of operations with gradients by rule (`operations.ts`), its plain twin (`plain.ts`), and the engines that run it: WebAssembly (`wasm/`), WebGPU (`webgpu/`), ONNX Runtime (`onnx/`)",
    imports: ["wasm"],
    published: true,
  },
  {
    name: "networks",
    purpose: "layers, and networks of them: a record each, in the file of its family",
    imports: ["engine", "math"],
    published: true,
  },
  {
    name: "training",
    purpose:
      "the loop to read (`train.ts`), loss, optimizer, schedule, weight decay alone (`weight-decay.ts`), statistics of the whole set (`statistics.ts`), ends on all samples at once (`whole-set.ts`, `decayed-end.ts`), evaluation, what enters the last layers (`dump.ts`), checkpoint",
    imports: ["math", "loss", "problem", "theory", "solver", "prediction", "features", "measure", "data", "engine", "networks"],
    published: true,
  },
  {
    name: "plots",
    purpose: "pictures: plain data in, an SVG element out",
    imports: ["math"],
    published: true,
  },
  {
    name: "terminal",
    purpose: "tables and heat maps of characters, as wide as the terminal",
    imports: [],
  },
  {
    name: "words",
    purpose:
      "results in words and tables, for a terminal, a page or the explorer: what has become of each class, the figure of the means, distances, measurements of several files",
    imports: ["problem", "prediction", "measure", "terminal"],
  },
  {
    name: "watch",
    purpose:
      "trainings that are watched: what is known of them (a value), what changes it, what their files say, what pictures ask",
    imports: ["problem", "prediction", "words"],
  },
  {
    name: "pictures",
    purpose: "the pictures of a document: which there are, and each as an SVG element",
    imports: ["problem", "solver", "prediction", "measure", "documents", "plots", "words"],
    published: true,
  },
  {
    name: "report",
    purpose: "results on pages: HTML, PNG, PDF",
    imports: ["problem", "theory", "prediction", "measure", "plots", "terminal", "words"],
    node: true,
  },
  {
    name: "headless",
    purpose: "the pictures of a document without a browser: SVG text, PNG and PDF bytes",
    imports: ["documents", "plots", "pictures", "report"],
    published: true,
    node: true,
  },
  {
    name: "slurm",
    purpose: "job arrays on the cluster's own scheduler: what may be asked of it, submission, queueing again",
    imports: ["files"],
    node: true,
  },
  {
    name: "experiments",
    purpose:
      "run folders on disk (`run.ts`, `run-record.ts`, `checkpoints.ts`), sweeps of them here and on Slurm (`sweep/`), many trainings at once, the demonstration",
    imports: [
      "math",
      "problem",
      "theory",
      "solver",
      "prediction",
      "files",
      "features",
      "measure",
      "data",
      "engine",
      "networks",
      "training",
      "report",
      "slurm",
    ],
    node: true,
  },
  {
    name: "figures",
    purpose: "the figures of the papers (`nclab reproduce`): each with its claim, its trainings, its verdicts and its pictures",
    imports: [
      "math",
      "problem",
      "theory",
      "solver",
      "prediction",
      "files",
      "features",
      "measure",
      "data",
      "engine",
      "networks",
      "training",
      "plots",
      "words",
      "experiments",
    ],
    node: true,
  },
];

/** The room on top, of which nobody imports anything: every room may be imported there. */
export const top = {
  name: "cli",
  purpose: "one file a command; `main.ts` is the door, `program.ts` the list of commands, `unexpected.ts` what errors say",
  publishedAs: "the program `nclab`",
};

/** Rooms that the page never sees. */
export const hiddenFromPage = ["files", "report", "headless", "slurm", "experiments", "figures", "cli"];
