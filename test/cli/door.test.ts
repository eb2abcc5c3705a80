import { spawn } from "node:child_process";
import { mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { helpText, parse } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/program.ts";
import { main, run } from "./process.ts";
import { runProgram } from "./run.ts";

describe("arguments", () => {
  test.each([
    [["predct"], 'got "predct" (did you mean predict?)'],
    [["--hlep"], 'got "--hlep" (did you mean --help?)'],
    [["predict", "--countz", "3,3"], 'got "--countz" (did you mean --counts?)'],
    [["predict", "--lambdaZ", "1"], 'got "--lambdaZ" (did you mean --lambda-z?)'],
    [["predict", "-x"], 'got "-x"'],
    [["predict", "--quite-another"], "(nclab predict --help lists them)"],
    [["predict", "--counts"], "--counts: expected 5x500,5x100|FILE|dataset:NAME behind it, got nothing"],
    [["predict", "--counts", "--lambda-z", "1"], '--counts: expected 5x500,5x100|FILE|dataset:NAME behind it, got "--lambda-z"'],
    [["predict", "--counts", "3,3", "--save", "-x.npz"], "--save=-x.npz"],
    [["predict", "--counts", ""], "--counts: expected 5x500,5x100|FILE|dataset:NAME, got"],
    [["predict", "--save="], '--save: expected FILE.npz, got ""'],
    [["predict", "--json=3"], '--json: expected no value, got "3"'],
    [["predict", "--lambda-z", "1", "--lambda-z", "2"], '--lambda-z: expected one value, got "1" and "2"'],
    [["predict", "x"], 'nclab predict: expected options only, got "x"'],
    [["predict", "--__proto__", "1"], "nclab predict: expected one of its options"],
    [["data"], "nclab data: expected fetch, list or show, got nothing"],
    [["predict", "--counts", "3,3", "--lambda-z", "1e-310"], "--lambda-z: expected a number from 1e-300 to 1e+100"],
    [["predict", "--counts", "3,3", "--lambda-z", "1e300"], "--lambda-z: expected a number from 1e-300 to 1e+100"],
  ])("nclab %j", async (args, message) => {
    const { code, out, err } = await runProgram(...args);
    expect(err.split("\n")[0]).toContain(message);
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });

  it("the same value twice is no contradiction; an option that may come more often keeps all", async () => {
    const input = parse(await commands.measure(), ["--features", "a", "--features", "b", "--labels", "y", "--labels", "y"]);
    if (input === "help") throw new Error("asked for help");
    expect(input.options.texts("features")).toEqual(["a", "b"]);
    expect(input.options.text("labels")).toBe("y");
  });

  it("the smallest lambda_Z that is allowed is allowed", async () => {
    const { code, err } = await runProgram("predict", "--counts", "3,3", "--lambda-z", "1e-300", "--json");
    expect(err).not.toContain("expected");
    expect([0, 3]).toContain(code);
  });
});

describe("help", () => {
  test.each([["-h"], ["--help"], ["help"]])("nclab %s shows every command", async (how) => {
    const { code, out } = await runProgram(how);
    expect(code).toBe(0);
    for (const name of Object.keys(commands)) expect(out).toContain(`\n  ${name} `);
  });

  test.each([
    ["predict", "-h"],
    ["predict", "--help"],
    ["help", "predict"],
    ["predict", "--nonsense", "-h"],
  ])("nclab %s %s", async (...args) => {
    const { code, out } = await runProgram(...args);
    expect(code).toBe(0);
    expect(out).toMatch(/^nclab predict \[options\]\n[\s\S]*--lambda-z X[\s\S]*Example:\n {2}nclab predict/);
  });

  it("fits into the columns there are", async () => {
    for (const load of Object.values(commands)) {
      const command = await load();
      const words = (text: string): string[] => text.split(/\s+/);
      for (const width of [40, 60, 80, Number.POSITIVE_INFINITY]) {
        const text = helpText(command, width);
        const [body] = text.split("\nExample:");
        // A word cannot be broken, and an option stands on one line with the form of its value.
        for (const line of body.split("\n").slice(1))
          if (!/^ {2}--/.test(line) && words(line.trim()).length > 1)
            expect(line.length).toBeLessThanOrEqual(Math.min(100, width));
        expect(words(text)).toEqual(words(helpText(command, 100)));
      }
    }
  });
});

describe("what no text can be", () => {
  it("a deeply nested file is bad input, whatever reads it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "nclab-deep-"));
    const deep = join(folder, "deep.json");
    await writeFile(deep, "[".repeat(5000) + "]".repeat(5000));
    const yaml = join(folder, "deep.yaml");
    await writeFile(yaml, "[".repeat(5000) + "]".repeat(5000));
    const itself = join(folder, "itself.yaml");
    await writeFile(itself, "base: &a\n  counts: *a\n");
    for (const args of [
      ["predict", "--counts", deep, "--lambda-z", "1"],
      ["sweep", yaml],
      ["sweep", itself],
    ]) {
      const { code, err } = await runProgram(...args);
      expect(err).toMatch(/^[^\n]*(json|yaml)[^\n]*expected [^\n]*, got [^\n]*\n$/);
      expect(code).toBe(2);
    }
  });

  it("a link that leads to itself is no file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "nclab-loop-"));
    const loop = join(folder, "loop");
    await symlink("loop", loop);
    for (const args of [
      ["measure", loop],
      ["report", loop],
      ["predict", "--counts", loop, "--lambda-z", "1"],
      ["sweep", loop],
    ]) {
      const { code, err } = await runProgram(...args);
      expect(err).toContain("loop");
      expect(err).not.toContain("defect");
      expect(code).toBe(2);
    }
  });
});

test("one line for what is wrong, and its exit code, from a shell", async () => {
  const { code, stdout, stderr } = await run("predict", "--countz", "3,3");
  expect({ code, stdout, lines: stderr.split("\n").length }).toEqual({ code: 2, stdout: "", lines: 2 });
});

test("a reader that closes early is no failure", async () => {
  const child = spawn(process.execPath, [main, "predict", "--counts", "60x30,40x10", "--lambda-z", "1e-3", "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  child.stdout.destroy();
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
