import { InputError } from "../errors.ts";
import type { Command, CommandInput } from "./command.ts";
import { serveLines } from "./serve/serve-lines.ts";
import { threadsOption, useThreadsOf } from "./threads.ts";

/** `nclab serve --stdio`: the library for programs in other languages, one process that stays. The protocol: docs/serve.md. */
export const serve: Command = {
  name: "serve",
  summary:
    "Answers requests of another program, one JSON line each, until its input ends: what the Python package stands on (docs/serve.md has the protocol).",
  options: {
    stdio: { type: "boolean", help: "requests on stdin, answers on stdout (the one way there is, so it must be said)" },
    ...threadsOption,
  },
  example: `echo '{"id": 1, "do": "predict", "input": {"counts": [500, 100], "lambdaZ": 0.004}}' | nclab serve --stdio`,
  run,
};

async function run({ options }: CommandInput): Promise<number> {
  if (!options.flag("stdio"))
    throw new InputError("nclab serve: expected --stdio (requests on stdin, answers on stdout), got none");
  useThreadsOf(options);
  await serveLines(process.stdin, writeLine);
  return 0;
}

/** Waits for a slow reader. */
function writeLine(line: string): Promise<void> {
  return new Promise((resolve) => {
    if (process.stdout.write(`${line}\n`)) resolve();
    else process.stdout.once("drain", resolve);
  });
}
