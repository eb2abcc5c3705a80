import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { expect, it } from "vitest";

/** Everything a source file imports, directly or not; names of packages and `node:` modules as they stand. A type (`typeof import("...")`) is nothing at run time. */
function imports(file: string, seen = new Set<string>()): Set<string> {
  for (const [, name] of readFileSync(file, "utf8").matchAll(/(?<!typeof )(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
    const path = name.startsWith(".") ? resolve(dirname(file), name) : name;
    if (seen.has(path)) continue;
    seen.add(path);
    if (existsSync(path)) imports(path, seen);
  }
  return seen;
}

it.each(["dataset", "idx", "idx-images", "cifar", "glyphs", "imbalance", "resize", "stream"])(
  "%s.ts runs in a browser",
  (name) => {
    expect([...imports(`src/data/${name}.ts`)].filter((path) => !path.startsWith("/"))).toEqual([]);
  },
);

it("sees what a file imports", () => {
  expect(imports("src/data/load.ts")).toContain("node:zlib");
});
