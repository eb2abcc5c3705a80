import { InputError } from "../errors.ts";
import { checkOutputs } from "../files/index.ts";
import type { Command, CommandInput } from "./command.ts";

/**
 * Runs a command whose outputs (options that are said to be `writes`) were looked at first: whatever else is named on the line and is a file counts as read, so that no command and no new option
 * can replace what it reads.
 */
export async function start(command: Command, input: CommandInput): Promise<number> {
  const { options, positionals } = input;
  const named = Object.entries(command.options).flatMap(([name, option]) =>
    option.type === "string"
      ? (option.multiple ? options.texts(name) : [options.text(name) ?? []].flat()).map((file) => ({ name, option, file }))
      : [],
  );
  const outputs = named.filter(({ option }) => option.writes).map(({ name, file }) => ({ what: `--${name}`, file }));
  if (outputs.length > 0) {
    const others = named.filter(({ option }) => !option.writes);
    await checkOutputs(outputs, {
      files: [...others.map(({ file }) => file), ...positionals, ...(command.reads?.(input) ?? [])],
      trees: others.filter(({ option }) => option.readsBelow).map(({ file }) => file),
    });
  }
  return command.run(input);
}

/** Throws InputError where a page's name does not say that it is one. */
export function checkPageName(what: string, file: string): void {
  if (!/\.html?$/i.test(file)) throw new InputError(`${what}: expected a name that ends in .html, got ${JSON.stringify(file)}`);
}

/** Writes files, then prints, in this order as a reader that closes early ends the program. Where writing fails (a full disk), the result is printed all the same, and the error comes after it. */
export async function writeAndPrint(write: () => Promise<void>, print: () => void | Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    await print();
    throw error;
  }
  await print();
}
