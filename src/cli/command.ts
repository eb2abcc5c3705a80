import { parseArgs } from "node:util";
import { InputError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { terminalWidth, wrap } from "../terminal/index.ts";

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
  /** The value is a file that is written: looked at before the command runs. */
  writes?: true;
  /** The value may be a folder whose folders hold what is read. */
  readsBelow?: true;
}

export interface Command {
  name: string;
  summary: string;
  /** Positional arguments, as shown behind the command's name; empty: none are taken. */
  positionals?: string;
  options: Record<string, Option>;
  /** One worked example that can be pasted into a shell. */
  example: string;
  /** Files that are read beside those on the line: those of a folder. Throws InputError. */
  reads?(input: CommandInput): string[];
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

/** Reads a command's arguments. InputError where an option is unknown, lacks its value, has one that it does not take, or is said twice. */
export function parse(command: Command, args: string[]): CommandInput | "help" {
  const spec: Record<string, { type: "string" | "boolean"; short?: string; multiple: true }> = {
    help: { type: "boolean", short: "h", multiple: true },
  };
  for (const [name, { type }] of Object.entries(command.options)) spec[name] = { type, multiple: true };
  // Not strict: what is wrong is said below, in this program's words.
  const { tokens } = parseArgs({
    args: joinNegativeNumbers(args, command),
    options: spec,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  if (tokens.some((token) => token.kind === "option" && token.name === "help")) return "help";
  const given: Record<string, string | boolean | string[]> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const { name } = token;
    const option = Object.hasOwn(command.options, name) ? command.options[name] : undefined;
    if (!option) throw unknownOption(command, token.rawName);
    const value = optionValue(name, option, token.value, token.inlineValue === true);
    if (option.multiple) given[name] = [...((given[name] as string[] | undefined) ?? []), value as string];
    else if (Object.hasOwn(given, name) && given[name] !== value)
      throw new InputError(`--${name}: expected one value, got ${JSON.stringify(given[name])} and ${JSON.stringify(value)}`);
    else given[name] = value;
  }
  if (command.positionals === undefined && positionals.length > 0)
    throw new InputError(`nclab ${command.name}: expected options only, got ${JSON.stringify(positionals[0])}`);
  return { options: valuesOf(given), positionals };
}

function unknownOption(command: Command, rawName: string): InputError {
  const known = [...Object.keys(command.options), "help"].map((name) => `--${name}`);
  const hint = nearest(rawName, known) || ` (nclab ${command.name} --help lists them)`;
  return new InputError(`nclab ${command.name}: expected one of its options, got ${JSON.stringify(rawName)}${hint}`);
}

/** What an option was given; `apart`: as `--name value`, not as `--name=value`. */
function optionValue(
  name: string,
  { type, value: form = "VALUE" }: Option,
  value: string | undefined,
  inline: boolean,
): string | true {
  if (type === "boolean") {
    if (value !== undefined) throw new InputError(`--${name}: expected no value, got ${JSON.stringify(value)}`);
    return true;
  }
  if (value === undefined) throw new InputError(`--${name}: expected ${form} behind it, got nothing`);
  if (value.includes("\0"))
    throw new InputError(`--${name}: expected ${form}, got ${JSON.stringify(value)} (it holds a zero byte)`);
  if (value.trim() === "") throw new InputError(`--${name}: expected ${form}, got ${JSON.stringify(value)}`);
  if (!inline && /^-./.test(value))
    throw new InputError(
      `--${name}: expected ${form} behind it, got ${JSON.stringify(value)}${value.startsWith("--") ? "" : ` (a value that begins with - is written --${name}=${value})`}`,
    );
  return value;
}

/** `--lambda-b -1` is a value, not an option: it must reach the check that says what is wrong with it. */
function joinNegativeNumbers(args: readonly string[], command: Command): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const name = args[i].startsWith("--") ? args[i].slice(2) : "";
    const takesValue = Object.hasOwn(command.options, name) && command.options[name].type === "string";
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
        throw new InputError(`--${name}: expected ${wholeNumber(x, minimum)}, got ${JSON.stringify(value)}`);
      return x;
    },
  };
}

/** What is asked for where `x` was given: notation and size are named where it is a whole number all the same. */
function wholeNumber(x: number, minimum: number): string {
  const rule = `a whole number of at least ${minimum}`;
  if (!Number.isInteger(x) || x < minimum) return rule;
  return Number.isSafeInteger(x) ? `${rule}, in digits (${x})` : `${rule} and below 2^53, in digits`;
}

export function parseNumber(what: string, value: string, allowInfinite: boolean): number {
  const trimmed = value.trim();
  if (allowInfinite && /^(\+?inf(inity)?)$/i.test(trimmed)) return Number.POSITIVE_INFINITY;
  const x = trimmed === "" ? Number.NaN : Number(trimmed);
  if (!Number.isFinite(x))
    throw new InputError(`${what}: expected a number${allowInfinite ? " or inf" : ""}, got ${JSON.stringify(value)}`);
  return x;
}

/** Lines longer than this are hard to read, however wide the terminal is. */
const longestLine = 100;

export function helpText(command: Command, width: number = terminalWidth()): string {
  const most = Math.min(longestLine, width);
  const lines = [
    `nclab ${command.name}${command.positionals ? ` ${command.positionals}` : ""} [options]`,
    "",
    ...wrap(command.summary, most),
    "",
  ];
  const rows = Object.entries({ ...command.options, help: { type: "boolean", help: "this text; also -h" } as Option }).map(
    ([name, o]) => [`  --${name}${o.type === "string" ? ` ${o.value ?? "VALUE"}` : ""}`, o.help] as const,
  );
  // In a narrow terminal the texts stand below their options.
  const indent = most < 70 ? 6 : Math.min(34, Math.max(...rows.map(([left]) => left.length)) + 2);
  lines.push("Options:");
  for (const [left, help] of rows) {
    const first = left.length >= indent ? `${left}\n${" ".repeat(indent)}` : left.padEnd(indent);
    lines.push(first + wrap(help, most - indent).join(`\n${" ".repeat(indent)}`));
  }
  lines.push("", "Example:", ...command.example.split("\n").map((line) => `  ${line}`));
  return lines.join("\n");
}
