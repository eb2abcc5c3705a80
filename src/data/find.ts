import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors.ts";
import type { DatasetName } from "./dataset.ts";

/**
 * Where data sets lie. The place to look in is the argument (`--data-dir`), else the environment's NCLAB_DATA, else `data` in
 * the working directory, where `nclab data fetch` puts them, else `../shared/data`. It may be the folder of one data set or a parent of several.
 */
export function dataDir(dir?: string): string {
  return dir ?? (process.env.NCLAB_DATA || "data");
}

/** The names of Fashion-MNIST's files; each may carry `.gz`. */
export const fashionFiles = {
  trainImages: "train-images-idx3-ubyte",
  trainLabels: "train-labels-idx1-ubyte",
  testImages: "t10k-images-idx3-ubyte",
  testLabels: "t10k-labels-idx1-ubyte",
} as const;

/** The names of CIFAR-10's files; each may carry `.gz`. Any of the training files will do. */
export const cifarFiles: { train: readonly string[]; test: string } = {
  train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
  test: "test_batch.bin",
};

/** The folder that holds the data set, or null. `glyphs` are built in and have none. */
export function findDataset(name: DatasetName, dir?: string): string | null {
  // Several checkouts can share one copy of the data: a folder shared/data beside the working directory is looked at last.
  const parents = dir === undefined && !process.env.NCLAB_DATA ? [dataDir(), "../shared/data"] : [dataDir(dir)];
  for (const parent of parents) {
    const found = candidates(name, parent).find((folder) => missingFiles(name, folder).length === 0);
    if (found !== undefined) return found;
  }
  return null;
}

/** As `findDataset`, but throws InputError naming the folder, the files expected and those missing. */
export function requireDataset(name: DatasetName, dir?: string): string {
  const found = findDataset(name, dir);
  if (found !== null) return found;
  const parent = dataDir(dir);
  const says = dir !== undefined ? "" : process.env.NCLAB_DATA ? " (from NCLAB_DATA)" : " (no --data-dir, no NCLAB_DATA)";
  // Complain about the folder that came closest.
  const ranked = candidates(name, parent)
    .filter(isFolder)
    .map((folder) => ({ folder, missing: missingFiles(name, folder) }))
    .sort((x, y) => x.missing.length - y.missing.length);
  const got = !existsSync(parent)
    ? "no such folder"
    : ranked.length === 0
      ? "no folder"
      : `${ranked[0].folder} without ${ranked[0].missing.join(", ")}`;
  throw new InputError(
    `${parent}${says}: expected the files of ${name} (${expectedFiles(name)}) there or in a folder ${folders[name].join(" or ")} below it, got ${got}; nclab data fetch ${name} downloads them`,
  );
}

/** The path of `file` or `file.gz` in the folder, whichever is there, the plain one first; undefined when neither is. */
export function plainOrGzip(folder: string, file: string): string | undefined {
  return [join(folder, file), join(folder, `${file}.gz`)].find((path) => existsSync(path));
}

const folders: Record<DatasetName, readonly string[]> = {
  "fashion-mnist": ["fashion-mnist", "FashionMNIST/raw"],
  "cifar-10": ["cifar-10-batches-bin", "cifar-10*"],
  glyphs: [],
};

function candidates(name: DatasetName, parent: string): string[] {
  if (name === "glyphs" || !isFolder(parent)) return [];
  const below = folders[name].flatMap((folder) =>
    folder.endsWith("*")
      ? readdirSync(parent)
          .filter((entry) => entry.startsWith(folder.slice(0, -1)))
          .sort()
      : [folder],
  );
  return [parent, ...below.map((entry) => join(parent, entry))];
}

function missingFiles(name: DatasetName, folder: string): string[] {
  const missing = (files: readonly string[]): string[] => files.filter((file) => plainOrGzip(folder, file) === undefined);
  if (name === "fashion-mnist") return missing(Object.values(fashionFiles));
  const train = missing(cifarFiles.train);
  return [...(train.length === cifarFiles.train.length ? [cifarFiles.train[0]] : []), ...missing([cifarFiles.test])];
}

function expectedFiles(name: DatasetName): string {
  const files =
    name === "fashion-mnist"
      ? Object.values(fashionFiles)
      : ["data_batch_1.bin to data_batch_5.bin, any of them", cifarFiles.test];
  return `${files.join(", ")}, plain or .gz`;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
