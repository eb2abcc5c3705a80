import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";

export const root: string = join(import.meta.dirname, "../..");

/** A folder inside the package, so that modules there know it by its name, and out of git's sight. */
export function scratch(): string {
  mkdirSync(join(root, "dist"), { recursive: true });
  return mkdtempSync(join(root, "dist/scratch-"));
}

/** Runs the text of a module with Node in a folder; its output, or what it failed with. */
export function runModule(code: string, folder: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: folder,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`exit code ${status}: ${stderr}\n${code}`);
  return stdout;
}
