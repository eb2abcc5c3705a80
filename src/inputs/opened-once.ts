import type { ArrayFile, Opener } from "../features/browser.ts";

/** An opener that opens each file of arrays once, and closes all of them together. */
export function openedOnce(opener: Opener): Opener & { opened: ReadonlyMap<string, ArrayFile>; close(): Promise<void> } {
  const opened = new Map<string, ArrayFile>();
  return {
    ...opener,
    opened,
    async arrays(file) {
      const known = opened.get(file) ?? (await opener.arrays(file));
      opened.set(file, known);
      return known;
    },
    async close() {
      for (const file of opened.values()) await file.close();
    },
  };
}
