import { inputError } from "../errors.ts";
import { checkSlurm, type SlurmSettings } from "../slurm/index.ts";
import type { Option, Values } from "./command.ts";

/** What a command that can submit to a cluster takes; these go before a file's own `slurm`. */
export const clusterOptions: Record<string, Option> = {
  partition: { type: "string", value: "NAME", help: "on Slurm: the partition" },
  time: { type: "string", value: "1-12:00:00", help: "on Slurm: limit of a task" },
  gpus: { type: "string", value: "N", help: "on Slurm: GPUs of a task" },
  account: { type: "string", value: "NAME", help: "on Slurm: the account" },
};

/** Those that were given; throws InputError naming the option. */
export function readCluster(options: Values): SlurmSettings {
  const given: Record<string, string> = {};
  for (const key of Object.keys(clusterOptions)) {
    const value = options.text(key);
    if (value === undefined) continue;
    if (!/^[\w.:,=@%+/-]+$/.test(value)) throw inputError(`--${key}`, "one word", value);
    given[key] = value;
  }
  checkSlurm(given, "options");
  return given;
}
