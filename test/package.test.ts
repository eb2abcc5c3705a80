import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";

/**
 * The package as a stranger gets it: packed, unpacked into an empty project (its dependencies are linked from this checkout, so that the test needs no network), and used as
 * a command, as a library with types, and in a browser bundle.
 */
const root = join(import.meta.dirname, "..");
const project = mkdtempSync(join(tmpdir(), "nclab-package-"));
const installed = join(project, "node_modules/nclab");
afterAll(() => rmSync(project, { recursive: true, force: true }), 60_000);
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
  dependencies: Record<string, string>;
  exports: Record<string, { types: string; default: string }>;
};

let packed: string[];
beforeAll(() => {
  const [{ filename, files }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", project], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  ) as [{ filename: string; files: { path: string }[] }];
  packed = files.map(({ path }) => path);
  execFileSync("tar", ["-xzf", join(project, filename), "-C", project]);
  mkdirSync(join(project, "node_modules"));
  cpSync(join(project, "package"), installed, { recursive: true });
  for (const name of Object.keys(manifest.dependencies)) {
    const link = join(project, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, "node_modules", name), link);
  }
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "stranger", private: true, type: "module" }));
}, 120_000);

const node = (...args: string[]) => spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });

test("holds what is used, and nothing else", () => {
  for (const path of ["README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "dist/cli/main.js", "dist/web/index.html"])
    expect(packed).toContain(path);
  const known =
    /^(dist\/|docs\/|examples\/|results\/.*\.(json|png|md)$|README|LICENSE|CHANGELOG|CITATION|CONTRIBUTING|package\.json)/;
  expect(packed.filter((path) => !known.test(path))).toEqual([]);
  expect(packed.filter((path) => /(^|\/)(test|bench)\//.test(path) || path.endsWith(".ts") !== path.endsWith(".d.ts"))).toEqual(
    [],
  );
  expect(packed.filter((path) => path.startsWith("docs/api"))).toEqual([]);
});

test("what its pages link to, pictures too, is in it", () => {
  const pages = packed.filter((path) => path.endsWith(".md"));
  expect(pages).toContain("docs/python.md");
  const links = pages.flatMap((page) =>
    [...readFileSync(join(installed, page), "utf8").matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, to]) => ({ page, to })),
  );
  const inside = links.filter(({ to }) => !/^https?:/.test(to));
  expect(inside.length).toBeGreaterThan(100);
  expect(inside.filter(({ page, to }) => !existsSync(join(installed, dirname(page), to)))).toEqual([]);
});

test("as a command", () => {
  const program = join(installed, "dist/cli/main.js");
  expect(node(program, "--version").stdout.trim()).toBe(manifest.version);
  const { stdout, status } = node(program, "predict", "--counts", "5x500,5x100", "--lambda-z", "0.0039", "--json");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ schema: "nclab.prediction/1", method: "two-clusters" });
  const explorer = readFileSync(join(installed, "dist/web/index.html"), "utf8");
  expect(explorer).toContain("<script");
});

test("as a library: every subpath", () => {
  for (const path of Object.keys(manifest.exports)) {
    const { status, stderr, stdout } = node(
      "--input-type=module",
      "--eval",
      `console.log(Object.keys(await import("nclab${path.slice(1)}")).length)`,
    );
    expect(status, stderr).toBe(0);
    expect(Number(stdout)).toBeGreaterThan(0);
  }
});

test.each(["nodenext", "bundler"])(
  "its types, as strict TypeScript sees them (module resolution %s)",
  (moduleResolution) => {
    writeFileSync(
      join(project, "user.ts"),
      `import { predict, type Prediction } from "nclab/prediction";
import { problem } from "nclab/problem";
import { twoClusters } from "nclab/theory";
import { measureFeatures } from "nclab/measure";
import { trainingSettings } from "nclab/training";
import { heatMaps } from "nclab/plots";
import { predict as fromPlain, type PredictionDocument } from "nclab";
import { svg } from "nclab/headless";
${Object.keys(manifest.exports)
  .map((path, i) => `import * as subpath${i} from "nclab${path.slice(1)}";`)
  .join("\n")}
export const subpaths: object[] = [${Object.keys(manifest.exports)
        .map((_, i) => `subpath${i}`)
        .join(", ")}];
const p: Prediction = predict(problem({ counts: [5, 5, 2], lambdaZ: 0.01 }));
const gap: number = p.gap;
const d: PredictionDocument = fromPlain({ counts: "3x5", weightDecay: 0.1, ends: "batch-norm" });
const same: boolean = fromPlain(problem({ counts: [5, 5], lambdaZ: 0.01 })).certified;
const searched: number = fromPlain({ counts: [5, 5], weightDecay: 0.1, ends: "layer-norm", width: 4 }).bound;
const picture: string = svg(d, { font: "serif" });
// @ts-expect-error: no such key
fromPlain({ counts: [5, 5], lamdaZ: 0.01 });
// @ts-expect-error: counts are numbers
problem({ counts: ["5"], lambdaZ: 0.01 });
export { same, searched, picture, gap, twoClusters, measureFeatures, trainingSettings, heatMaps };
`,
    );
    const module = moduleResolution === "nodenext" ? "nodenext" : "esnext";
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { status, stdout } = node(
      tsc,
      "--noEmit",
      "--strict",
      "--target",
      "es2022",
      "--lib",
      "es2023,dom",
      "--types",
      "",
      // Every declaration that is reached is checked, with no types of Node's or of any library at hand.
      "--skipLibCheck",
      "false",
      "--module",
      module,
      "--moduleResolution",
      moduleResolution,
      "user.ts",
    );
    expect(status, stdout).toBe(0);
  },
  60_000,
);

test("in a browser bundle: only what was asked for", async () => {
  writeFileSync(join(project, "index.html"), '<script type="module" src="./page.js"></script>');
  writeFileSync(
    join(project, "page.js"),
    'import { predict } from "nclab/prediction"; import { problem } from "nclab/problem"; document.title = String(predict(problem({ counts: [50, 50, 5], lambdaZ: 0.01 })).rank);',
  );
  const { build } = await import("vite");
  const out = join(project, "bundle");
  await build({ root: project, configFile: false, logLevel: "silent", build: { outDir: out, emptyOutDir: true } });
  const assets = readdirSync(join(out, "assets")).map((name) => readFileSync(join(out, "assets", name), "utf8"));
  const code = assets.join("");
  expect(code).not.toMatch(/node:(fs|path|zlib)|onnxruntime|requestAdapter|observablehq/);
  // Theory, solver and their kernels; nothing that trains, reads files or draws.
  expect(gzipSync(code).length).toBeLessThan(60_000);
  expect(existsSync(join(out, "index.html"))).toBe(true);
}, 60_000);

test("in a browser bundle: plain objects and pictures, without anything of Node", async () => {
  const page = join(project, "plain");
  mkdirSync(page);
  writeFileSync(join(page, "index.html"), '<script type="module" src="./page.js"></script>');
  writeFileSync(
    join(page, "page.js"),
    'import { predict } from "nclab"; import { picture } from "nclab/pictures"; document.body.append(picture(predict({ counts: "2x50,5", lambdaZ: 0.01 })));',
  );
  const { build } = await import("vite");
  const out = join(page, "bundle");
  await build({ root: page, configFile: false, logLevel: "silent", build: { outDir: out, emptyOutDir: true } });
  const code = readdirSync(join(out, "assets"))
    .map((name) => readFileSync(join(out, "assets", name), "utf8"))
    .join("");
  expect(code).not.toMatch(/node:(fs|path|zlib|module)|__vite-browser-external|onnxruntime|requestAdapter|jsdom|resvg|pdfkit/i);
}, 60_000);

test("the versions of package.json, its lock file, CITATION.cff, the Python package and CHANGELOG.md agree", () => {
  const { stdout } = spawnSync(process.execPath, ["tools/release/pack.mjs", "--versions"], { cwd: root, encoding: "utf8" });
  const found = JSON.parse(stdout) as Record<string, string>;
  expect(Object.keys(found)).toHaveLength(5);
  expect(new Set(Object.values(found))).toEqual(new Set([manifest.version]));
  expect(readFileSync(join(root, "CHANGELOG.md"), "utf8")).toContain(`\n## ${manifest.version}`);
});
