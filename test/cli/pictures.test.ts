import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { phase } from "../../src/cli/phase.ts";
import { predict } from "../../src/cli/predict.ts";
import { thresholds } from "../../src/cli/thresholds.ts";
import { runCommand } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-pictures-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const two = ["--counts", "5x500,5x100"];
const commands = [
  [predict, [...two, "--lambda-z", "0.002"]],
  [thresholds, two],
  [phase, ["--x", "lambda-z:1e-3:1e-2:5", "--y", "ratio:1:10:5", "--n-b", "100"]],
] as const;

test.each(commands)("%# writes .svg, .pdf and .png as wide as asked, in the font asked for", async (command, options) => {
  for (const ending of ["svg", "pdf", "png"]) {
    const file = at(`${command.name}.${ending}`);
    await runCommand(command, ...options, "--plot", file, "--width", "8.5", "--font", "serif");
    const bytes = readFileSync(file);
    const text = bytes.toString("latin1");
    // 8.5 cm at 96 pixels an inch: 321; in a PDF 72 points an inch; in a PNG twice.
    if (ending === "svg") expect(text).toMatch(/^<svg [^>]*width="321"[^>]*DejaVu Serif/);
    if (ending === "pdf") expect(text).toMatch(/\/MediaBox \[0 0 240\.75 [\s\S]*DejaVuSerif/);
    if (ending === "png") expect(bytes.readUInt32BE(16)).toBe(642);
  }
});

test.each([
  [["--plot", "x.gif"], /^--plot: expected a file name ending in .svg, .pdf or .png, got "x.gif"/],
  [["--plot", "x.pdf", "--width", "2"], /^--width: expected a number of centimetres from 8 to 120, got 2/],
  [["--plot", "x.pdf", "--font", "comic"], /^--font: expected sans or serif, got "?comic/],
  [["--font", "serif"], /^--font: expected --plot beside it/],
])("refuses %j", async (options, message) => {
  for (const [command, own] of commands) await expect(runCommand(command, ...own, ...options)).rejects.toThrow(message);
  expect(existsSync("x.pdf")).toBe(false);
});

test("a width without a picture is no width of anything", async () => {
  const [[, problem], ...others] = commands;
  await expect(runCommand(predict, ...problem, "--width", "8")).rejects.toThrow(
    /^--width: expected --ends layer-norm \(channels\) or a picture/,
  );
  for (const [command, own] of others)
    await expect(runCommand(command, ...own, "--width", "8")).rejects.toThrow(/^--width: expected/);
});

test("behind layer normalization --width means channels, also beside --plot", async () => {
  const decay = ["--counts", "4x50", "--weight-decay", "0.01", "--ends", "layer-norm", "--width", "64", "--starts", "2"];
  const { out } = await runCommand(predict, ...decay, "--plot", at("ln.pdf"), "--json");
  expect(JSON.parse(out).problem.width).toBe(64);
  expect(readdirSync(folder)).toContain("ln.pdf");
});
