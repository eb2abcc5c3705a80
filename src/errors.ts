/**
 * The one error for input that is wrong: an option, a file, a value.
 *
 * The message names what is wrong, the rule it breaks and the value seen:
 * `counts[3]: expected a positive integer, got -2`. The command line prints it and exits with code 2.
 */
export class InputError extends Error {
  /** Always "InputError". */
  override name = "InputError";
}

/** A result that cannot be, whatever the input: a fault of nclab itself, never of its user. The command line exits with code 1. */
export class DefectError extends Error {
  /** Always "DefectError". */
  override name = "DefectError";

  /** `what` cannot be and was found all the same. */
  constructor(what: string) {
    super(`a defect of nclab, please report it with this message: ${what}`);
  }
}

/**
 * Work that could not be finished for a reason that is known: a training that diverged, a download that broke off. The message says what happened and
 * what was kept. The command line prints it and exits with code 1; any other error it calls a defect of nclab.
 */
export class WorkError extends Error {
  /** Always "WorkError". */
  override name = "WorkError";
}

/** Builds the standard message `what: expected rule, got value`. */
export function inputError(what: string, rule: string, value: unknown): InputError {
  return new InputError(`${what}: expected ${rule}, got ${show(value)}`);
}

/** Characters of a value that a message shows. */
const most = 80;

/**
 * A value as a message shows it: JSON, cut after `most` characters. It takes any value at all, also one that JSON cannot say: nested thousands of levels deep, or
 * holding itself. Nothing is walked further than the message is long.
 */
function show(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  const text = written(value, most + 1);
  return text.length > most ? `${text.slice(0, most - 3)}...` : text;
}

/** The beginning of the value's text, `room` characters of it or a few more. */
function written(value: unknown, room: number): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return quoted(value);
  if (value === null || typeof value !== "object") return String(value);
  const list = Array.isArray(value);
  const keys = list ? value.keys() : Object.keys(value);
  let text = list ? "[" : "{";
  // Every level adds a character, so that the depth ends where the room does.
  for (const key of keys) {
    if (text.length >= room) return text;
    if (text.length > 1) text += ",";
    if (!list) text += `${quoted(key as string)}:`;
    text += written((value as Record<string | number, unknown>)[key], room - text.length);
  }
  return text + (list ? "]" : "}");
}

const quoted = (text: string): string => JSON.stringify(text.length > most ? `${text.slice(0, most - 3)}...` : text);
