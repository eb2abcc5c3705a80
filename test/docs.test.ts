import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
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

test("the walls of the linter, the table of docs/design.md, the subpaths and the API pages are those of the list of rooms", () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, "tools/rooms/write.mjs"), "--check"], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

test("at the doors of the rooms every name means one thing", () => {
  const rooms = new Map<string, string[]>();
  for (const { name: room } of readdirSync(join(root, "src"), { withFileTypes: true }).filter((e) => e.isDirectory())) {
    if (!existsSync(join(root, "src", room, "index.ts"))) continue;
    for (const [, names, from] of read(`src/${room}/index.ts`).matchAll(/export (?:type )?\{([^}]*)\} from "([^"]+)"/g))
      for (const name of names.split(",").map((part) => part.replace("type ", "").trim()))
        if (name !== "" && from.startsWith("./")) rooms.set(name, [...(rooms.get(name) ?? []), room]);
  }
  expect(rooms.size).toBeGreaterThan(300);
  expect([...rooms].filter(([, all]) => all.length > 1)).toEqual([]);
});

test("rooms are entered by their doors, in types too", () => {
  const deep: string[] = [];
  for (const place of ["src", "web"])
    for (const file of readdirSync(join(root, place), { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".ts"))) {
      const from = join(place, file).split(sep);
      for (const [, to] of read(join(place, file)).matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)) {
        const path = join(place, dirname(file), to).split(sep);
        const otherRoom = path[0] === "src" && path.length > 2 && !(from[0] === "src" && from.length > 2 && from[1] === path[1]);
        if (otherRoom && !/^(index|browser)\.ts$/.test(path.slice(2).join("/")))
          deep.push(`${from.join("/")} imports ${path.join("/")}`);
      }
    }
  // The policy of the page is read by what builds the page and by what serves it.
  expect(deep).toEqual(["web/vite.config.ts imports src/cli/page-policy.ts"]);
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
