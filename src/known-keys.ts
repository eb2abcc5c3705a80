import { InputError, inputError } from "./errors.ts";
import { nearest } from "./nearest.ts";

/**
 * Refuses keys of an object that a user wrote which nothing would read: a mistyped setting must not be a silent default. `what` is the object's name in the message, `known` has a
 * property for every key. Throws InputError naming the key, and the known name that is nearest to it.
 */
export function checkKeys(given: unknown, known: Readonly<Record<string, true>>, what: string): void {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw inputError(what, "an object with settings", given);
  const stray = Object.keys(given).find((key) => !Object.hasOwn(known, key));
  if (stray === undefined) return;
  const names = Object.keys(known);
  const hint = nearest(stray, names) || `, which is none of ${names.join(", ")}`;
  throw new InputError(`${what}: expected keys that it knows, got ${JSON.stringify(stray)}${hint}`);
}
