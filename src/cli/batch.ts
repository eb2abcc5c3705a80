import { createInterface } from "node:readline";
import { InputError, inputError } from "../errors.ts";
import { openFile } from "../files/index.ts";
import { isObject, toJson } from "../json.ts";
import { nearest } from "../nearest.ts";
import {
  batchRange,
  checkBatchSize,
  dimensionOf,
  fixedDimensionDocument,
  layerNormDocument,
  predictInDimension,
  predictionDocument,
  predictLayerNorm,
  summarize,
} from "../prediction/index.ts";
import {
  type CountTable,
  countsOfValue,
  endsInLayerNorm,
  layerNormProblem,
  type ProblemInput,
  parseCountTable,
  problem,
} from "../problem/index.ts";
import { noBatches } from "./predict-layer-norm.ts";
import { unexpected } from "./unexpected.ts";

/**
 * `nclab predict --batch`: JSON lines in, JSON lines out, in the same order. A line that cannot be answered becomes {"id", "error"}; the others are answered
 * all the same. Returns the exit code: 2 where no line was right, 1 where nclab itself failed at one, 3 where an answer did not reach the tolerance.
 */
export async function predictBatch(file: string, tolerance: number, write: (line: string) => Promise<void>): Promise<number> {
  const input = file === "-" ? process.stdin : (await openFile(file, `--batch ${file}`)).handle.createReadStream();
  // readline swallows the errors of its input.
  const failed = new Promise<never>((_, reject) => {
    input.once("error", (error: NodeJS.ErrnoException) =>
      reject(new InputError(`--batch ${file}: expected a readable file, got ${error.code ?? error.message}`)),
    );
  });
  failed.catch(() => {});
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  const seen = { certified: 0, uncertified: 0, wrong: 0, defect: 0 };
  for (let number = 1; ; number++) {
    const next = await Promise.race([lines.next(), failed]);
    if (next.done) break;
    if (next.value.trim() === "") continue;
    const { text, end } = answerLine(next.value, number, tolerance);
    seen[end]++;
    await write(text);
  }
  const answered = seen.certified + seen.uncertified;
  const unanswered = seen.wrong + seen.defect;
  if (unanswered > 0) console.error(`${unanswered} of ${answered + unanswered} lines have no answer but an error`);
  if (seen.defect > 0) return 1;
  if (seen.wrong > 0 && answered === 0) return 2;
  return seen.uncertified > 0 ? 3 : 0;
}

const known = [
  "id",
  "counts",
  "lambdaZ",
  "lambdaW",
  "lambdaH",
  "lambdaB",
  "convention",
  "weightDecay",
  "ends",
  "branches",
  "width",
  "starts",
  "dimension",
  "normWeightDecay",
  "biasWeightDecay",
  "optimizer",
  "nonnegative",
  "weights",
  "offsets",
  "factors",
  "smoothing",
  "loss",
  "tolerance",
  "batchSize",
];

/** A line's answer, and how it ended. */
interface Answer {
  text: string;
  end: "certified" | "uncertified" | "wrong" | "defect";
}

function answerLine(line: string, number: number, tolerance: number): Answer {
  let id: unknown;
  try {
    const given = parseLine(line, number);
    id = idOf(given.id, number);
    for (const key of Object.keys(given))
      if (!known.includes(key)) throw new InputError(`${key}: unknown key${nearest(key, known)} (line ${number})`);
    const { id: _, tolerance: asked = tolerance, ...rest } = given;
    if (typeof asked !== "number" || !(asked > 0)) throw inputError("tolerance", "a positive number", asked);
    const named = typeof rest.counts === "string" || isObject(rest.counts) ? countsIn(rest.counts) : null;
    if (named) rest.counts = named.counts;
    for (const name of ["lambdaB", "biasWeightDecay"])
      if (rest[name] === "inf" || rest[name] === null) rest[name] = Number.POSITIVE_INFINITY;
    if (rest.nonnegative !== undefined && typeof rest.nonnegative !== "boolean")
      throw inputError("nonnegative", "true or false", rest.nonnegative);
    const prediction = predicted(rest, asked, named?.names);
    const text = toJson(id === undefined ? prediction : { id, ...prediction });
    return { text, end: prediction.certified ? "certified" : "uncertified" };
  } catch (error) {
    const { message } = unexpected(error);
    return { text: toJson({ id: id ?? null, error: message }), end: error instanceof InputError ? "wrong" : "defect" };
  }
}

/** The document for a line's problem, by the model that its ending asks for. */
function predicted(
  { starts, dimension: d, batchSize, ...rest }: Record<string, unknown>,
  tolerance: number,
  names: readonly string[] | null | undefined,
): { certified: boolean } {
  const input = rest as unknown as ProblemInput;
  if (endsInLayerNorm(input) && d !== undefined) throw inputError("dimension", "nothing with ends: layer-norm", d);
  if (endsInLayerNorm(input) && batchSize !== undefined) throw inputError("batchSize", noBatches, batchSize);
  if (endsInLayerNorm(input))
    return layerNormDocument(
      predictLayerNorm(layerNormProblem(input), { starts: starts as number | undefined }).prediction,
      names,
    );
  if (d === undefined && starts !== undefined) throw inputError("starts", "ends: layer-norm or a dimension beside it", starts);
  const p = problem(input);
  if (batchSize !== undefined) checkBatchSize(p, batchSize as number);
  const summary = summarize(p, { tolerance });
  const range = batchSize === undefined ? null : batchRange(p, batchSize as number, summary);
  if (d === undefined) return predictionDocument(summary, names, range);
  const { suffices, ...dimension } = dimensionOf(summary, d as number);
  if (suffices) return predictionDocument(summary, names, range, dimension);
  if (range !== null) throw inputError("batchSize", "nothing where the dimension is less than the optimum needs", batchSize);
  const asked = { d: d as number, starts: starts as number | undefined };
  return fixedDimensionDocument(predictInDimension(p, summary, asked).prediction, names);
}

/** A line's id, which comes back with the answer: JSON must be able to write it. */
function idOf(id: unknown, number: number): unknown {
  try {
    JSON.stringify(id);
  } catch {
    throw inputError(`line ${number}: id`, "one that is not nested thousands of levels deep", id);
  }
  return id;
}

function parseLine(line: string, number: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new InputError(`line ${number}: expected a JSON object, got ${(error as Error).message}`);
  }
  if (!isObject(value)) throw inputError(`line ${number}`, "a JSON object", value);
  return value;
}

/** Counts as text, as --counts takes them, or as an object of counts by name. */
function countsIn(value: unknown): CountTable {
  return typeof value === "string" ? parseCountTable(value, "counts") : countsOfValue(value, "counts");
}
