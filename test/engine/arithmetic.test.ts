import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const file = pathToFileURL(join(import.meta.dirname, "../../dist/engine/arithmetic.js")).href;
const script = `import("${file}").then(({ arithmetic }) => console.log(arithmetic()))`;
const under = (...flags: string[]): string =>
  spawnSync(process.execPath, [...flags, "--eval", script], { encoding: "utf8" }).stdout.trim();

/** What the kernel says of the processor (Linux): fused products are in every 64-bit ARM, and in x86-64 where it lists them. */
const cpu = existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : "";
const hasFused = process.arch === "arm64" || /\bfma\b/.test(cpu);
const [major] = process.versions.node.split(".").map(Number);

test.skipIf(cpu === "")("relaxed SIMD on a processor with fused products is fused; Node 20 has it behind a flag only", () => {
  if (major === 20) {
    expect(under()).toBe("separate");
    expect(under("--experimental-wasm-relaxed-simd")).toBe(hasFused ? "fused" : "separate");
  } else expect(under()).toBe(hasFused ? "fused" : "separate");
});
