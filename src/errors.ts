/**
 * The one error for input that is wrong: an option, a file, a value.
 *
 * The message names what is wrong, the rule it breaks and the value seen:
 * `counts[3]: expected a positive integer, got -2`. The command line prints it and exits with code 2.
 */
export class InputError extends Error {
  /** Always "InputError". */
  override name = "InputError";
  readonly #parts: ErrorParts;

  /** `parts`: those of the message; without them they are read out of it. */
  constructor(message: string, parts: ErrorParts = partsOf(message)) {
    super(message);
    this.#parts = parts;
  }

  /** What is wrong: a key, an option, a file; null where the message is in other words. */
  get what(): string | null {
    return this.#parts.what;
  }

  /** What was expected; null where the message is in other words. */
  get rule(): string | null {
    return this.#parts.rule;
  }

  /** What came instead: a finite number, a text, true, false or null as it is, anything else as the message shows it. */
  get value(): string | number | boolean | null {
    return this.#parts.value;
  }
}

/** The parts of a message that is about input. */
export interface ErrorParts {
  /** What is wrong. */
  readonly what: string | null;
  /** What was expected. */
  readonly rule: string | null;
  /** What came instead. */
  readonly value: string | number | boolean | null;
}

/** The parts of `what: expected rule, got value`. */
function partsOf(message: string): ErrorParts {
  const [, what = null, rule = null, text = null] = /^(.+?): expected (.+?), got (.*)$/s.exec(message) ?? [];
  return { what, rule, value: text === null ? null : scalarIn(text) };
}

/** A number, a text or a word of JSON as it is; any other text itself. */
function scalarIn(text: string): ErrorParts["value"] {
  try {
    const value: unknown = JSON.parse(text);
    if (isScalar(value)) return value;
  } catch {}
  return text;
}

const isScalar = (value: unknown): value is string | number | boolean | null =>
  value === null || ["string", "boolean"].includes(typeof value) || Number.isFinite(value);

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
  const shown = show(value);
  return new InputError(`${what}: expected ${rule}, got ${shown}`, { what, rule, value: isScalar(value) ? value : shown });
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
  const list = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  const keys = list ? (value as readonly unknown[]).keys() : Object.keys(value);
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
