import { vi } from "vitest";
import { type Command, parse } from "../../src/cli/command.ts";
import { start } from "../../src/cli/outputs.ts";
import { nclab } from "../../src/cli/program.ts";
import { unexpected } from "../../src/cli/unexpected.ts";

/** Runs a command in this process, as `nclab NAME ...args` would; bad arguments throw InputError (exit code 2 at the door). */
export async function runCommand(command: Command, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return caught(async () => {
    const input = parse(command, args);
    if (input === "help") throw new Error("asked for help");
    return start(command, input);
  });
}

/** Runs `nclab ...argv` in this process, its errors turned into text and exit code as at the door. */
export async function runProgram(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  return caught(async () => {
    try {
      return await nclab(argv);
    } catch (error) {
      const { message, code } = unexpected(error);
      console.error(message);
      return code;
    }
  });
}

/** The rows of the terminal table that has this head, each by the heads' names. */
export function tableWith(head: string, text: string): Record<string, string>[] {
  const lines = text.split("\n").map((line) =>
    line
      .split("│")
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
  const first = lines.findIndex((cells) => cells.includes(head));
  const rows: Record<string, string>[] = [];
  for (const cells of lines.slice(first + 2)) {
    if (cells.length !== lines[first].length) break;
    rows.push(Object.fromEntries(cells.map((cell, i) => [lines[first][i], cell])));
  }
  return rows;
}

async function caught(work: () => Promise<number>): Promise<{ code: number; out: string; err: string }> {
  const lines = { out: "", err: "" };
  const write = (to: "out" | "err") =>
    ((chunk: string | Uint8Array): boolean => {
      lines[to] += typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk);
      return true;
    }) as typeof process.stdout.write;
  const spies = [
    vi.spyOn(console, "log").mockImplementation((text) => {
      lines.out += `${text}\n`;
    }),
    vi.spyOn(console, "error").mockImplementation((text) => {
      lines.err += `${text}\n`;
    }),
    vi.spyOn(process.stdout, "write").mockImplementation(write("out")),
    vi.spyOn(process.stderr, "write").mockImplementation(write("err")),
  ];
  try {
    return { code: await work(), ...lines };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
