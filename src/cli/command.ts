import { parseArgs } from "node:util";
import { InputError } from "../errors.ts";

/**
 * How every command of `nclab` is described: one object a command, one file a command. The description makes the
 * `--help` text and drives the parser, so the two cannot drift apart.
 */
export interface Option {
  type: "string" | "boolean";
  /** What stands behind the option's name in the help text, e.g. `X|inf`. */
  value?: string;
  help: string;
  /** May be given more than once. */
  multiple?: boolean;
}

export interface Command {
  name: string;
  summary: string;
  /** Positional arguments, as shown behind the command's name; empty: none are taken. */
  positionals?: string;
  options: Record<string, Option>;
  /** One worked example that can be pasted into a shell. */
  example: string;
  /** Runs the command; the number is the exit code (0 done, 3 asked accuracy not reached). */
  run(input: CommandInput): Promise<number>;
}

export interface CommandInput {
  options: Values;
  positionals: string[];
}

/** Typed access to the parsed options. */
export interface Values {
  text(name: string): string | undefined;
  texts(name: string): string[];
  flag(name: string): boolean;
  /** A finite number (`inf` too where `allowInfinite`), else InputError naming the option. */
  number(name: string, allowInfinite?: boolean): number | undefined;
  /** A whole number >= minimum. */
  integer(name: string, minimum?: number): number | undefined;
}

export function parse(command: Command, args: string[]): CommandInput | "help" {
  const spec: Record<string, { type: "string" | "boolean"; multiple?: boolean }> = { help: { type: "boolean" } };
  for (const [name, option] of Object.entries(command.options)) {
    spec[name] = option.multiple ? { type: option.type, multiple: true } : { type: option.type };
  }
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({
      args: joinNegativeNumbers(args, command),
      options: spec,
      allowPositionals: command.positionals !== undefined,
      strict: true,
    });
  } catch (error) {
    throw new InputError(`nclab ${command.name}: ${(error as Error).message}`);
  }
  if (parsed.values.help) return "help";
  return { options: valuesOf(parsed.values as Record<string, string | boolean | string[]>), positionals: parsed.positionals };
}

/** `--lambda-b -1` is a value, not an option: it must reach the check that says what is wrong with it. */
function joinNegativeNumbers(args: readonly string[], command: Command): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const takesValue = args[i].startsWith("--") && command.options[args[i].slice(2)]?.type === "string";
    if (takesValue && /^-[\d.i]/.test(args[i + 1] ?? "")) joined.push(`${args[i]}=${args[++i]}`);
    else joined.push(args[i]);
  }
  return joined;
}

/** Typed access to values that are known by their options' names. */
export function valuesOf(given: Record<string, string | boolean | string[] | undefined>): Values {
  const text = (name: string): string | undefined => given[name] as string | undefined;
  return {
    text,
    texts: (name) => (given[name] as string[] | undefined) ?? [],
    flag: (name) => given[name] === true,
    number: (name, allowInfinite = false) => {
      const value = text(name);
      return value === undefined ? undefined : parseNumber(`--${name}`, value, allowInfinite);
    },
    integer: (name, minimum = 0) => {
      const value = text(name);
      if (value === undefined) return undefined;
      const x = Number(value);
      if (!/^[+-]?\d+$/.test(value.trim()) || !Number.isSafeInteger(x) || x < minimum)
        throw new InputError(`--${name}: expected a whole number of at least ${minimum}, got ${JSON.stringify(value)}`);
      return x;
    },
  };
}

export function parseNumber(what: string, value: string, allowInfinite: boolean): number {
  const trimmed = value.trim();
  if (allowInfinite && /^(\+?inf(inity)?)$/i.test(trimmed)) return Number.POSITIVE_INFINITY;
  const x = trimmed === "" ? Number.NaN : Number(trimmed);
  if (!Number.isFinite(x))
    throw new InputError(`${what}: expected a number${allowInfinite ? " or inf" : ""}, got ${JSON.stringify(value)}`);
  return x;
}

export function helpText(command: Command): string {
  const lines = [
    `nclab ${command.name}${command.positionals ? ` ${command.positionals}` : ""} [options]`,
    "",
    command.summary,
    "",
  ];
  const rows = Object.entries({ ...command.options, help: { type: "boolean", help: "this text" } as Option }).map(
    ([name, o]) => [`  --${name}${o.type === "string" ? ` ${o.value ?? "VALUE"}` : ""}`, o.help] as const,
  );
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)) + 2);
  lines.push("Options:");
  for (const [left, help] of rows) {
    const first = left.length >= width ? `${left}\n${" ".repeat(width)}` : left.padEnd(width);
    lines.push(first + wrap(help, 100 - width).join(`\n${" ".repeat(width)}`));
  }
  lines.push("", "Example:", ...command.example.split("\n").map((line) => `  ${line}`));
  return lines.join("\n");
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  lines.push(line);
  return lines;
}
