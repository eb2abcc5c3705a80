import { InputError, inputError } from "../../errors.ts";
import { type Bytes, placedLater } from "../bytes.ts";
import { type Contents, empty } from "../contents.ts";
import type { Host } from "../format.ts";
import { contiguous, sizeOf } from "../stored-array.ts";
import { wordList } from "../text-array.ts";
import { type Dataset, datasetBytes, datasetWords, elementIn, holdsWords, memberNames } from "./dataset.ts";
import { failure, type Hdf5File, type Hdf5Object } from "./library.ts";
import { numberBits } from "./type-message.ts";

/** H5G_obj_t, and what is behind a link that leads nowhere. */
const types = { group: 0, dataset: 1, link: 3, external: 4 };

/** More objects than this are no file of arrays. */
const mostObjects = 200_000;

/** What is known of a file. */
export interface Hdf5Options {
  /** For messages. */
  what: string;
  /** All of it: no dataset can hold much more than its bytes unpack to. */
  bytes: Bytes;
  host: Host;
  /** MATLAB writes the axes in the order in which it counts them: the first runs fastest. */
  reversed: boolean;
}

/**
 * The datasets of a file by their paths (`model_weights/dense/kernel:0`). One that has several names has all of them, the later ones aside; links to other files are not
 * followed, and what is wrong in itself is left out by name.
 */
export async function hdf5Arrays(file: Hdf5File, options: Hdf5Options): Promise<Contents> {
  const contents = empty();
  const seen = new Set([await file.root()]);
  const open = [""];
  let objects = 0;
  for (let group = open.pop(); group !== undefined; group = open.pop()) {
    const inside: string[] = [];
    const found = await childrenOf(file, group, contents);
    objects += found.length;
    if (objects > mostObjects) throw inputError(`${options.what}: objects`, `at most ${mostObjects}`, "more");
    for (const object of found) {
      const path = group === "" ? object.name : `${group}/${object.name}`;
      const { type, address, said } = object;
      if (said !== undefined) contents.skipped.set(path, failure("", said, said).message.replace(/^: /, ""));
      if (type === types.link) contents.skipped.set(path, "a link that leads to nothing in the file");
      if (type === types.external) contents.skipped.set(path, "a link to another file");
      if (address === undefined) continue;
      const again = seen.has(address);
      seen.add(address);
      if (type === types.dataset) await add(contents, file, path, object, again, options);
      else if (!again) inside.push(path);
    }
    for (const path of inside.reverse()) open.push(path);
  }
  return contents;
}

/** A group that cannot be read does not spoil the others, unless it is the root or ends the library. */
async function childrenOf(file: Hdf5File, group: string, { skipped }: Contents): Promise<Hdf5Object[]> {
  try {
    return await file.children(group);
  } catch (error) {
    if (!(error instanceof InputError) || group === "" || file.isLost()) throw error;
    skipped.set(group, error.message);
    return [];
  }
}

async function add(
  { arrays, texts, skipped }: Contents,
  file: Hdf5File,
  path: string,
  object: Hdf5Object,
  again: boolean,
  options: Hdf5Options,
): Promise<void> {
  const what = `${options.what}, ${path}`;
  const size = options.bytes.length;
  const { shape, chunks, virtual_sources: sources, ...of } = object.of as NonNullable<Hdf5Object["of"]>;
  if (shape === null) return void skipped.set(path, "nothing: a dataset without a shape");
  if (sources !== undefined) return void skipped.set(path, "parts of other datasets (a virtual dataset)");
  const dataset: Dataset = { file, path, what, of, shape, chunks };
  if (!shape.every(Number.isSafeInteger)) return void skipped.set(path, `${shape.join(" x ")} numbers`);
  const n = sizeOf(shape, what);
  // Deflate packs at most 1032 to 1, and 64 kB are read whatever they came from.
  if (n * of.size > 1032 * size + 2 ** 16)
    return void skipped.set(path, `${shape.join(" x ")} entries, more than the file's ${size} bytes can hold`);
  if (holdsWords(dataset)) return void texts.set(path, datasetWords(dataset));
  const type = elementIn(dataset, object.dtype, await numberBits(options.bytes, addressOf(object)));
  if (typeof type !== "string") return void skipped.set(path, type.unread);
  const read = datasetBytes(dataset, type, size);
  // Of columns in chunks each chunk would be unpacked once for every column: they are written to a temporary file in the order in which they lie.
  const bytes = options.reversed && chunks !== null && read.length > 2 ** 22 ? placedLater(read, options.host.anywhere) : read;
  const strides = contiguous(shape);
  const view = options.reversed ? { shape: [...shape].reverse(), strides: [...strides].reverse() } : { shape, strides };
  arrays.set(path, { what, ...view, type, littleEndian: true, bytes, offset: 0, ...(again ? { aside: true } : {}) });
  const members = memberNames(of);
  if (members) texts.set(`${path}/class_names`, wordList(`${what}: names`, members));
}

/** Where an object's header is, which its reference says in eight bytes. */
export function addressOf({ address = "" }: Pick<Hdf5Object, "address">): number {
  return address.split(",").reduceRight((sum, byte) => sum * 256 + Number(byte), 0);
}
