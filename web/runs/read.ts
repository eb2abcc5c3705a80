import { InputError, inputError } from "../../src/errors.ts";
import type { FeatureView, Measurement } from "../../src/measure/index.ts";
import type { Prediction } from "../../src/prediction/index.ts";
import { checkCounts, type ProblemInput } from "../../src/problem/index.ts";
import { jsonIn, numberIn, problemCompared, problemOfRun } from "../../src/watch/index.ts";
import { type SeriesView, seriesOf } from "../../src/words/index.ts";
import { type Structure, structureOf } from "./structure.ts";
import { viewIn } from "./view.ts";

/**
 * What the command line wrote, read again: run folders (run.json and metrics.jsonl), documents of `nclab measure --json` and of
 * `nclab predict --json`, and of `nclab measure --json` of several files. Nothing is taken on trust: a file that does not hold what it says is an InputError with its name.
 */
export interface Item {
  /** Folder or file. */
  name: string;
  kind: "run" | "measurement" | "prediction";
  /** running, done or failed; of a run only. */
  status: string | null;
  counts: number[];
  /** The problem that Z is held against; null: nothing says which. */
  problem: ProblemInput | null;
  /** A line an evaluated epoch; for a document of a measurement one line, without an epoch. */
  lines: Line[];
  /** Of a prediction: its Z. */
  predicted: Prediction["Z"] | null;
  /** Of a document, or of a run's last evaluated epoch; null: nothing was measured yet. */
  structure: Structure | null;
  /** Names of the classes; null: they have none, or the document does not say. */
  classNames: readonly string[] | null;
  /** The features as a picture shows them, where a document of a measurement has that. */
  view: FeatureView | null;
}

export interface Line {
  epoch: number | null;
  Z: (number | null)[][] | null;
  nc1: number | null;
  nc3: number | null;
  nc4: number | null;
  etfDistance: number | null;
  error: number | null;
  objective: number | null;
}

export interface Text {
  /** Path within what was dropped, with / between folders. */
  path: string;
  text: string;
}

/** All items and series among the files, and a message for each file that should be one and is not. Other files (checkpoints, arrays) are passed over. */
export function readItems(files: readonly Text[]): { items: Item[]; series: SeriesView[]; problems: string[] } {
  const items: Item[] = [];
  const series: SeriesView[] = [];
  const problems: string[] = [];
  const attempt = (read: () => Item | SeriesView): void => {
    try {
      const found = read();
      if ("kind" in found) items.push(found);
      else series.push(found);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(error.message);
    }
  };
  for (const { path, text } of files) {
    const [folder, name] = split(path);
    if (name === "run.json") {
      const metrics = files.find((file) => file.path === join(folder, "metrics.jsonl"));
      attempt(() => runOf(folder || path, path, text, metrics));
    } else if (name === "metrics.jsonl") {
      if (!files.some((file) => file.path === join(folder, "run.json")))
        problems.push(`${path}: expected a run.json beside it, got none`);
      // Beside runs other documents may lie, of a sweep or of the reader's own.
    } else if (
      name.endsWith(".json") &&
      !(folder !== "" && files.some((file) => file.path.startsWith(`${folder}/`) && file.path.endsWith("/run.json")))
    )
      attempt(() => documentOf(path, text));
  }
  if (items.length === 0 && series.length === 0 && problems.length === 0)
    problems.push(
      `expected a run folder (run.json, metrics.jsonl) or a .json of nclab measure or nclab predict, got ${files.length === 0 ? "no such file" : files.map((f) => f.path).join(", ")}`,
    );
  return { items, series, problems };
}

function runOf(name: string, path: string, text: string, metrics: Text | undefined): Item {
  const record = object(jsonIn(text, path), path);
  if (record.schema !== "nclab.run/1") throw inputError(`${path}: schema`, "nclab.run/1", record.schema);
  const { counts, problem } = problemOfRun(record.settings, `${path}: settings`);
  // A run that is killed may leave half a line at the end.
  const whole = metrics ? metrics.text.slice(0, metrics.text.lastIndexOf("\n") + 1).split("\n") : [];
  const read = whole.flatMap((line, i) => {
    if (line.trim() === "") return [];
    const where = `${metrics?.path}, line ${i + 1}`;
    return [{ document: object(jsonIn(line, where), where), where }];
  });
  const last = read.at(-1);
  return {
    name,
    kind: "run",
    status: String(record.status),
    counts,
    problem,
    lines: read.map(({ document, where }) => lineOf(document, counts.length, where)),
    predicted: null,
    structure: last ? structureOf(last.document, counts.length, last.where) : null,
    classNames: null,
    view: null,
  };
}

function documentOf(path: string, text: string): Item | SeriesView {
  const document = object(jsonIn(text, path), path);
  if (document.schema === "nclab.measurements/1") return { ...seriesOf(path, text), name: path };
  if (document.schema === "nclab.measurement/1") {
    const m = document as unknown as Measurement;
    const counts = checkCounts(m.counts, `${path}: counts`);
    return {
      name: path,
      kind: "measurement",
      status: null,
      counts,
      problem: problemCompared(document, counts, path),
      lines: [lineOf(document, counts.length, path)],
      predicted: null,
      structure: structureOf(document, counts.length, path),
      classNames: namesIn(document, counts.length),
      view: viewIn(document, counts.length, path),
    };
  }
  if (document.schema === "nclab.prediction/1") {
    const problem = object(document.problem, `${path}: problem`) as unknown as Prediction["problem"];
    const counts = checkCounts(problem.counts, `${path}: problem.counts`);
    const Z = matrixOf(document.Z, counts.length, `${path}: Z`);
    // The model of layer normalization is another one: it has no lambda_Z, and only the document says what it predicts.
    const lambdas =
      problem.lambdaZ === null
        ? null
        : {
            lambdaZ: numberIn(problem.lambdaZ, `${path}: lambdaZ`),
            lambdaB: numberIn(problem.lambdaB, `${path}: lambdaB`),
          };
    return {
      name: path,
      kind: "prediction",
      status: null,
      counts,
      structure: structureOf(document, counts.length, path),
      classNames: null,
      view: null,
      problem: lambdas && { counts, ...lambdas, nonnegative: problem.nonnegative === true },
      lines: [],
      predicted: Z as number[][] | null,
    };
  }
  if (document.schema === "nclab.sweep/1")
    throw new InputError(`${path}: expected the whole folder of the sweep, got its sweep.json alone`);
  throw inputError(`${path}: schema`, "nclab.measurement/1, nclab.measurements/1 or nclab.prediction/1", document.schema);
}

type Json = Record<string, unknown>;

const namesIn = ({ classNames }: Json, K: number): string[] | null =>
  Array.isArray(classNames) && classNames.length === K && classNames.every((name) => typeof name === "string")
    ? classNames
    : null;

function lineOf(line: Json, K: number, where: string): Line {
  const m = line as unknown as Partial<Measurement> & { epoch?: unknown; objective?: unknown };
  const optional = (value: unknown, what: string): number | null =>
    value === undefined || value === null ? null : numberIn(value, `${where}: ${what}`);
  return {
    epoch: optional(m.epoch, "epoch"),
    Z: matrixOf(m.Z, K, `${where}: Z`),
    nc1: optional(m.nc1?.paper, "nc1.paper"),
    nc3: optional(m.nc3, "nc3"),
    nc4: optional(m.nc4, "nc4"),
    etfDistance: optional(m.nc2?.etfDistance, "nc2.etfDistance"),
    error: optional(m.comparison?.Zerror?.frobenius, "comparison.Zerror.frobenius"),
    objective: optional(m.objective, "objective"),
  };
}

function matrixOf(Z: unknown, K: number, what: string): (number | null)[][] | null {
  if (Z === undefined || Z === null) return null;
  const valid =
    Array.isArray(Z) &&
    Z.length === K &&
    Z.every((row) => Array.isArray(row) && row.length === K && row.every((x) => x === null || Number.isFinite(x)));
  if (!valid) throw inputError(what, `${K} x ${K} numbers`, Z);
  return Z as (number | null)[][];
}

function object(value: unknown, what: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw inputError(what, "an object", value);
  return value as Json;
}

function split(path: string): [folder: string, name: string] {
  const at = path.lastIndexOf("/");
  return at < 0 ? ["", path] : [path.slice(0, at), path.slice(at + 1)];
}

const join = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);
