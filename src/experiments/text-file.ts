import { readFile } from "node:fs/promises";
import { InputError } from "../errors.ts";

/** A small file's text; undefined: there is none. Throws InputError where something is there that cannot be read. */
export function textOf(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => absent(error, file));
}

/** For `catch`: undefined where there is no such file, else InputError naming it. */
export function absent(error: NodeJS.ErrnoException, file: string): undefined {
  if (error.code === "EISDIR") throw new InputError(`${file}: expected a file, got a folder`);
  if (error.code !== "ENOENT") throw new InputError(`${file}: expected a readable file, got ${error.code ?? error.message}`);
}
