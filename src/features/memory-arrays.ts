import type { ArrayFile } from "./array-file.ts";
import { everywhere } from "./formats/everywhere.ts";
import { holdsArrays } from "./labels/labels-in.ts";
import { memoryBytes } from "./memory-bytes.ts";
import { pageHost } from "./page-host.ts";
import { readSource, sourceOf } from "./read-source.ts";

/** The arrays of a file that is in memory, as a page has it. Throws InputError naming the file where it is in no format that is read there. */
export async function memoryArrays(file: string, bytes: Uint8Array): Promise<ArrayFile> {
  const found = await readSource(await sourceOf(memoryBytes(file, bytes), file, pageHost), everywhere);
  return { ...found, close: async () => {} };
}

/** Whether a file is one of arrays in a format that is read in a page; else its labels are text. */
export function holdsArraysHere(start: Uint8Array, name: string): boolean {
  return holdsArrays(everywhere, start, name);
}
