import type { StoredArray } from "./stored-array.ts";

/** What is in a file. */
export interface Contents {
  /** Arrays by name; nothing is read yet. */
  arrays: Map<string, StoredArray>;
  /** What is there and is not read, by name, and why. */
  skipped: Map<string, string>;
}
