import { InputError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { terminalWidth, wrap } from "../terminal/index.ts";
import { type Command, helpText, parse } from "./command.ts";
import { start } from "./outputs.ts";

/** The commands, loaded when called: `nclab predict` never pays for the training code. */
export const commands: Record<string, () => Promise<Command>> = {
  demo: async () => (await import("./demo.ts")).demo,
  predict: async () => (await import("./predict.ts")).predict,
  thresholds: async () => (await import("./thresholds.ts")).thresholds,
  path: async () => (await import("./path.ts")).path,
  phase: async () => (await import("./phase.ts")).phase,
  limits: async () => (await import("./limits.ts")).limits,
  advise: async () => (await import("./advise.ts")).advise,
  measure: async () => (await import("./measure.ts")).measure,
  ends: async () => (await import("./ends.ts")).ends,
  reproduce: async () => (await import("./reproduce.ts")).reproduce,
  train: async () => (await import("./train.ts")).train,
  sweep: async () => (await import("./sweep.ts")).sweep,
  report: async () => (await import("./report.ts")).report,
  data: async () => (await import("./data.ts")).data,
  doctor: async () => (await import("./doctor.ts")).doctor,
  explore: async () => (await import("./explore.ts")).explore,
  watch: async () => (await import("./watch.ts")).watch,
  serve: async () => (await import("./serve.ts")).serve,
};

const asksForHelp = (text: string | undefined): boolean => text === "--help" || text === "-h" || text === "help";

/** `nclab ...argv`: finds the command, parses its arguments, runs it. The number is the exit code: 0 done, 1 failed while working, 3 asked accuracy not reached. */
export async function nclab(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || (asksForHelp(name) && rest.length === 0)) {
    console.log(await overview());
    return name === undefined ? 2 : 0;
  }
  // nclab help predict
  if (asksForHelp(name)) return nclab([rest[0], "--help"]);
  if (name === "--version" || name === "-V") {
    console.log((await import("./version.ts")).version());
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) throw unknownCommand(name);
  const command = await load();
  const input = parse(command, rest);
  if (input === "help") {
    console.log(helpText(command));
    return 0;
  }
  return start(command, input);
}

function unknownCommand(name: string): InputError {
  const known = Object.keys(commands);
  const hint = nearest(name, [...known, "--help", "--version"]);
  return new InputError(`nclab: expected a command (${known.join(", ")}), got ${JSON.stringify(name)}${hint}`);
}

async function overview(): Promise<string> {
  const width = Math.min(100, terminalWidth());
  const indent = 14;
  const lines = ["nclab: neural collapse on imbalanced data, predicted, trained and measured", "", "Commands:"];
  for (const [name, load] of Object.entries(commands)) {
    const [first, ...more] = wrap((await load()).summary.split("\n")[0], width - indent);
    lines.push(`  ${name.padEnd(indent - 2)}${first}`, ...more.map((line) => " ".repeat(indent) + line));
  }
  lines.push("", "nclab <command> --help tells its options and shows an example.");
  return lines.join("\n");
}
