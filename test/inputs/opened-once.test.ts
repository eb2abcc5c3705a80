import { expect, test } from "vitest";
import type { ArrayFile, Opener } from "../../src/features/browser.ts";
import { openedOnce } from "../../src/inputs/opened-once.ts";

test("each file is opened once, and all are closed together", async () => {
  const log: string[] = [];
  const opener = {
    arrays: (file: string) => {
      log.push(`open ${file}`);
      if (file === "damaged") return Promise.reject(new Error("damaged"));
      return Promise.resolve({ file, close: async () => void log.push(`close ${file}`) } as unknown as ArrayFile);
    },
    labels: (place: string) => Promise.resolve(`labels of ${place}` as never),
  } as unknown as Opener;
  const once = openedOnce(opener);
  const [a, again] = [await once.arrays("a"), await once.arrays("a")];
  expect(again).toBe(a);
  const b = await once.arrays("b");
  expect(b).not.toBe(a);
  await expect(once.arrays("damaged")).rejects.toThrow("damaged");
  expect([...once.opened]).toEqual([
    ["a", a],
    ["b", b],
  ]);
  // Everything else is the opener's own.
  expect(once.labels).toBe(opener.labels);
  expect(log).toEqual(["open a", "open b", "open damaged"]);
  await once.close();
  expect(log.slice(3)).toEqual(["close a", "close b"]);
});
