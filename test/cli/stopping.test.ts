import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { run } from "./process.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-stopping-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]): string => join(folder, ...names);
const program = join(import.meta.dirname, "../../dist/cli/main.js");

describe("asked to stop while it reads its data, before anything is trained", () => {
  // So many images that drawing them takes minutes.
  const many = ["--counts", "10x100000", "--lambda-z", "0.01", "--dataset", "glyphs"];

  async function stopped(
    ...args: string[]
  ): Promise<{ code: number | null; signal: string | null; stderr: string; seconds: number }> {
    const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
      child.on("close", (code, signal) => resolve({ code, signal })),
    );
    // Until it listens, a signal ends it as any other program. (Of the signals that it listens to, Node itself does not catch SIGUSR2, number 12.)
    await expect
      .poll(() => (readFileSync(`/proc/${child.pid}/status`, "utf8").match(/^SigCgt:\s*([0-9a-f]+)/m) ?? ["", "0"])[1], {
        timeout: 60_000,
      })
      .toSatisfy((mask: string) => (BigInt(`0x${mask}`) >> 11n) % 2n === 1n);
    const began = performance.now();
    child.kill("SIGTERM");
    const end = await ended;
    return { ...end, stderr, seconds: (performance.now() - began) / 1000 };
  }

  test.skipIf(process.platform !== "linux")(
    "train: code 1, no folder, and no word of one that was kept",
    async () => {
      const { code, signal, stderr } = await stopped("train", ...many, "--out", at("run"));
      expect({ code, signal }).toEqual({ code: 1, signal: null });
      expect(stderr).toMatch(/interrupted before the first epoch/);
      expect(stderr).not.toMatch(/kept:/);
      expect(existsSync(at("run"))).toBe(false);
    },
    2 * 60_000,
  );

  test.skipIf(process.platform !== "linux")(
    "train --resume: code 1, the folder as it was, without a lock",
    async () => {
      const small = await run(
        "train",
        "--counts",
        "10x4",
        "--lambda-z",
        "0.01",
        "--dataset",
        "glyphs",
        "--batch",
        "20",
        "--epochs",
        "1",
        "--out",
        at("old"),
      );
      expect(small.code, small.stderr).toBe(0);
      const record = JSON.parse(readFileSync(at("old", "run.json"), "utf8"));
      // As a folder from before runs had a hash: as if it had been begun with so many images.
      delete record.id;
      Object.assign(record, { status: "running" });
      record.settings.counts.fill(100_000);
      writeFileSync(at("old", "run.json"), JSON.stringify(record));
      const before = readdirSync(at("old"));
      const { code, stderr } = await stopped("train", "--resume", at("old"));
      expect(code).toBe(1);
      expect(stderr).toMatch(/interrupted before the first epoch/);
      expect(readdirSync(at("old"))).toEqual(before);
    },
    2 * 60_000,
  );
});

describe("links that go in a circle where a folder or a file is named: code 2, a message, no stack", () => {
  symlinkSync("loop", at("loop"));
  const sweep = at("s.yaml");
  writeFileSync(sweep, 'base: {counts: "10x4", dataset: glyphs, epochs: 1, batch: 20, lambda-z: 0.01}\n');
  const training = ["--counts", "10x4", "--lambda-z", "0.01", "--dataset", "glyphs", "--batch", "20", "--epochs", "1"];

  test.each<[string, string[]]>([
    ["sweep FILE", ["sweep", at("loop")]],
    ["sweep --out", ["sweep", sweep, "--out", at("loop")]],
    ["sweep --out below", ["sweep", sweep, "--out", at("loop", "x")]],
    ["sweep status", ["sweep", "status", at("loop")]],
    ["sweep collect", ["sweep", "collect", at("loop")]],
    ["report", ["report", at("loop")]],
    ["report --out below", ["report", at("loop"), "--out", at("loop", "r.html")]],
    ["train --out", ["train", ...training, "--out", at("loop")]],
    ["train --out below", ["train", ...training, "--out", at("loop", "x")]],
    ["train --resume", ["train", "--resume", at("loop")]],
    ["data fetch --dir", ["data", "fetch", "fashion-mnist", "--dir", at("loop"), "--url", "http://127.0.0.1:9"]],
  ])("%s", async (_, args) => {
    const { code, stdout, stderr } = await run(...args);
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(/loop.*: expected .*, got/);
    // No stack of ours; the package webgpu tells its own where it finds no driver.
    expect(stderr).not.toMatch(/\n\s+at .*[jt]s:\d|defect/);
    expect(stdout).toBe("");
  });
});
