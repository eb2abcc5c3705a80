import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";
import { JSDOM } from "jsdom";
import { afterAll, expect, test } from "vitest";
import { root, runModule, scratch } from "./run-module.ts";

/**
 * The cells of the notebooks, one after the other in one module, against the built package. What a notebook's surroundings provide stands in front: inputs have their first value,
 * and what is shown is written down.
 */
const folder = join(root, "examples/notebooks");
const within = scratch();
afterAll(() => rmSync(within, { recursive: true }));

interface Cell {
  cell_type: "markdown" | "code";
  source: string[];
}

const jupyter = JSON.parse(readFileSync(join(folder, "rare-classes.ipynb"), "utf8")) as {
  nbformat: number;
  metadata: { kernelspec: { name: string } };
  cells: (Cell & { outputs?: unknown[] })[];
};

/** Whether a text is one expression, whose value a notebook shows. */
function isExpression(code: string): boolean {
  try {
    new Script(`(${code}\n)`);
    return true;
  } catch {
    return false;
  }
}

/** The last line or lines of a cell that are an expression are what it shows. */
function shown(code: string): string {
  const lines = code.split("\n");
  for (let from = 0; from < lines.length; from++) {
    const rest = lines.slice(from).join("\n");
    if (!/^(import|const|let|for|if)\b/.test(rest) && isExpression(rest))
      return `${lines.slice(0, from).join("\n")}\nshow(${rest});`;
  }
  return code;
}

const denoCode = jupyter.cells.filter((cell) => cell.cell_type === "code").map((cell) => shown(cell.source.join("")));

/** The kernel's own names, as far as the notebook uses them. */
const kernel = `
const text = (strings, ...values) => String.raw({ raw: strings }, ...values);
const names = { svg: text, md: text, image: (bytes) => Buffer.from(bytes).toString("latin1").slice(0, 4) };
const Deno = { jupyter: names };
const show = (value) => console.log("shown:", typeof value === "string" ? value.slice(0, 400) : JSON.stringify(value));
`;

function checkJupyter(output: string): void {
  const parts = output.split("shown: ").slice(1);
  expect(parts).toHaveLength(4);
  expect(JSON.parse(parts[0])).toMatchObject({ own: 5, merged: 5 });
  expect(parts[1]).toMatch(/^<svg [\s\S]*'DejaVu Serif'/);
  expect(parts[2]).toMatch(/^\| remedy \| works \| why \|\n\| --- [\s\S]*\| offset \| (yes|no) \|/);
  expect(parts[3].trim()).toBe("\u0089PNG");
}

test("rare-classes.ipynb is a notebook of Deno's kernel, saved without outputs", () => {
  expect(jupyter).toMatchObject({ nbformat: 4, metadata: { kernelspec: { name: "deno" } } });
  expect(jupyter.cells.filter((cell) => cell.cell_type === "code").every(({ outputs }) => outputs?.length === 0)).toBe(true);
});

test("rare-classes.ipynb runs in Node, with the kernel's names in front", () => {
  checkJupyter(runModule(`${kernel}\n${denoCode.join("\n")}`, folder));
});

const deno = process.env.NCLAB_DENO ?? "deno";
const hasDeno = spawnSync(deno, ["--version"]).status === 0;
test.skipIf(!hasDeno)("rare-classes.ipynb runs in Deno", () => {
  const file = join(within, "cells.mjs");
  const code = `import { Buffer } from "node:buffer";\n${kernel}\n${denoCode.join("\n")}`;
  writeFileSync(file, code.replaceAll("../../dist/", `file://${root}/dist/`));
  const { status, stdout, stderr } = spawnSync(deno, ["run", "--allow-all", "--node-modules-dir=manual", file], {
    cwd: root,
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  checkJupyter(stdout);
});

test("rare-classes.html: the cells of the Observable notebook run in Node, in their order", () => {
  const { document } = new JSDOM(readFileSync(join(folder, "rare-classes.html"), "utf8")).window;
  const cells = [...document.querySelectorAll("notebook > script")].map((script) => ({
    type: script.getAttribute("type"),
    id: script.id,
    source: (script.textContent ?? "").replace(/^ {4}/gm, "").trim(),
  }));
  expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length);
  expect(new Set(cells.map(({ type }) => type))).toEqual(new Set(["text/markdown", "module"]));
  const code = cells.map(({ type, source }) => {
    if (type === "text/markdown") return `display(\`${source}\`);`;
    return isExpression(source) ? `display(${source});` : source;
  });
  const browser = `
import { headlessDocument } from "nclab/headless";
globalThis.document = headlessDocument();
const display = (value) => console.log("shown:", typeof value === "string" ? value : value.outerHTML.slice(0, 300));
const view = (input) => input;
const Inputs = { range: (_, { value }) => value, table: (rows) => \`\${rows.length} rows\` };
`;
  const parts = runModule(browser + code.join("\n"), within)
    .split("shown: ")
    .slice(1);
  expect(parts).toHaveLength(6);
  expect(parts[1]).toMatch(/^5 of 10 classes are their own, 5 are merged into one vector; proved to a relative gap of \d/);
  expect(parts[2]).toMatch(/^<svg [^>]*width="454"/);
  expect(parts[4]).toMatch(/^<svg /);
  expect(parts[5].trim()).toBe("5 rows");
});
