import { basename } from "node:path";
import { inputError } from "../errors.ts";
import { cifarRowBytes, joinImages, parseCifar } from "./cifar.ts";
import {
  cifarClassNames,
  cifarNormalization,
  type Dataset,
  type DatasetName,
  datasetName,
  fashionClassNames,
  fashionNormalization,
  type Images,
} from "./dataset.ts";
import { cifarFiles, fashionFiles, plainOrGzip, requireDataset } from "./find.ts";
import { glyphDatasetInTurns } from "./glyphs.ts";
import { longestIdxHeader, parseIdx, parseIdxHeader } from "./idx.ts";
import { imagesFromIdx, type NamedIdx } from "./idx-images.ts";
import { readBytes } from "./read-file.ts";

/** One door for the three data sets: two that lie in a folder and one that is drawn on the spot. */
export interface LoadOptions {
  /** The folder of the data set, or one above it; see `dataDir` for what stands in when it is not given. */
  dataDir?: string;
  /** Seed of the glyphs, a whole number (default 0). The other data sets are what their files say. */
  seed?: number;
  /** Training glyphs a class (default 1000). */
  perClass?: number;
  /** Test glyphs a class (default 200). */
  testPerClass?: number;
  /** Ends the loading, with its reason, between two files or some hundred glyphs. */
  signal?: AbortSignal;
}

/**
 * Loads a data set whole. Fashion-MNIST is 28 x 28 x 1; CIFAR-10 is 32 x 32 x 3, from as many of its five training files as are
 * there; glyphs are 28 x 28 x 1. Throws InputError when the name is unknown, the folder lacks files or a file is damaged.
 */
export async function loadDataset(name: DatasetName, options: LoadOptions = {}): Promise<Dataset> {
  switch (datasetName(name)) {
    case "fashion-mnist":
      return loadFashion(requireDataset(name, options.dataDir), options.signal);
    case "cifar-10":
      return loadCifar(requireDataset(name, options.dataDir), options.signal);
    case "glyphs":
      return glyphDatasetInTurns(options, options.signal);
  }
}

async function loadFashion(folder: string, signal?: AbortSignal): Promise<Dataset> {
  const source: Dataset["source"] = [];
  const read = async (file: string): Promise<NamedIdx> => {
    signal?.throwIfAborted();
    const path = plainOrGzip(folder, file) ?? file;
    const { bytes, sha256 } = await readBytes(path, longestIdxHeader, (start) => parseIdxHeader(start, path).length);
    source.push({ file: basename(path), sha256 });
    return { ...parseIdx(bytes, path), file: path };
  };
  const half = async (images: string, labels: string, split: "train" | "test"): Promise<Images> => {
    const joined = imagesFromIdx(await read(images), await read(labels), 10, `fashion-mnist ${split}`);
    if (joined.height !== 28 || joined.width !== 28)
      throw inputError(`${plainOrGzip(folder, images)}: image size`, "28 x 28", `${joined.height} x ${joined.width}`);
    return { ...joined, split };
  };
  return {
    name: "fashion-mnist",
    train: await half(fashionFiles.trainImages, fashionFiles.trainLabels, "train"),
    test: await half(fashionFiles.testImages, fashionFiles.testLabels, "test"),
    classNames: [...fashionClassNames],
    normalization: fashionNormalization,
    source,
  };
}

async function loadCifar(folder: string, signal?: AbortSignal): Promise<Dataset> {
  const source: Dataset["source"] = [];
  // The whole data set in one file would be 60,000 rows; more is something else.
  const limit = 60_000 * cifarRowBytes;
  const read = async (path: string): Promise<Images> => {
    signal?.throwIfAborted();
    const { bytes, sha256 } = await readBytes(path, cifarRowBytes, () => limit);
    source.push({ file: basename(path), sha256 });
    return parseCifar(bytes, path);
  };
  const half = async (files: readonly string[], split: "train" | "test"): Promise<Images> => {
    const parts: Images[] = [];
    for (const file of files) {
      const path = plainOrGzip(folder, file);
      if (path !== undefined) parts.push(await read(path));
    }
    return { ...joinImages(parts, `cifar-10 ${split}`), split };
  };
  return {
    name: "cifar-10",
    train: await half(cifarFiles.train, "train"),
    test: await half([cifarFiles.test], "test"),
    classNames: [...cifarClassNames],
    normalization: cifarNormalization,
    source,
  };
}
