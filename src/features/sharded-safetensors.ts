import { dirname, join } from "node:path";
import { inputError } from "../errors.ts";
import { type Bytes, head } from "./bytes.ts";
import type { Contents } from "./contents.ts";
import { parseObject, safetensorsArrays } from "./read-safetensors.ts";
import type { StoredArray } from "./stored-array.ts";

/** The most bytes of an index. */
const mostIndex = 2 ** 27;

/** The arrays of all files that an index names; `open` gives the bytes of a file beside it. */
export async function shardedArrays(whole: Bytes, open: (path: string) => Promise<Bytes>): Promise<Contents> {
  const { what: file, length } = whole;
  if (length > mostIndex) throw inputError(file, `an index of at most ${mostIndex} bytes`, length);
  const index = parseObject(new TextDecoder().decode(await head(whole, length)), file);
  const map = index.weight_map;
  if (typeof map !== "object" || map === null) throw inputError(file, "an index with weight_map", Object.keys(index));
  const arrays = new Map<string, StoredArray>();
  const skipped = new Map<string, string>();
  for (const shard of new Set(Object.values(map as Record<string, unknown>))) {
    // A name only: an index must not point anywhere else on the disk.
    if (typeof shard !== "string" || !/^[^/\\]+\.safetensors$/.test(shard))
      throw inputError(`${file}: weight_map`, "names of .safetensors files beside it", shard);
    const inside = await safetensorsArrays(await open(join(dirname(file), shard)));
    for (const [name, array] of inside.arrays) if ((map as Record<string, unknown>)[name] === shard) arrays.set(name, array);
    for (const [name, why] of inside.skipped) skipped.set(name, why);
  }
  return { arrays, texts: new Map(), skipped, settings: new Map() };
}
