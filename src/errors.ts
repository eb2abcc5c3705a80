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

/** Builds the standard message `what: expected rule, got value`. */
export function inputError(what: string, rule: string, value: unknown): InputError {
  return new InputError(`${what}: expected ${rule}, got ${show(value)}`);
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (typeof value === "number" || value === null || value === undefined || typeof value === "boolean") return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
