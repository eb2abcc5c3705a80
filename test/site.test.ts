import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pythonWith } from "./python/find.ts";
import { args, executable } from "./web/browser.ts";

/** The documentation as static files: guides, the pages of every public name, those of the Python package. Every link and anchor is followed; nothing is asked of another host. */
const root = join(import.meta.dirname, "..");
const site = join(root, "docs/api");
const tool = join(root, "tools/api-docs/package.json");

const missing = ((): string | null => {
  try {
    createRequire(tool).resolve("typedoc");
  } catch {
    return "typedoc (npm ci)";
  }
  return pythonWith("ast") === undefined ? "a Python of 3.10 or newer" : null;
})();
if (missing !== null) console.info(`skipped: no ${missing} was found, which the documentation needs`);

const unescaped = (text: string): string => text.replaceAll("&amp;", "&").replaceAll("&quot;", '"').replaceAll("&#39;", "'");
const attributes = (html: string, names: string): string[] =>
  [...html.matchAll(new RegExp(`\\s(?:${names})="([^"]*)"`, "g"))].map(([, value]) => unescaped(value));

describe.skipIf(missing !== null)("npm run docs", () => {
  const pages = new Map<string, string>();
  beforeAll(() => {
    const { status, stdout, stderr } = spawnSync("npm", ["run", "docs"], { cwd: root, encoding: "utf8" });
    expect(status, stdout + stderr).toBe(0);
    for (const file of readdirSync(site, { recursive: true, encoding: "utf8" }))
      if (file.endsWith(".html")) pages.set(join(site, file), readFileSync(join(site, file), "utf8"));
  }, 600_000);

  test("has the guides, every room that is public, and the Python package", () => {
    const names = [...pages.keys()].map((file) => relative(site, file));
    for (const guide of readdirSync(join(root, "docs")).filter((file) => file.endsWith(".md")))
      expect(names).toContain(`documents/docs_${guide.replace(/\.md$/, ".html")}`);
    const python = names
      .filter((name) => /documents\/Python__nclab/.test(name))
      .map((name) => pages.get(join(site, name)) as string);
    expect(python).toHaveLength(4);
    const heads = python.flatMap((html) => [...html.matchAll(/<h[23] id="([^"]+)"/g)].map(([, id]) => id));
    for (const id of ["predict", "inputerror", "predictsettings", "measurement", "recorder", "recorderpredict"])
      expect(heads).toContain(id);
  });

  test("every link leads to a file, every anchor to a place on its page", () => {
    const ids = new Map([...pages].map(([file, html]) => [file, new Set(attributes(html, "id|name"))]));
    const dead: string[] = [];
    let followed = 0;
    for (const [file, html] of pages)
      for (const link of attributes(html, "href|src")) {
        if (/^(https?:|mailto:|data:)/.test(link)) continue;
        const [path, anchor = ""] = link.split("#");
        const to = path === "" ? file : join(dirname(file), decodeURIComponent(path));
        followed++;
        const there = existsSync(to) && (anchor === "" || !ids.has(to) || ids.get(to)?.has(decodeURIComponent(anchor)));
        if (!there) dead.push(`${relative(site, file)} -> ${link}`);
      }
    expect(followed).toBeGreaterThan(10_000);
    expect(dead).toEqual([]);
  });

  test("what is said to be a page elsewhere has a host that is one, and nothing is loaded from there", () => {
    for (const [file, html] of pages) {
      const loaded = [...html.matchAll(/<(?:script|link|img|iframe)\b[^>]*\s(?:src|href)="(https?:)?\/\/[^"]*"/g)];
      expect(loaded, file).toEqual([]);
      // A file's name that is taken for a host's.
      expect(html, file).not.toMatch(/href="https?:\/\/[\w-]+\.(md|ts|js|json|py)[/"]/);
    }
    for (const file of readdirSync(join(site, "assets")))
      if (file.endsWith(".css"))
        expect(readFileSync(join(site, "assets", file), "utf8"), file).not.toMatch(/url\(["']?(https?:)?\/\//);
  });

  test("formulas are MathML", () => {
    const theory = pages.get(join(site, "documents/docs_theory.html")) as string;
    const written = readFileSync(join(root, "docs/theory.md"), "utf8").match(/^```math/gm)?.length;
    expect(theory.match(/<math /g)).toHaveLength(written as number);
    for (const html of pages.values()) expect(html).not.toContain('<code class="math">');
  });

  describe.skipIf(executable === undefined)("in a browser", () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: executable, args });
    }, 60_000);
    afterAll(() => browser.close());

    test.each(["index", "documents/docs_theory", "documents/docs_python", "documents/Python__nclab.torch", "modules/solver"])(
      "%s is as wide as a telephone, dark where that is wished, and asks nothing of others",
      async (name) => {
        const page = await browser.newPage({ viewport: { width: 375, height: 700 }, colorScheme: "dark" });
        const foreign: string[] = [];
        const errors: string[] = [];
        page.on("request", (request) => {
          if (!request.url().startsWith("file:") && !request.url().startsWith("data:")) foreign.push(request.url());
        });
        page.on("pageerror", (error) => errors.push(error.message));
        await page.goto(pathToFileURL(join(site, `${name}.html`)).href);
        const seen = await page.evaluate(() => ({
          wide: document.documentElement.scrollWidth,
          background: getComputedStyle(document.body).backgroundColor.match(/\d+/g)?.map(Number),
          text: document.querySelector(".col-content, .tsd-panel")?.textContent?.length ?? 0,
        }));
        expect(seen.wide).toBe(375);
        expect(Math.max(...(seen.background as number[]).slice(0, 3))).toBeLessThan(80);
        expect(seen.text).toBeGreaterThan(500);
        expect([foreign, errors]).toEqual([[], []]);
        await page.close();
      },
      60_000,
    );
  });
});
