import { spawnSync } from "node:child_process";
import { join } from "node:path";

/**
 * Before all tests: the built package, for the tests that run it as a user does (command line, examples, workers). The compiler writes its
 * output even where types are wrong; `npm run types` is the check for those, so a wrong type fails there and not in every test.
 */
export default function build(): void {
  const { status } = spawnSync("npm", ["run", "--silent", "build"], { cwd: join(import.meta.dirname, ".."), stdio: "inherit" });
  if (status !== 0) console.warn("the build reported type errors: see npm run types");
}
