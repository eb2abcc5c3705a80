import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { main, run } from "./process.ts";

test.each([
  [["fig5", "--backend", "abacus"], /--backend: expected auto, wasm, webgpu, onnx, got "abacus"/],
  [["fig5", "--scale", "huge"], /--scale: expected demo, small, medium, full, got "huge"/],
  [["fig5", "--network", "brain"], /--network: expected .*mlp/],
  [["fig10"], /FIGURE: expected one of fig1/],
  [[], /expected a figure .*got none/],
  [["fig5", "--out", "/proc/reproduce", "--dataset", "glyphs"], /--out \/proc\/reproduce: expected a writable folder/],
])("nclab reproduce %j is refused before anything is trained", async (args, message) => {
  const { code, stdout, stderr } = await run("reproduce", ...args);
  expect(stderr).toMatch(message);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s: it says what is kept, and ends",
  async (signal) => {
    const out = mkdtempSync(join(tmpdir(), "nclab-reproduce-"));
    try {
      const child = spawn(process.execPath, [
        main,
        "reproduce",
        "fig5",
        "--dataset",
        "glyphs",
        "--backend",
        "wasm",
        "--out",
        out,
      ]);
      let said = "";
      const ended = new Promise((resolve) => child.on("close", resolve));
      child.stderr.on("data", (chunk) => {
        said += chunk;
        if (/trainings of up to/.test(said)) child.kill(signal);
      });
      expect(await ended).toBe(1);
      expect(said).toContain(
        `stopped: the trainings that were ready are kept in ${out}; the same command trains only what is missing`,
      );
      // Nothing half-written, no picture of half a figure.
      expect(readdirSync(out)).toEqual(["points"]);
      for (const file of readdirSync(join(out, "points"))) expect(file).toMatch(/^[0-9a-f]+\.json$/);
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  },
  60_000,
);
