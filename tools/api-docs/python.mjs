import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";

/**
 * A plugin of typedoc: before it looks for its documents, the pages of the Python package are written from its source (python_pages.py), as documents like the guides. It asks for a Python of 3.10 or newer
 * without any package.
 */
export function load() {
  const folder = join(import.meta.dirname, "python");
  rmSync(folder, { recursive: true, force: true });
  const words = [join(import.meta.dirname, "python_pages.py"), folder];
  const names = [process.env.NCLAB_PYTHON, "python3", "/usr/bin/python3"].filter((name) => name !== undefined);
  const recent = ["-c", "import sys; assert sys.version_info >= (3, 10)"];
  const python = names.find((name) => spawnSync(name, recent, { stdio: "ignore" }).status === 0);
  if (python === undefined)
    throw new Error(`docs: expected a Python of 3.10 or newer for its pages, got none of ${names.join(", ")}`);
  const { status, stderr } = spawnSync(python, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`docs: ${words[0]} failed: ${stderr}`);
}
