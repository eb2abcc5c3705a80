import type { FileHandle } from "node:fs/promises";
import { createInterface } from "node:readline";
import { answerTo, type PredictInput, predictKeys, questionOf } from "../documents/index.ts";
import { InputError, inputError } from "../errors.ts";
import { openFile } from "../files/index.ts";
import { isObject, toJson } from "../json.ts";
import type { Values } from "./command.ts";
import { unexpected } from "./unexpected.ts";

/**
 * `nclab predict --batch`: JSON lines in, JSON lines out, in the same order. A line that cannot be answered becomes {"id", "error"}; the others are answered
 * all the same. Returns the exit code: 2 where no line was right, 1 where nclab itself failed at one, 3 where an answer did not reach the tolerance.
 */
export async function predictBatch(
  file: string,
  tolerance: number | undefined,
  write: (line: string) => Promise<void>,
): Promise<number> {
  const input =
    file === "-" ? process.stdin : ((await openFile(file, `--batch ${file}`)).handle as FileHandle).createReadStream();
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

/** What goes with --batch: a tolerance for lines that say none, threads, and --json, which its lines are anyway. */
const besideBatch = ["batch", "tolerance", "threads", "json"];

/** A line is a whole problem: every other option, of the problem or of what one answer is written to, would be read by nothing. Throws InputError. */
export function checkBesideBatch(names: readonly string[], options: Values): void {
  for (const name of names) {
    const value = options.text(name);
    if (value === undefined || besideBatch.includes(name)) continue;
    const key = name.replace(/-[a-z]/g, (letter) => letter[1].toUpperCase());
    const way = Object.hasOwn(predictKeys, key)
      ? `: every line says its own ${JSON.stringify(key)}`
      : ", which answers every line as JSON alone";
    throw inputError(`--${name}`, `nothing beside --batch${way}`, value);
  }
}

/** A line's answer, and how it ended. */
interface Answer {
  text: string;
  end: "certified" | "uncertified" | "wrong" | "defect";
}

function answerLine(line: string, number: number, tolerance: number | undefined): Answer {
  let id: unknown;
  try {
    const { id: given, ...input } = parseLine(line, number);
    id = idOf(given, number);
    const question = questionOf(withDefaults(input, tolerance), `line ${number}`);
    const prediction = answerTo(question);
    const text = toJson(id === undefined ? prediction : { id, ...prediction });
    return { text, end: prediction.certified ? "certified" : "uncertified" };
  } catch (error) {
    const { message } = unexpected(error);
    return { text: toJson({ id: id ?? null, error: message }), end: error instanceof InputError ? "wrong" : "defect" };
  }
}

/** A line's own tolerance goes before that of the command. "inf" and null are no penalty that ends. */
function withDefaults(input: PredictInput, tolerance: number | undefined): PredictInput {
  const { lambdaB, biasWeightDecay } = input;
  return {
    ...input,
    ...(lambdaB === null ? { lambdaB: "inf" } : {}),
    ...(biasWeightDecay === null ? { biasWeightDecay: "inf" } : {}),
    // The search behind layer normalization has none.
    ...(input.tolerance === undefined && input.ends !== "layer-norm" && tolerance !== undefined ? { tolerance } : {}),
  };
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

function parseLine(line: string, number: number): PredictInput & { id?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new InputError(`line ${number}: expected a JSON object, got ${(error as Error).message}`);
  }
  if (!isObject(value)) throw inputError(`line ${number}`, "a JSON object", value);
  return value;
}
