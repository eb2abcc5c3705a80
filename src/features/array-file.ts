import { formats } from "./formats/all.ts";
import { openSource } from "./open-source.ts";
import { readSource } from "./read-source.ts";
import type { StoredArray } from "./stored-array.ts";
import type { TextArray } from "./text-array.ts";

/** A file of arrays, open, in any of the formats that are read (formats/all.ts), packed or not. Found by content, not by name. */
export interface ArrayFile {
  /** Its path. */
  readonly file: string;
  /** What it turned out to be: "npy" (one array, called ""), "npz", "safetensors", "torch", "pickle", ... */
  readonly kind: string;
  /** Whether its arrays stand in the order in which the program that wrote it made them. */
  readonly ordered: boolean;
  /** Its arrays by name (a .npy has one); nothing is read yet. */
  readonly arrays: ReadonlyMap<string, StoredArray>;
  /** Its arrays of words by name. */
  readonly texts: ReadonlyMap<string, TextArray>;
  /** What is in it and is not read, by name, and why. */
  readonly skipped: ReadonlyMap<string, string>;
  /** Weight decays that a pickle keeps beside its arrays, by name (`optimizer.param_groups.0.weight_decay`), and whether they are decoupled from the gradient. */
  readonly settings: ReadonlyMap<string, number | boolean>;
  /** Which arrays are the head's weight and bias, where the file itself says it (ONNX, by the graph; Keras, by its configuration). */
  readonly head?: { readonly weight: string; readonly bias?: string; readonly scaled?: string };
  /** The weights of several outputs, where the file says these and not which is meant (Keras, by its configuration). */
  readonly outputs?: readonly string[];
  /** Closes the file. */
  close(): Promise<void>;
}

/** Opens a file of arrays. Throws InputError naming the file where it is in none of the formats or is damaged. */
export async function openArrays(file: string): Promise<ArrayFile> {
  const source = await openSource(file);
  try {
    return { ...(await readSource(source, formats)), close: source.close };
  } catch (error) {
    await source.close();
    throw error;
  }
}
