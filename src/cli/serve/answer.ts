import { adviseFrom, measureFrom, pathFrom, predictFrom, thresholdsFrom } from "../../documents/index.ts";
import { InputError, inputError, WorkError } from "../../errors.ts";
import { isObject, toJson } from "../../json.ts";
import { checkKeys } from "../../known-keys.ts";
import { nearest } from "../../nearest.ts";
import { inWordsOf } from "../../ways-out.ts";
import { settingWords } from "../host-words.ts";
import { unexpected } from "../unexpected.ts";
import { withArrays } from "./arrays.ts";
import { networkFrom } from "./network.ts";

/** What can be asked: the functions of the module `nclab`, which check all of what they are given, and what a running network is. */
export const requests: Readonly<Record<string, (input: never) => object | Promise<object>>> = {
  predict: predictFrom as (input: never) => object,
  thresholds: thresholdsFrom,
  path: pathFrom,
  advise: adviseFrom,
  measure: measureFrom,
  network: networkFrom,
  // Drawing takes a document object model, which whoever draws nothing does without.
  pictures: async (input) => (await import("./pictures.ts")).picturesFrom(input),
};

const keys = { id: true, do: true, input: true } as const;

/** The answer to a line, as a line: {"id", "document"}, or {"id", "error"}. Never throws. */
export async function answerTo(line: string | InputError): Promise<string> {
  let id: unknown = null;
  try {
    if (line instanceof InputError) throw line;
    const request = parsed(line);
    id = idOf(request.id);
    checkKeys(request, keys, "request");
    const answer = requestOf(request.do);
    return toJson({ id, document: await answer((await withArrays(request.input)) as never) });
  } catch (error) {
    return toJson({ id, error: errorOf(error) });
  }
}

/** An error as plain data. `kind`: wrong input, work that could not be done, or a defect of nclab. */
function errorOf(error: unknown): object {
  // Whoever asks has settings where the command line has options.
  const said = <T>(text: T): T | string => (typeof text === "string" ? inWordsOf(settingWords, text) : text);
  const message = said(unexpected(error).message);
  if (error instanceof InputError)
    return { kind: "input", what: said(error.what), rule: said(error.rule), value: said(error.value), message };
  const kind = error instanceof WorkError || !message.includes("a defect of nclab") ? "work" : "defect";
  return { kind, what: null, rule: null, value: null, message };
}

function parsed(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new InputError(`request: expected a JSON object on one line, got ${(error as Error).message}`);
  }
  if (!isObject(value)) throw inputError("request", "a JSON object", value);
  return value;
}

/** A number or a text, which comes back with the answer. */
function idOf(id: unknown = null): string | number | null {
  if (id !== null && typeof id !== "string" && typeof id !== "number") throw inputError("request: id", "a number or a text", id);
  return id;
}

function requestOf(name: unknown): (input: never) => object | Promise<object> {
  const known = Object.keys(requests);
  if (typeof name === "string" && Object.hasOwn(requests, name)) return requests[name];
  const hint = typeof name === "string" ? nearest(name, known) : "";
  const { message, what, rule, value } = inputError("request: do", `one of ${known.join(", ")}`, name);
  throw new InputError(message + hint, { what, rule, value });
}
