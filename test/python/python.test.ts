import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";

/**
 * The tests of the Python package (python/tests), where there is a Python of 3.10 or newer with NumPy (NCLAB_PYTHON, python3 or /usr/bin/python3; one with torch goes before one without). One file a test here, in a process of its own.
 */
const folder = join(import.meta.dirname, "../../python");
const runs = (name: string, modules: string): boolean =>
  spawnSync(name, ["-c", `import sys, ${modules}; assert sys.version_info >= (3, 10)`], { stdio: "ignore" }).status === 0;
const pythons = [process.env.NCLAB_PYTHON, "python3", "/usr/bin/python3"].filter((name) => name !== undefined);
const python = pythons.find((name) => runs(name, "numpy, torch")) ?? pythons.find((name) => runs(name, "numpy"));
if (python === undefined) console.info("skipped: no python3 (3.10 or newer) with numpy was found");

const files = readdirSync(join(folder, "tests")).filter((name) => /^test_.*\.py$/.test(name));

test.skipIf(python === undefined).each(files)(
  "%s",
  (file) => {
    const { status, stderr } = spawnSync(python as string, ["-m", "unittest", "-v", `tests.${file.replace(/\.py$/, "")}`], {
      cwd: folder,
      encoding: "utf8",
      // The Node that runs this one, whatever stands in the PATH.
      env: {
        ...process.env,
        PYTHONPATH: ["src", "."].join(delimiter),
        NCLAB_NODE: process.execPath,
        PYTHONDONTWRITEBYTECODE: "1",
      },
    });
    for (const [line] of stderr.matchAll(/^.*\.\.\. skipped.*$|^.*unittest.*skip.*$/gm)) console.info(line);
    expect(status, stderr).toBe(0);
  },
  400_000,
);
