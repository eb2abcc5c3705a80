import { vi } from "vitest";
import { type Command, parse } from "../../src/cli/command.ts";

/** Runs a command in this process, as `nclab NAME ...args` would; bad arguments throw InputError (exit code 2 at the door). */
export async function runCommand(command: Command, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const lines = { out: "", err: "" };
  const spies = [
    vi.spyOn(console, "log").mockImplementation((text) => {
      lines.out += `${text}\n`;
    }),
    vi.spyOn(console, "error").mockImplementation((text) => {
      lines.err += `${text}\n`;
    }),
  ];
  try {
    const input = parse(command, args);
    if (input === "help") throw new Error("asked for help");
    return { code: await command.run(input), ...lines };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
