import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { InputError, inputError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { summarize } from "../prediction/index.ts";
import { type ProblemInput, parseCounts, problem } from "../problem/index.ts";
import { toJson } from "./json.ts";
import { predictionDocument } from "./prediction-document.ts";

/**
 * `nclab predict --batch`: JSON lines in, JSON lines out, in the same order. A wrong line becomes {"id", "error"}; the others are answered
 * all the same. Returns whether every answer reached the tolerance.
 */
export async function predictBatch(file: string, tolerance: number, write: (line: string) => Promise<void>): Promise<boolean> {
  const input = file === "-" ? process.stdin : createReadStream(file);
  // readline swallows the errors of its input.
  const failed = new Promise<never>((_, reject) => {
    input.once("error", (error: NodeJS.ErrnoException) =>
      reject(new InputError(`--batch ${file}: expected a readable file, got ${error.code ?? error.message}`)),
    );
  });
  failed.catch(() => {});
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  let accurate = true;
  for (let number = 1; ; number++) {
    const next = await Promise.race([lines.next(), failed]);
    if (next.done) return accurate;
    if (next.value.trim() === "") continue;
    const { document, certified } = answerLine(next.value, number, tolerance);
    accurate &&= certified;
    await write(toJson(document));
  }
}

const known = [
  "id",
  "counts",
  "lambdaZ",
  "lambdaW",
  "lambdaH",
  "lambdaB",
  "convention",
  "nonnegative",
  "weights",
  "offsets",
  "factors",
  "smoothing",
  "tolerance",
];

function answerLine(line: string, number: number, tolerance: number): { document: object; certified: boolean } {
  let id: unknown;
  try {
    const given = parseLine(line, number);
    id = given.id;
    for (const key of Object.keys(given))
      if (!known.includes(key)) throw new InputError(`${key}: unknown key${nearest(key, known)} (line ${number})`);
    const { id: _, tolerance: asked = tolerance, ...rest } = given;
    if (typeof asked !== "number" || !(asked > 0)) throw inputError("tolerance", "a positive number", asked);
    if (typeof rest.counts === "string") rest.counts = parseCounts(rest.counts, "counts");
    if (rest.lambdaB === "inf" || rest.lambdaB === null) rest.lambdaB = Number.POSITIVE_INFINITY;
    if (rest.nonnegative !== undefined && typeof rest.nonnegative !== "boolean")
      throw inputError("nonnegative", "true or false", rest.nonnegative);
    const summary = summarize(problem(rest as unknown as ProblemInput), { tolerance: asked });
    const prediction = predictionDocument(summary);
    return { document: id === undefined ? prediction : { id, ...prediction }, certified: prediction.certified };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { document: { id: id ?? null, error: error.message }, certified: true };
  }
}

function parseLine(line: string, number: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new InputError(`line ${number}: expected a JSON object, got ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw inputError(`line ${number}`, "a JSON object", value);
  return value as Record<string, unknown>;
}
