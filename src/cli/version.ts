import { readFileSync } from "node:fs";

/** The package's version, from the package.json two folders up (the same place from src/cli and dist/cli). */
export function version(): string {
  return (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }).version;
}
