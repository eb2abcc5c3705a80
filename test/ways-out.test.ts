import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commands } from "../src/cli/program.ts";
import { type HostWords, inWordsOf, namedOptions } from "../src/ways-out.ts";

const marked = Object.fromEntries(
  namedOptions.map((name) => [name, (value: string | null) => `<${name}|${value}>`]),
) as HostWords;
const said = (text: string): string => inWordsOf(marked, text);

test.each([
  ["--keys weight=NAME takes another", "<keys|weight=NAME> takes another"],
  ["(--keys weight=NAME[0] takes the first)", "(<keys|weight=NAME[0]> takes the first)"],
  ["a token (--keys features=NAME[:,0] takes the first), or", "a token (<keys|features=NAME[:,0]> takes the first), or"],
  ["(in measure, --keys labels=[:,0] takes one)", "(in measure, <keys|labels=[:,0]> takes one)"],
  ["one of a.b (--keys weight=a.b-c/d:0); no", "one of a.b (<keys|weight=a.b-c/d:0>); no"],
  ["or --head none (no name is a head's)", "or <head|none> (no name is a head's)"],
  ["beside --head-weight FILE, got", "beside <head-weight|FILE>, got"],
  ["--head-bias: expected --head-weight beside it", "<head-bias|null>: expected <head-weight|null> beside it"],
  ["--ignore-label leaves out, --ignore-label -1: x", "<ignore-label|null> leaves out, <ignore-label|-1>: x"],
  ["--branches 2.34 gives", "<branches|2.34> gives"],
  ["--weight-decay X --ends batch-norm-relu or", "<weight-decay|X> <ends|batch-norm-relu> or"],
  ["--starts may", "<starts|null> may"],
  // Whole commands, and options of other programs.
  ["`nclab predict --ends layer-norm --width d` does", "`nclab predict --ends layer-norm --width d` does"],
  ["a document of nclab measure --json (schema)", "a document of nclab measure --json (schema)"],
  ["npm install x --ignore-scripts", "npm install x --ignore-scripts"],
  ["--headless --labelsmith", "--headless --labelsmith"],
])("%s", (text, expected) => {
  expect(said(text)).toBe(expected);
});

test("words behind which the value stays", () => {
  expect(inWordsOf({ ...marked, scale: "the scale" }, "--scale S says, --scale, says")).toBe("the scale S says, the scale, says");
});

/** Rooms whose texts are seen on a command line only. */
const ofCommandLine = ["cli", "experiments", "figures", "slurm", "report", "data", "engine"];

describe("every option that a text for several hosts names", () => {
  const root = join(import.meta.dirname, "../src");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !ofCommandLine.includes(file.split("/")[0]))
    // Of the command `nclab ends` alone; and this list itself.
    .filter((file) => !["endings/document.ts", "ways-out.ts"].includes(file));
  const lines = files.flatMap((file) =>
    readFileSync(join(root, file), "utf8")
      .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")
      .replaceAll("\\`", "`")
      .split("\n")
      .map((line) => line.replace(/\$\{(?:(?!--)[^{}])*\}/g, "0"))
      .filter((line) => /--[a-z]/.test(line.replaceAll(/`nclab [^`]*`/g, "")))
      .map((line) => [file, line.trim()] as const),
  );

  test("is known here, with its value", () => {
    expect(lines.length).toBeGreaterThan(30);
    const left = lines
      .map(([file, line]) => [file, said(line)])
      .filter(([, line]) => /--[a-z]/.test(line.replaceAll(/`nclab [^`]*`/g, "")));
    expect(left.filter(([, line]) => !/nclab \w+ --json/.test(line))).toEqual([]);
  });

  test("is an option of the command line, and each of them is named", async () => {
    const options = new Set<string>();
    for (const load of Object.values(commands)) for (const name of Object.keys((await load()).options)) options.add(name);
    const text = lines.map(([, line]) => line).join("\n");
    for (const name of namedOptions) {
      expect([name, options.has(name)]).toEqual([name, true]);
      expect([name, text.includes(`--${name}`)]).toEqual([name, true]);
    }
  });
});
