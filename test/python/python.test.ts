import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { builder, environment, folder, pythonWith } from "./find.ts";

/**
 * The tests of the Python package (python/tests), where there is a Python of 3.10 or newer with NumPy (NCLAB_PYTHON, python3 or /usr/bin/python3; one with torch goes before one without; for the wheel one that can build it). One file a test here, in a process of its own.
 */
const python = pythonWith("numpy, torch") ?? pythonWith("numpy");
if (python === undefined) console.info("skipped: no python3 (3.10 or newer) with numpy was found");

const files = readdirSync(join(folder, "tests")).filter((name) => /^test_.*\.py$/.test(name));

test.skipIf(python === undefined).each(files)(
  "%s",
  (file) => {
    const runner = (file === "test_wheel.py" && pythonWith(builder)) || (python as string);
    const { status, stderr } = spawnSync(runner, ["-m", "unittest", "-v", `tests.${file.replace(/\.py$/, "")}`], {
      cwd: folder,
      encoding: "utf8",
      env: environment,
    });
    for (const [line] of stderr.matchAll(/^.*\.\.\. skipped.*$|^.*unittest.*skip.*$/gm)) console.info(line);
    expect(status, stderr).toBe(0);
  },
  400_000,
);
