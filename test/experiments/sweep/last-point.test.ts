import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { run } from "../../cli/process.ts";

/** A sweep of one point, which is the last one that its worker has. */
const folder = mkdtempSync(join(tmpdir(), "nclab-last-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]): string => join(folder, ...names);
const program = join(import.meta.dirname, "../../../dist/cli/main.js");
const metrics = (): string => {
  const runs = at("s", "runs");
  const file = existsSync(runs) && readdirSync(runs)[0] ? join(runs, readdirSync(runs)[0], "metrics.jsonl") : "";
  return existsSync(file) ? readFileSync(file, "utf8") : "";
};

test.skipIf(process.platform !== "linux")(
  "a worker that is killed at the last point: the sweep ends with its table, code 1, and goes on the next time",
  async () => {
    writeFileSync(
      at("s.yaml"),
      'base: {counts: "5x4,5x2", dataset: glyphs, epochs: 30, batch: 20, lambda-z: 0.01, evaluate-every: 1, checkpoint-every: 20}\n',
    );
    const child = spawn(process.execPath, [program, "sweep", at("s.yaml"), "--json"], { stdio: ["ignore", "pipe", "pipe"] });
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (text) => (said.stdout += text));
    child.stderr.on("data", (text) => (said.stderr += text));
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    while (metrics() === "" && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
    const workers = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").split(" ").filter(Boolean);
    expect(workers).toHaveLength(1);
    process.kill(Number(workers[0]), "SIGKILL");
    expect(await ended, said.stderr).toBe(1);
    expect(said.stderr).toMatch(/failed: its process was ended by SIGKILL/);
    // No stack of ours; the package webgpu tells its own where it finds no driver.
    expect(said.stderr).not.toMatch(/\n\s+at .*[jt]s:\d/);
    const printed = JSON.parse(said.stdout) as { points: { status: string }[] };
    expect(printed.points.map(({ status }) => status)).toEqual(["interrupted"]);
    expect(JSON.parse(readFileSync(at("s", "sweep.json"), "utf8"))).toEqual(printed);

    const again = await run("sweep", at("s.yaml"));
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout).toMatch(/1 done/);
    expect(metrics().trim().split("\n")).toHaveLength(30);
  },
  3 * 60_000,
);
