#!/usr/bin/env node
import { InputError } from "../errors.ts";
import { type Command, helpText, parse } from "./command.ts";

/**
 * The door: finds the command, parses its arguments, maps errors to exit codes (0 done, 1 failed while working,
 * 2 bad arguments or input, 3 asked accuracy not reached). Commands are loaded when called, so that `nclab predict`
 * never pays for the training code.
 */
const commands: Record<string, () => Promise<Command>> = {
  demo: async () => (await import("./demo.ts")).demo,
  predict: async () => (await import("./predict.ts")).predict,
  thresholds: async () => (await import("./thresholds.ts")).thresholds,
  phase: async () => (await import("./phase.ts")).phase,
  limits: async () => (await import("./limits.ts")).limits,
  advise: async () => (await import("./advise.ts")).advise,
  measure: async () => (await import("./measure.ts")).measure,
  reproduce: async () => (await import("./reproduce.ts")).reproduce,
  train: async () => (await import("./train.ts")).train,
  sweep: async () => (await import("./sweep.ts")).sweep,
  report: async () => (await import("./report.ts")).report,
  data: async () => (await import("./data.ts")).data,
  doctor: async () => (await import("./doctor.ts")).doctor,
  explore: async () => (await import("./explore.ts")).explore,
};

async function main(argv: string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    console.log(await overview());
    return name === undefined ? 2 : 0;
  }
  if (name === "--version") {
    console.log((await import("./version.ts")).version());
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) throw new InputError(`nclab: expected a command (${Object.keys(commands).join(", ")}), got ${JSON.stringify(name)}`);
  const command = await load();
  const input = parse(command, rest);
  if (input === "help") {
    console.log(helpText(command));
    return 0;
  }
  return command.run(input);
}

async function overview(): Promise<string> {
  const lines = ["nclab: neural collapse on imbalanced data, predicted, trained and measured", "", "Commands:"];
  for (const [name, load] of Object.entries(commands)) lines.push(`  ${name.padEnd(12)}${(await load()).summary.split("\n")[0]}`);
  lines.push("", "nclab <command> --help tells its options and shows an example.");
  return lines.join("\n");
}

// A reader that closes early (`nclab ... | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const expected = error instanceof InputError;
    console.error(expected ? error.message : `nclab failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    process.exitCode = expected ? 2 : 1;
  },
);
