import {
  countClasses,
  type DatasetName,
  DownloadError,
  type DownloadProgress,
  dataDir,
  datasetName,
  datasetNames,
  fetchDataset,
  findDataset,
  loadDataset,
} from "../data/index.ts";
import { InputError, inputError } from "../errors.ts";
import type { Command, CommandInput } from "./command.ts";

/** `nclab data`: fetch the published image data sets, and say which are found where. The only command that needs the network. */
export const data: Command = {
  name: "data",
  summary:
    "Image data sets: `fetch` downloads fashion-mnist or cifar-10 (needs the network), `list` says what is found where, `show` loads one and counts its classes.",
  positionals: "fetch fashion-mnist|cifar-10 | list | show NAME",
  options: {
    dir: {
      type: "string",
      value: "DIR",
      help: "fetch: download into a folder of the data set's name below DIR (default: NCLAB_DATA, else ./data)",
    },
    url: {
      type: "string",
      value: "URL",
      help: "fetch: a mirror, the address of a folder that holds the official files under their own names; the checksums stay the official ones",
    },
    "data-dir": {
      type: "string",
      value: "DIR",
      help: "list, show: the folder that holds a data set, or one above it (default: NCLAB_DATA, else ./data)",
    },
    json: { type: "boolean", help: "print one JSON document" },
  },
  example: "nclab data fetch fashion-mnist --dir data\nnclab data list --data-dir data",
  async run(input) {
    const [action, ...rest] = input.positionals;
    const most = action === "list" ? 0 : 1;
    if (rest.length > most) throw inputError(`nclab data ${action}`, most ? "one name" : "no name", rest.join(" "));
    if (action === "fetch") return fetchOne(rest[0], input);
    if (action === "list") return list(input);
    if (action === "show") return show(rest[0], input);
    throw inputError("nclab data", "fetch, list or show", action);
  },
};

async function fetchOne(name: string | undefined, { options }: CommandInput): Promise<number> {
  if (name !== "fashion-mnist" && name !== "cifar-10") throw inputError("nclab data fetch", "fashion-mnist or cifar-10", name);
  try {
    const progress = reporter();
    const { folder, downloaded } = await fetchDataset(name, { dir: options.text("dir"), url: options.text("url"), progress });
    if (options.flag("json")) console.log(JSON.stringify({ name, folder, downloaded }));
    else console.log(downloaded.length > 0 ? `${name} is in ${folder}` : `${name} was in ${folder} already, whole`);
    return 0;
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    console.error(`${process.stderr.isTTY ? "\n" : ""}${error.message}`);
    return 1;
  }
}

function list({ options }: CommandInput): number {
  const dir = options.text("data-dir");
  const found = datasetNames.map((name) => ({
    name,
    folder: name === "glyphs" ? null : findDataset(name, dir),
    builtIn: name === "glyphs",
  }));
  if (options.flag("json")) {
    console.log(JSON.stringify(found));
    return 0;
  }
  for (const { name, folder, builtIn } of found)
    console.log(
      `${name.padEnd(14)} ${builtIn ? "built in" : (folder ?? `not found in ${dataDir(dir)}; nclab data fetch ${name} downloads it`)}`,
    );
  return 0;
}

async function show(name: string | undefined, { options }: CommandInput): Promise<number> {
  if (name === undefined) throw new InputError(`nclab data show: expected a name (${datasetNames.join(", ")}), got none`);
  const known: DatasetName = datasetName(name, "nclab data show");
  const { train, test, classNames, source } = await loadDataset(known, { dataDir: options.text("data-dir") });
  const shape = [train.height, train.width, train.channels];
  const counts = { train: countClasses(train), test: countClasses(test) };
  if (options.flag("json")) {
    console.log(JSON.stringify({ name, shape, classNames, counts, source }));
    return 0;
  }
  console.log(`${name}: ${train.count} training and ${test.count} test images of ${shape.join(" x ")}`);
  classNames.forEach((label, k) => {
    console.log(`  ${String(k).padStart(2)} ${label.padEnd(14)} ${counts.train[k]} train, ${counts.test[k]} test`);
  });
  for (const { file, sha256 } of source) console.log(`  ${file} sha256 ${sha256}`);
  return 0;
}

/** Progress on stderr: one line that rewrites itself on a terminal, else a line every tenth. */
function reporter(): DownloadProgress {
  const terminal = process.stderr.isTTY === true;
  let last = "";
  return (file, done, total) => {
    const percent = Math.floor((100 * done) / total);
    const line = `${file} ${terminal ? percent : 10 * Math.floor(percent / 10)}% of ${(total / 1e6).toFixed(1)} MB`;
    if (line === last) return;
    last = line;
    process.stderr.write(terminal ? `\r${line}${done === total ? "\n" : ""}` : `${line}\n`);
  };
}
