import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";

/** The Python package in the checkout. */
export const folder: string = join(import.meta.dirname, "../../python");

const runs = (name: string, modules: string): boolean =>
  spawnSync(name, ["-c", `import sys; assert sys.version_info >= (3, 10); import ${modules}`], { stdio: "ignore" }).status === 0;
const names = [process.env.NCLAB_PYTHON, "python3", "/usr/bin/python3"].filter((name) => name !== undefined);

/** What of setuptools the wheel is built with (python/pyproject.toml). */
export const builder: string = "numpy, setuptools; assert int(setuptools.__version__.split('.')[0]) >= 77";

/** A Python of 3.10 or newer with these modules: NCLAB_PYTHON, python3 or /usr/bin/python3; undefined where there is none. */
export const pythonWith = (modules: string): string | undefined => names.find((name) => runs(name, modules));

/** In which it finds the package, and the Node that runs this one, whatever stands in the PATH. */
export const environment: NodeJS.ProcessEnv = {
  ...process.env,
  PYTHONPATH: [join(folder, "src"), folder].join(delimiter),
  NCLAB_NODE: process.execPath,
  PYTHONDONTWRITEBYTECODE: "1",
};
