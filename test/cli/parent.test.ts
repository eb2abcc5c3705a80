import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { main } from "./process.ts";

const long = JSON.stringify({
  id: 1,
  do: "predict",
  input: { counts: Array.from({ length: 1000 }, (_, k) => k + 3), lambdaZ: 0.002, tolerance: 1e-12 },
});

/** The exit code or signal of `nclab serve --stdio` with `NCLAB_PARENT`, whose input stays open. */
async function ends(parent: string, ask?: string): Promise<number | string> {
  const child = spawn(process.execPath, [main, "serve", "--stdio"], {
    stdio: ["pipe", "ignore", "ignore"],
    env: { ...process.env, NCLAB_PARENT: parent },
  });
  if (ask !== undefined) child.stdin.write(`${ask}\n`);
  const [code, signal] = await once(child, "exit");
  return code ?? signal;
}

test("a process works for as long as the one that NCLAB_PARENT names is there", async () => {
  const other = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"], { stdio: "ignore" });
  const ended = ends(String(other.pid), long);
  expect(await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1500, "at work"))])).toBe("at work");
  other.kill("SIGKILL");
  expect(await ended).toBe("SIGKILL");
}, 60_000);

test("what is no process's number is refused, and one that is gone before the start ends it", async () => {
  for (const wrong of ["x", "0", "-5", "1.5", "99999999999"]) expect(await ends(wrong), wrong).toBe(2);
  const gone = spawn(process.execPath, ["-e", ""], { stdio: "ignore" });
  await once(gone, "exit");
  expect(await ends(String(gone.pid), long)).toBe("SIGKILL");
}, 60_000);
