import { InputError } from "../errors.ts";
import type { Opaque } from "./pickle-values.ts";
import type { StoredArray } from "./stored-array.ts";
import type { TextArray } from "./text-array.ts";

/** What the opaque values of a pickle are here: an array, a storage, an element type, or what is not read and why. */
export type ArrayValue =
  | { is: "array"; array: Omit<StoredArray, "what"> }
  | { is: "words"; words: string[] }
  | { is: "text"; text: Omit<TextArray, "what"> }
  | { is: "unread"; why: string };

/** Whether a value that came out of a pickle is one of these. */
export function isArrayValue(value: Opaque["value"]): value is ArrayValue {
  return value.is === "array" || value.is === "words" || value.is === "text" || value.is === "unread";
}

/** What is made, or why it cannot be read: one array that is wrong in itself does not spoil the others of its file. */
export function orUnread(what: string, make: () => ArrayValue): ArrayValue {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { is: "unread", why: error.message.replace(`${what}: `, "") };
  }
}
