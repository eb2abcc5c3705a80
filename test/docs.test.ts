import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const pages = ["README.md", ...readdirSync(join(root, "docs")).flatMap((f) => (f.endsWith(".md") ? [`docs/${f}`] : []))];
const read = (file: string): string => readFileSync(join(root, file), "utf8");

describe.each(pages)("%s", (page) => {
  const text = read(page);

  test("its links and the files it names are there", () => {
    const links = [...text.matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)].map(([, to]) => to).filter((to) => !/^https?:/.test(to));
    for (const to of links) expect(existsSync(join(root, dirname(page), to)), `${page} -> ${to}`).toBe(true);
    const named = [...text.matchAll(/`((?:src|test|bench|examples)\/[\w./-]+)`/g)].map(([, file]) => file);
    for (const file of named) expect(existsSync(join(root, file)), `${page} names ${file}`).toBe(true);
  });
});

test("docs/design.md has every folder of src/, and the linter a wall for each that has one above it", () => {
  const design = read("docs/design.md");
  const walls = read("biome.json");
  for (const { name } of readdirSync(join(root, "src"), { withFileTypes: true }).filter((e) => e.isDirectory())) {
    expect(design).toContain(`| \`${name}/\` |`);
    expect(walls).toContain(`"src/${name}/**"`);
  }
});

test("docs/errata.md: one row a check", () => {
  const rows = read("docs/errata.md")
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| where") && !line.startsWith("| ---"));
  const checks = [...read("test/theory/errata.test.ts").matchAll(/^ *it\(/gm)].length;
  // One more: the check of the judge.
  expect(checks).toBe(rows.length + 1);
});

test("docs/theory.md numbers its formulas without gaps, and the sections that comments cite exist", () => {
  const theory = read("docs/theory.md");
  const tags = [...theory.matchAll(/\\tag\{(\d+)\.(\d+)\}/g)].map(([, section, n]) => [Number(section), Number(n)]);
  tags.forEach(([section, n], i) => {
    expect(n, `(${section}.${n})`).toBe(i > 0 && tags[i - 1][0] === section ? tags[i - 1][1] + 1 : 1);
  });
  const sections = new Set([...theory.matchAll(/^## (\d+)\. /gm)].map(([, n]) => n));
  const cited = new Set<string>();
  for (const file of readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }))
    if (file.endsWith(".ts"))
      for (const [, list] of read(join("src", file)).matchAll(/theory(?:\.md)?,? sections? ((?:\d+(?:, | and )?)+)/g))
        for (const n of list.match(/\d+/g) ?? []) cited.add(n);
  expect(cited.size).toBeGreaterThan(4);
  for (const n of cited) expect(sections).toContain(n);
});
