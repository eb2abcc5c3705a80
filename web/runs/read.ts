import { InputError } from "../../src/errors.ts";
import { jsonIn } from "../../src/watch/index.ts";
import { itemOfDocument, runItem } from "./documents.ts";
import { type Item, objectIn } from "./item.ts";
import type { Series } from "./series.ts";

/**
 * What the command line wrote, read again: run folders (run.json and metrics.jsonl), documents of `nclab measure --json` and of
 * `nclab predict --json`, and of `nclab measure --json` of several files. Nothing is taken on trust: a file that does not hold what it says is an InputError with its name.
 */
export interface Text {
  /** Path within what was dropped, with / between folders. */
  path: string;
  text: string;
}

export interface Reading {
  items: Item[];
  series: Series[];
  /** What is wrong with files. */
  problems: string[];
}

/** All items and series among the files, and a message for each file that should be one and is not. Other files (checkpoints, arrays) are passed over. */
export function readItems(files: readonly Text[]): Reading {
  const items: Item[] = [];
  const series: Series[] = [];
  const problems: string[] = [];
  const attempt = (read: () => Item | Series): void => {
    try {
      const found = read();
      if ("kind" in found) items.push(found);
      else series.push(found);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(error.message);
    }
  };
  for (const { path, text } of files) {
    const [folder, name] = split(path);
    if (name === "run.json") {
      const metrics = files.find((file) => file.path === join(folder, "metrics.jsonl"));
      attempt(() => runOf(folder || path, path, text, metrics));
    } else if (name === "metrics.jsonl") {
      if (!files.some((file) => file.path === join(folder, "run.json")))
        problems.push(`${path}: expected a run.json beside it, got none`);
      // Beside runs other documents may lie, of a sweep or of the reader's own.
    } else if (name.endsWith(".json") && !besideRuns(folder, files))
      attempt(() => itemOfDocument(path, objectIn(jsonIn(text, path), path)));
  }
  return { items, series, problems };
}

const besideRuns = (folder: string, files: readonly Pick<Text, "path">[]): boolean =>
  folder !== "" && files.some((file) => file.path.startsWith(`${folder}/`) && file.path.endsWith("/run.json"));

function runOf(name: string, path: string, text: string, metrics: Text | undefined): Item {
  // A run that is killed may leave half a line at the end.
  const whole = metrics ? metrics.text.slice(0, metrics.text.lastIndexOf("\n") + 1).split("\n") : [];
  const lines = whole.flatMap((line, i) => {
    if (line.trim() === "") return [];
    const where = `${metrics?.path}, line ${i + 1}`;
    return [{ document: objectIn(jsonIn(line, where), where), where }];
  });
  return runItem(name, objectIn(jsonIn(text, path), path), path, lines);
}

function split(path: string): [folder: string, name: string] {
  const at = path.lastIndexOf("/");
  return at < 0 ? ["", path] : [path.slice(0, at), path.slice(at + 1)];
}

const join = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);
