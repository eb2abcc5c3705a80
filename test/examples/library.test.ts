import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { root, runModule, scratch } from "./run-module.ts";

/** Every block of code in docs/library.md and engine.md, run as it stands; the block of output below it is what it prints. */
const guide = ["library.md", "engine.md"].map((name) => readFileSync(join(root, "docs", name), "utf8")).join("\n");
const folder = scratch();
afterAll(() => rmSync(folder, { recursive: true }));

const blocks = [...guide.matchAll(/^```js( browser)?\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm)].map(
  ([, browser, code, output]) => ({ title: code.split("\n").find((line) => line !== "") as string, browser, code, output }),
);

test("there are some, and most say what they print", () => {
  expect(blocks.length).toBeGreaterThanOrEqual(9);
  expect(blocks.filter(({ output }) => output !== undefined).length).toBeGreaterThanOrEqual(8);
});

// What a page provides.
const page =
  'import { headlessDocument } from "nclab/headless"; globalThis.document = headlessDocument(); process.on("exit", () => console.log(document.body.innerHTML));\n';

test.each(blocks)("$title", ({ browser, code, output }) => {
  const printed = runModule(browser ? page + code : code, folder);
  if (output !== undefined) expect(printed).toBe(output);
  if (browser) expect(printed).toMatch(/<svg [^>]*width="378"/);
});

test("the files that it writes are pictures", () => {
  const begins = (name: string): string => readFileSync(join(folder, name)).subarray(0, 5).toString("latin1");
  expect(readdirSync(folder).sort()).toEqual(["margins.pdf", "norms.pdf", "z.png", "z.svg"]);
  expect(["margins.pdf", "norms.pdf", "z.png", "z.svg"].map(begins)).toEqual(["%PDF-", "%PDF-", "\u0089PNG\r", "<svg "]);
});
