import { UnreadDtype } from "./npy.ts";
import type { StoredArray } from "./stored-array.ts";
import type { TextArray } from "./text-array.ts";

/** What is in a file. */
export interface Contents {
  /** Arrays by name; nothing is read yet. */
  arrays: Map<string, StoredArray>;
  /** Arrays of words by name. */
  texts: Map<string, TextArray>;
  /** What is there and is not read, by name, and why. */
  skipped: Map<string, string>;
  /** Weight decays of optimizers and hyperparameters by name, and whether they are decoupled from the gradient. */
  settings: Map<string, number | boolean>;
}

/** Nothing yet. */
export function empty(): Contents {
  return { arrays: new Map(), texts: new Map(), skipped: new Map(), settings: new Map() };
}

/** Adds what a .npy holds, under a name. */
export function put({ arrays, texts, skipped }: Contents, name: string, found: StoredArray | TextArray | UnreadDtype): void {
  if (found instanceof UnreadDtype) skipped.set(name, found.dtype);
  else if ("words" in found) texts.set(name, found);
  else arrays.set(name, found);
}
