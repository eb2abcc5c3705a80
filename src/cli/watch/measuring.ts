import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isObject } from "../../json.ts";

const main = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../main.ts" : "../main.js", import.meta.url));

/** What came of measuring a file: a document, or in words why none. */
export type Measured = { document: Record<string, unknown> } | { wrong: string };

/**
 * `nclab measure FILE --json` as a process of its own: the numbers are the command line's, the page is answered meanwhile, its memory is its own, and it ends at once where the program does. `options`: those of the command line that
 * measure takes too, as they were given.
 */
export function measuring(file: string, options: readonly string[]): { measured: Promise<Measured>; stop(): void } {
  const child = spawn(process.execPath, [...process.execArgv, main, "measure", "--json", ...options, `--features=${file}`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { measured: answerOf(child), stop: () => void child.kill("SIGKILL") };
}

function answerOf(child: ChildProcess): Promise<Measured> {
  const out: Buffer[] = [];
  let err = "";
  child.stdout?.on("data", (chunk: Buffer) => void out.push(chunk));
  child.stderr?.on("data", (chunk) => {
    // Progress may be long, and the reason is at its end.
    err = (err + chunk).slice(-4000);
  });
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ wrong: `nclab measure could not be started: ${error.message}` }));
    child.on("close", (code, signal) => {
      const reason = err.trim().split("\n").at(-1) || `nclab measure ended with ${signal ?? `code ${code}`}`;
      // Measured, though to less than the accuracy asked for, is measured.
      if (code !== 0 && code !== 3) return resolve({ wrong: reason });
      try {
        const document: unknown = JSON.parse(Buffer.concat(out).toString("utf8"));
        resolve(isObject(document) ? { document } : { wrong: "nclab measure gave no document" });
      } catch {
        resolve({ wrong: "nclab measure gave no document" });
      }
    });
  });
}
