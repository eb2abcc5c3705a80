/**
 * node tools/release/pack.mjs FOLDER [--install]: the two things that are released, the npm package and the Python wheel, from a checkout that is built, into a folder. Versions that differ end it before anything is made.
 * --versions prints where they stand and makes nothing.
 * With --install both are installed in empty environments, where npm and pip fetch the dependencies: every subpath of the one is imported, the other is run where no npm is, and both answer the same question with the same numbers.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";

const root = join(import.meta.dirname, "../..");
const read = (file) => readFileSync(join(root, file), "utf8");

/** Where a version stands, and which. */
function versions() {
  return {
    "package.json": JSON.parse(read("package.json")).version,
    "package-lock.json": JSON.parse(read("package-lock.json")).version,
    "CITATION.cff": /^version: (\S+)$/m.exec(read("CITATION.cff"))?.[1],
    "python/pyproject.toml": /^version = "([^"]+)"$/m.exec(read("python/pyproject.toml"))?.[1],
    "python/src/nclab/__init__.py": /^__version__ = "([^"]+)"$/m.exec(read("python/src/nclab/__init__.py"))?.[1],
  };
}

const python = process.env.NCLAB_PYTHON ?? "python3";
const run = (program, args, options = {}) =>
  execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 2 ** 28, ...options });

function pack(folder) {
  mkdirSync(folder, { recursive: true });
  const [{ filename }] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: root }),
  );
  // What builds it is fetched where this Python has none that is new enough.
  const own = "import setuptools; raise SystemExit(int(setuptools.__version__.split('.')[0]) < 77)";
  const apart = spawnSync(python, ["-c", own], { stdio: "ignore" }).status === 0 ? ["--no-build-isolation"] : [];
  const words = ["-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps", ...apart, "--wheel-dir", folder];
  run(python, [...words, join(root, "python")]);
  return { tarball: join(folder, filename), wheel: join(folder, `nclab-${versions()["package.json"]}-py3-none-any.whl`) };
}

const question = ["predict", "--counts", "5x500,5x100", "--lambda-z", "0.0039", "--json"];
const withoutTime = (text) => text.replace(/"seconds":\s*[\d.e+-]+/g, '"seconds":0');

/** Throws where one of them does not answer in an environment that has nothing else, or not as the other. */
function install({ tarball, wheel }) {
  const place = mkdtempSync(join(tmpdir(), "nclab-release-"));
  try {
    writeFileSync(join(place, "package.json"), JSON.stringify({ name: "empty", private: true }));
    run("npm", ["install", "--no-audit", "--no-fund", tarball], { cwd: place });
    const byNpm = run(join(place, "node_modules/.bin/nclab"), question, { cwd: place });
    const subpaths = Object.keys(JSON.parse(read("package.json")).exports).map((path) => `nclab${path.slice(1)}`);
    const imports = subpaths.map((name) => `await import("${name}");`).join("\n");
    run(process.execPath, ["--input-type=module", "--eval", imports], { cwd: place });
    run(python, ["-m", "venv", join(place, "venv")]);
    const inside = join(place, "venv", process.platform === "win32" ? "Scripts" : "bin");
    run(join(inside, "python"), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel]);
    const env = { ...process.env, PYTHONPATH: "", PATH: [inside, nodeAlone(place)].join(delimiter) };
    const byWheel = run(join(inside, "nclab"), question, { cwd: place, env });
    const asked = "import json, nclab; print(json.dumps(nclab.predict(counts='5x500,5x100', lambdaZ=0.0039).document))";
    const byPython = run(join(inside, "python"), ["-c", asked], { cwd: place, env });
    const answers = [byNpm, byWheel, byPython].map((text) => JSON.stringify(JSON.parse(withoutTime(text))));
    if (new Set(answers).size !== 1) throw new Error(`the packages answer differently:\n${answers.join("\n")}`);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** A folder with Node in it and without npm, so that what the wheel lacks is not fetched in silence. (Links ask for rights on Windows.) */
function nodeAlone(place) {
  if (process.platform === "win32") return dirname(process.execPath);
  const folder = join(place, "node-alone");
  mkdirSync(folder);
  symlinkSync(process.execPath, join(folder, "node"));
  return folder;
}

if (process.argv[1] === import.meta.filename) {
  const [folder] = process.argv.slice(2).filter((word) => !word.startsWith("--"));
  const found = versions();
  if (process.argv.includes("--versions")) {
    console.log(JSON.stringify(found));
    process.exit(0);
  }
  if (folder === undefined) throw new Error("expected a folder for the packages, got none");
  if (new Set(Object.values(found)).size !== 1) throw new Error(`expected one version everywhere, got ${JSON.stringify(found)}`);
  const made = pack(resolve(folder));
  if (process.argv.includes("--install")) install(made);
  console.log(`${made.tarball}\n${made.wheel}`);
}
