import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Command } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/program.ts";
import { random } from "../../src/math/random.ts";
import { runProgram } from "./run.ts";

/**
 * Odd command lines, made by a seed: options of every command with values that nobody should give, files that are no such files, the same thing twice. Whatever comes, the exit code is one of the four, and
 * what is printed is words: no stack, no `undefined`, no NaN that was not asked with, no defect. NCLAB_FUZZ=N runs N of them for each command, NCLAB_FUZZ_SEED begins elsewhere.
 */
const rounds = Number(process.env.NCLAB_FUZZ ?? 20);
const seed = Number(process.env.NCLAB_FUZZ_SEED ?? 1);

const folder = mkdtempSync(join(tmpdir(), "nclab-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
mkdirSync(join(folder, "empty"));
symlinkSync("loop", join(folder, "loop"));
const files = [
  join(folder, "empty"),
  join(folder, "loop"),
  join(folder, "nowhere.npy"),
  folder,
  file("nothing.csv", ""),
  file("nothing.npz", ""),
  file("short.npy", new Uint8Array([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])),
  file("text.npy", "not an array"),
  file("zip.npz", new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 0, 0])),
  file("counts.json", "[5, 3, 3]"),
  file("deep.json", "[".repeat(3000)),
  file("object.json", '{"a": {"b": null}}'),
  file("null.json", "null"),
  file("counts.csv", "name,count\na,5\nb,x\n"),
  file("good.csv", "a,5\nb,3\nc,3\n"),
  file("unicode.txt", "５\n३\n\u0000\n"),
  file("utf16.txt", new Uint8Array([0xff, 0xfe, 0x35, 0, 0x0a, 0])),
  file(
    "bytes.bin",
    new Uint8Array(300).map((_, i) => (i * 37) % 256),
  ),
  file("sweep.yaml", "grid: {lambda-z: [0.1, 0.1]}\n"),
  file("sweep.json", "{}"),
  file("run.json", "{}"),
  file("many.json", JSON.stringify(Array.from({ length: 2500 }, (_, i) => i + 1))),
  file("batch.jsonl", '{"counts":[5,3],"lambdaZ":0.1}\nnull\n{"counts":[1e400]}\n{"id":{},"counts":"5x3","lambdaZ":"x"}\n'),
  "/dev/null",
];
const numbers = [
  "0",
  "-0",
  "-1",
  "1",
  "2",
  "0.5",
  "1e-3",
  "0.01",
  "1e400",
  "-1e400",
  "1e-400",
  "1e300",
  "1e-300",
  "NaN",
  "nan",
  "inf",
  "-inf",
  "Infinity",
  "0x10",
  "1_000",
  "1,5",
  "12,000",
  "٣",
  "1e",
  "--1",
  " 1 ",
  "9007199254740993",
  "undefined",
  "null",
  "true",
  "[object Object]",
];
const lists = [
  "5,3",
  "5x3",
  "2x500,2x100",
  "3,3",
  "5,,3",
  ",",
  "x",
  "5x",
  "x5",
  "0x3",
  "1e6x5",
  "99999999999x2",
  "5x1e99",
  "-5,3",
  "5;3",
  "5\t3",
  "[5,3]",
  "{}",
  '{"a":5}',
  "5,3,",
  "exp:3:10:0.5",
  "step:4:9:0.1",
  "exp:1e9:1:1",
  "exp:3:10:2",
  "::::",
  "a:b:c",
  "cross-entropy",
  "square",
  "paper",
  "mean",
  "no-half",
  "weight",
  "lambda,lambda",
  "lambda-z:1e-3:1e-1:5",
  "ratio:1:1:2",
  "k-a:2:9:4",
  "n-b:10:1e3:3:log",
  "lambda-b:0:1:3",
  "features=x",
  "features=,labels=",
  "x=y,x=y",
  "1/2",
  "0/0",
  "2/1",
  "fig5",
  "all",
  "merge",
  "fetch",
  "list",
  "show",
  "glyphs",
  "status",
  "task",
  "a.svg",
  "x.pdf",
  "nowhere/x.png",
  "🙂",
  "e\u0301",
  "\u202e",
  "a".repeat(5000),
  "constructor",
  "__proto__",
  "toString",
  "%s%d",
  "$(id)",
  "~",
];

/** Commands whose work is minutes, or never ends: one option that is refused before it begins is always among theirs. */
const refused: Record<string, string[]> = {
  train: ["--epochs", "0"],
  demo: ["--epochs", "0"],
  reproduce: ["--epochs", "0"],
  explore: ["--port", "70000"],
  sweep: ["--jobs", "0"],
  serve: ["--threads", "0"],
};
/** They ask the machine or the network. */
const left = ["doctor"];

function oddLine(command: Command, at: number): string[] {
  const { uniform } = random(seed * 100_003 + at);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(uniform() * from.length)];
  const any = (): string => pick(pick([numbers, lists, files]));
  const line: string[] = [command.name];
  // Half of them begin with what is right, so that they get further.
  if (uniform() < 0.5 && command.options.counts) line.push("--counts", pick(["2x50,3x7", "5,3", "4x9", "60,50,40,30,20,10"]));
  if (uniform() < 0.5 && command.options["lambda-z"]) line.push("--lambda-z", pick(["0.01", "0.001", "0.1", "1e-8", "3"]));
  const names = Object.keys(command.options);
  for (let n = Math.floor(5 * uniform()); n > 0; n--) {
    const name = pick(names);
    const { type } = command.options[name];
    const kind = uniform();
    if (kind < 0.05) line.push(`--${name.slice(0, -1)}`);
    else if (type === "boolean") line.push(kind < 0.1 ? `--${name}=${any()}` : `--${name}`);
    else if (kind < 0.1) line.push(`--${name}`);
    else if (kind < 0.15) line.push(`--${name}=`);
    else line.push(...(kind < 0.5 ? [`--${name}=${any()}`] : [`--${name}`, any()]));
  }
  if (command.positionals !== undefined || uniform() < 0.1) for (let n = Math.floor(3 * uniform()); n > 0; n--) line.push(any());
  // No results where they would stay, and no download.
  const safe = line.filter((word) => word !== "fetch" && !/^--(out|save|plot|report|classes|dir|url)\b/.test(word));
  return [...safe, ...(refused[command.name] ?? [])];
}

/** What is wrong with an answer, in words; null: nothing. */
function fault(line: readonly string[], { code, out, err }: { code: number; out: string; err: string }): string | null {
  if (![0, 1, 2, 3].includes(code)) return `exit code ${code}`;
  if (code === 2 && err === "") return "no message";
  if (/^\s+at .*[:(]/m.test(err)) return "a stack";
  if (/defect/.test(err)) return "a defect";
  // Words of the command line itself are quoted in messages, or are names of files.
  let said = out + err;
  for (const word of line.flatMap((w) => [w, ...w.split(/[=,;:\s]+/)]).sort((a, b) => b.length - a.length))
    if (word.length > 2) said = said.replaceAll(word, "").replaceAll(JSON.stringify(word).slice(1, -1), "");
  const odd = /\bundefined\b|\bNaN\b|\[object |\bInfinity\b/.exec(said);
  if (odd) return `${odd[0]} in ${JSON.stringify(said.slice(Math.max(0, odd.index - 60), odd.index + 40))}`;
  return null;
}

test.each(Object.keys(commands).filter((name) => !left.includes(name)))(
  "odd command lines of %s",
  async (name) => {
    const command = await commands[name]();
    const faults: string[] = [];
    for (let i = 0; i < rounds; i++) {
      const line = oddLine(command, i);
      const began = performance.now();
      const answer = await runProgram(...line);
      const wrong = fault(line, answer);
      const seconds = (performance.now() - began) / 1000;
      if (wrong)
        faults.push(
          `nclab ${line.map((word) => JSON.stringify(word.slice(0, 100))).join(" ")}\n  ${wrong}\n  ${answer.err.slice(0, 900)}`,
        );
      if (process.env.NCLAB_FUZZ && seconds > 5) console.info(`${seconds.toFixed(0)} s: nclab ${line.join(" ").slice(0, 300)}`);
    }
    expect(faults.join("\n")).toBe("");
  },
  600_000,
);
