import type { ArrayFile, Opener } from "../features/browser.ts";
import type { RowStorage } from "../row-store.ts";

/** An opener that opens each file of arrays once, and room beside the memory once, and closes all of them together. */
export function openedOnce(opener: Opener): Opener & { opened: ReadonlyMap<string, ArrayFile>; close(): Promise<void> } {
  const opened = new Map<string, ArrayFile>();
  let storage: RowStorage | undefined;
  return {
    ...opener,
    opened,
    async arrays(file) {
      const known = opened.get(file) ?? (await opener.arrays(file));
      opened.set(file, known);
      return known;
    },
    rows:
      opener.rows &&
      ((): RowStorage => {
        storage ??= (opener.rows as () => RowStorage)();
        return storage;
      }),
    async close() {
      storage?.close();
      for (const file of opened.values()) await file.close();
    },
  };
}
