import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, { types: string }>;
};

test.each(Object.keys(exports))("the built package can be imported as nclab%s", (path) => {
  const name = `nclab${path.slice(1)}`;
  const script = `const m = await import(${JSON.stringify(name)}); console.log(Object.keys(m).length);`;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { cwd: root, encoding: "utf8" });
  expect(Number(output)).toBeGreaterThan(0);
  expect(readFileSync(join(root, exports[path].types), "utf8")).toContain("export");
});

test("the API pages cover every subpath", () => {
  const { entryPoints } = JSON.parse(readFileSync(join(root, "tools/api-docs/typedoc.json"), "utf8")) as {
    entryPoints: string[];
  };
  const covered = entryPoints.map((path) => path.replace("../../src/", "").replace(/\/?index\.ts$/, ""));
  expect(covered.sort()).toEqual(
    Object.keys(exports)
      .map((path) => path.replace(/^\.\/?/, ""))
      .sort(),
  );
});
