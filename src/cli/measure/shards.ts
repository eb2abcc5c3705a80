import { resolve } from "node:path";
import { InputError, inputError } from "../../errors.ts";
import { makeFolders } from "../../files/index.ts";
import { submitArray } from "../../slurm/index.ts";
import { clusterOptions, readCluster } from "../cluster-options.ts";
import type { Option, Values } from "../command.ts";
import { toJson } from "../json.ts";
import { placeOptions, readPlaces } from "./options.ts";

/** `nclab measure FILE --shards n --on slurm --out DIR`: the parts of one measurement as a job array, in the form of a sweep's. */
export const shardsOptions: Record<string, Option> = {
  shards: { type: "string", value: "N", help: "with --on slurm and --out: every part as a task of a job array" },
  on: { type: "string", value: "slurm", help: "submit the parts to the cluster" },
  out: { type: "string", value: "DIR", help: "folder of the parts" },
  ...clusterOptions,
};

/** Submits, where that is asked for; false: it is not. Throws InputError where half of it is. */
export async function submitShards(options: Values, files: readonly string[]): Promise<boolean> {
  const [shards, on, out] = [options.integer("shards", 1), options.text("on"), options.text("out")];
  if (shards === undefined && on === undefined && out === undefined) return false;
  if (shards === undefined || on === undefined || out === undefined)
    throw new InputError("--shards: expected --shards N, --on slurm and --out DIR together, got some of them");
  if (on !== "slurm") throw inputError("--on", "slurm", on);
  if (files.length !== 1) throw inputError("--shards", "one file", files.length);
  readPlaces(options, files[0]);
  const backend = options.text("backend");
  // Tasks run in another folder: what names a file there must be absolute.
  const places = Object.entries(placeOptions).flatMap(([name, option]) => {
    const value = name === "features" ? files[0] : options.text(name);
    return value === undefined ? [] : [`--${name}`, option.value?.includes("FILE") ? resolve(value) : value];
  });
  try {
    await makeFolders(out);
  } catch (error) {
    throw new InputError(`--out ${out}: expected a writable folder, got ${(error as NodeJS.ErrnoException).code}`);
  }
  const part = (i: number): string => `part-${i + 1}-of-${shards}.npz`;
  const { jobId, script } = await submitArray({
    out,
    name: "measure",
    items: Array.from({ length: shards }, (_, i) => part(i)),
    slurm: readCluster(options),
    command: () => [
      "measure",
      ...places,
      ...(backend === undefined ? [] : ["--backend", backend]),
      "--shard",
      { raw: `"$((SLURM_ARRAY_TASK_ID + 1))/${shards}"` },
      "--save",
      // The folder's name is quoted, the number is the shell's.
      { raw: `'${resolve(out).replaceAll("'", "'\\''")}'/part-"$((SLURM_ARRAY_TASK_ID + 1))"-of-${shards}.npz` },
    ],
  });
  if (options.flag("json")) console.log(toJson({ schema: "nclab.submission/1", jobId, tasks: shards, script }));
  else
    console.log(
      `submitted ${shards} parts as job ${jobId} (${script})\nwhen they are there: nclab measure merge ${out}/part-*-of-${shards}.npz`,
    );
  return true;
}
