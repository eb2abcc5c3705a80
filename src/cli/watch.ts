import { existsSync, statSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { InputError, inputError } from "../errors.ts";
import { isArrayName } from "../features/index.ts";
import { checkOutputs } from "../files/index.ts";
import type { Command, CommandInput, Values } from "./command.ts";
import { compareOptions, placeOptions, readMeasureOptions, readPlaces } from "./measure/options.ts";
import { scalars as measures } from "./measure/scalars.ts";
import { portOption, readPort, servePage } from "./page-server.ts";
import { threadsOption, useThreadsOf } from "./threads.ts";
import { openLive } from "./watch/live.ts";
import { measuring } from "./watch/measuring.ts";
import { eventWriter, lineWriter, type ScalarWriter, scalarsOf } from "./watch/scalars.ts";
import { watchFolder } from "./watch/watcher.ts";

const standardScalars = "watch.jsonl";
const { features: _features, ...places } = placeOptions;
/** Those of `nclab measure`, for the feature files. */
const measureOptions = { ...places, ...compareOptions, ...threadsOption };

/** `nclab watch DIR`: the page with the curves of trainings that go on. */
export const watch: Command = {
  name: "watch",
  summary:
    "Serves the page with live curves over a folder on 127.0.0.1: runs of nclab train, folders of nclab.torch.Recorder, and feature files, which are measured as they appear. Nothing in the folder is changed. Ends with ctrl-c.",
  positionals: "DIR",
  options: {
    ...portOption,
    scalars: {
      type: "string",
      writes: true,
      value: "FILE.jsonl",
      help: `write a line of JSON a measured moment, flat names, as Weights & Biases reads it: appended (default ${standardScalars}; none: nowhere)`,
    },
    tensorboard: {
      type: "string",
      value: "FOLDER",
      help: "write an event file of TensorBoard for every training into this folder",
    },
    interval: { type: "string", value: "S", help: "seconds between two looks at the folder (default 1)" },
    ...Object.fromEntries(
      Object.entries(measureOptions).map(([name, option]) => [name, { ...option, help: `feature files: ${option.help}` }]),
    ),
  },
  example: "nclab watch run",
  run,
};

async function run({ options, positionals }: CommandInput): Promise<number> {
  const [place] = positionals;
  if (positionals.length !== 1)
    throw new InputError(`nclab watch: expected one folder, got ${place === undefined ? "none" : positionals.length}`);
  if (existsSync(place) && !statSync(place).isDirectory())
    throw new InputError(`nclab watch: expected a folder, got the file ${JSON.stringify(place)}`);
  const port = readPort(options);
  const interval = options.number("interval") ?? 1;
  if (!(interval >= 0.05 && interval <= 3600)) throw inputError("--interval", "seconds from 0.05 to 3600", interval);
  // What measure would refuse of every file is refused now.
  useThreadsOf(options);
  readPlaces(options, place);
  readMeasureOptions(options);
  const scalars = await scalarsFile(options);
  const folder = options.text("tensorboard");
  if (folder !== undefined && existsSync(folder) && !statSync(folder).isDirectory())
    throw inputError("--tensorboard", "a folder", folder);
  const writers: ScalarWriter[] = [
    ...(scalars === null ? [] : [await lineWriter(scalars)]),
    ...(folder === undefined ? [] : [eventWriter(folder, Date.now() / 1000)]),
  ];
  const read = ["labels", "head-weight", "head-bias", "ood"].flatMap((name) => options.text(name) ?? []);
  const without = new Set(
    await Promise.all([...read, ...(scalars === null ? [] : [scalars])].map((file) => realpath(file).catch(() => resolve(file)))),
  );
  const given = givenOptions(options);
  const page = openLive(place);
  const stop = new AbortController();
  const watching = watchFolder({
    place,
    without,
    interval: 1000 * interval,
    measure: (file) => measuring(file, given),
    emit: (change) => {
      if (change.kind === "wrong" && change.message !== null) console.error(change.message);
      page.emit(change);
    },
    found: async (moment) => {
      const values = scalarsOf(moment, measures);
      for (const writer of writers) await writer.write(moment, values);
    },
    signal: stop.signal,
  });
  const served = servePage("watch", port, {
    hash: "#watch",
    live: page.live,
    stopped: () => {
      stop.abort();
      page.end();
    },
  });
  // What ends the watch ends the program: an output that cannot be written.
  await Promise.race([served, watching.then(() => served)]);
  await watching;
  return 0;
}

/** Null: none is written. Throws InputError for a name that a watch would read. */
async function scalarsFile(options: Values): Promise<string | null> {
  const file = options.text("scalars") ?? standardScalars;
  if (file === "none") return null;
  const name = basename(file);
  if (isArrayName(name) || /^(run\.json|metrics\.jsonl|measurements\.jsonl)$/.test(name))
    throw inputError("--scalars", "a name that nclab watch does not read, as watch.jsonl", file);
  await checkOutputs([{ what: "--scalars", file }], { files: [] });
  return file;
}

/** The options for `nclab measure`, as they were given. */
const givenOptions = (options: Values): string[] =>
  Object.entries(measureOptions).flatMap(([name, { type }]) => {
    if (type === "boolean") return options.flag(name) ? [`--${name}`] : [];
    const text = options.text(name);
    return text === undefined ? [] : [`--${name}=${text}`];
  });
