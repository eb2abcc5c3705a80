import { InputError, inputError } from "../../src/errors.ts";
import { lossNames } from "../../src/loss/index.ts";
import type { Prediction } from "../../src/prediction/index.ts";
import { checkCounts, type ProblemInput } from "../../src/problem/index.ts";
import { numberIn, problemCompared, problemOfRun } from "../../src/watch/index.ts";
import { seriesOfDocument } from "../../src/words/index.ts";
import { type Item, type Json, type LambdaSource, latestOf, lineOf, matrixOf, objectIn } from "./item.ts";
import type { Series } from "./series.ts";
import { structureOf } from "./structure.ts";
import { viewIn } from "./view.ts";

/** What a document is, by its schema: of a measurement or several, of a prediction, or a training that this page saved. `path` names it. Throws InputError for what is not of its form. */
export function itemOfDocument(path: string, document: Json): Item | Series {
  switch (document.schema) {
    case "nclab.measurements/1":
      return { ...seriesOfDocument(path, document), name: path, members: membersOf(document, path) };
    case "nclab.measurement/1":
      return measurementItem(path, document);
    case "nclab.prediction/1":
      return predictionItem(path, document);
    case "nclab.run/1":
      if (Array.isArray(document.metrics)) return savedTraining(path, document, document.metrics);
      throw new InputError(`${path}: expected run.json in its folder, beside metrics.jsonl, got it under another name`);
    case "nclab.sweep/1":
      throw new InputError(`${path}: expected the whole folder of the sweep, got its sweep.json alone`);
    default:
      throw inputError(`${path}: schema`, "nclab.measurement/1, nclab.measurements/1 or nclab.prediction/1", document.schema);
  }
}

/** Those of several measurements that have a view of their features. */
function membersOf({ measurements }: Json, path: string): Item[] {
  return (measurements as unknown[]).flatMap((one, i) => {
    const document = objectIn(one, `${path}: measurements[${i}]`);
    if (!document.view) return [];
    return [measurementItem(typeof document.file === "string" ? document.file : `${path}, ${i + 1}`, document)];
  });
}

const none = { status: null, predicted: null, structure: null, classNames: null, view: null, notes: [], latest: [] } as const;

function measurementItem(path: string, document: Json): Item {
  const counts = countsIn(document, path);
  // A class that does not occur has no place in the theory.
  const problem = counts.every((n) => n > 0) ? problemCompared(document, counts, path) : null;
  const { from } = (document.comparedAt ?? {}) as { from?: unknown };
  return {
    ...none,
    name: path,
    kind: "measurement",
    counts,
    problem,
    at: problem && (from === "effective" ? "effective" : "stated"),
    lines: [lineOf(document, counts.length, path)],
    structure: structureOf(document, counts.length, path),
    classNames: namesIn(document, counts.length),
    view: viewIn(document, counts.length, path),
    notes: wordsIn(document.notes),
    latest: latestOf(document, counts, path),
  };
}

/** Samples of each class, zeros for those that do not occur. */
function countsIn({ counts }: Json, path: string): number[] {
  if (!Array.isArray(counts) || !counts.includes(0)) return checkCounts(counts, `${path}: counts`);
  checkCounts(
    counts.filter((n) => n !== 0),
    `${path}: counts`,
  );
  return counts;
}

function predictionItem(path: string, document: Json): Item {
  const problem = objectIn(document.problem, `${path}: problem`) as unknown as Prediction["problem"];
  const counts = checkCounts(problem.counts, `${path}: problem.counts`);
  const Z = matrixOf(document.Z, counts.length, `${path}: Z`);
  // The model of layer normalization is another one: it has no lambda_Z, and only the document says what it predicts.
  const solved: ProblemInput | null =
    problem.lambdaZ === null
      ? null
      : {
          counts,
          lambdaZ: numberIn(problem.lambdaZ, `${path}: lambdaZ`),
          lambdaB: numberIn(problem.lambdaB, `${path}: lambdaB`),
          nonnegative: problem.nonnegative === true,
          weights: problem.weights ?? null,
          offsets: problem.offsets ?? null,
          factors: problem.factors ?? null,
          smoothing: problem.smoothing ?? 0,
          loss: problem.loss ?? lossNames[0],
        };
  return {
    ...none,
    name: path,
    kind: "prediction",
    counts,
    structure: structureOf(document, counts.length, path),
    problem: solved,
    at: solved && "prediction",
    lines: [],
    predicted: Z as number[][] | null,
  };
}

/** A training that the page saved: a run's record with its evaluated epochs in it. */
function savedTraining(path: string, record: Json, metrics: readonly unknown[]): Item {
  return runItem(
    path,
    record,
    path,
    metrics.map((line, i) => {
      const where = `${path}: metrics[${i}]`;
      return { document: objectIn(line, where), where };
    }),
  );
}

/** A run by its record (run.json) and its evaluated epochs. */
export function runItem(name: string, record: Json, path: string, lines: readonly { document: Json; where: string }[]): Item {
  if (record.schema !== "nclab.run/1") throw inputError(`${path}: schema`, "nclab.run/1", record.schema);
  const settings = problemOfRun(record.settings, `${path}: settings`);
  const { counts, remedies } = settings;
  const last = lines.at(-1);
  // What a decay of everything before a dense layer leads to is said by the evaluated epochs alone, if by anything.
  const compared = last && !settings.problem ? problemCompared(last.document, counts, last.where) : null;
  const problem = settings.problem ?? (compared && { ...remedies, ...compared });
  const at: LambdaSource | null = problem && "settings";
  return {
    ...none,
    name,
    kind: "run",
    status: String(record.status),
    counts,
    problem,
    at,
    lines: lines.map(({ document, where }) => lineOf(document, counts.length, where)),
    structure: last ? structureOf(last.document, counts.length, last.where) : null,
    latest: last ? latestOf(last.document, counts, last.where) : [],
  };
}

const namesIn = ({ classNames }: Json, K: number): string[] | null =>
  Array.isArray(classNames) && classNames.length === K && classNames.every((name) => typeof name === "string")
    ? classNames
    : null;

const wordsIn = (notes: unknown): string[] =>
  Array.isArray(notes) ? notes.filter((note): note is string => typeof note === "string") : [];
