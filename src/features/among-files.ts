import { inputError } from "../errors.ts";
import { blobBytes } from "./blob-bytes.ts";
import type { Source } from "./format.ts";
import { everywhere } from "./formats/everywhere.ts";
import type { Labels } from "./labels/labels.ts";
import { holdsArrays, labelsIn } from "./labels/labels-in.ts";
import { textLabels } from "./labels/text-labels.ts";
import type { Opener } from "./opener.ts";
import { pageHost } from "./page-host.ts";
import { readSource, sourceOf } from "./read-source.ts";
import { isNamedUnread, unknownFile } from "./unknown-file.ts";
import { type Inside, insideBlob } from "./unpack-here.ts";

/** The files that a page was given, by their names; each is read by slices, in the formats that a page reads. */
export function amongFiles(files: ReadonlyMap<string, Blob>): Opener {
  const opened = new Map<string, Promise<Inside>>();
  /** Each is unpacked once. */
  const sourceIn = async (name: string): Promise<Source> => {
    const blob = files.get(name);
    if (!blob) throw inputError(name, `one of the files that were given: ${[...files.keys()].join(", ")}`, "none of them");
    const inside = opened.get(name) ?? insideBlob(blob, name);
    opened.set(name, inside);
    const found = await inside;
    return sourceOf(blobBytes(found.blob, name), found.name, pageHost);
  };
  return {
    async arrays(name) {
      const found = await readSource(await sourceIn(name), everywhere);
      return { ...found, close: async () => {} };
    },
    async labels(place, keys, options, open) {
      const { bytes, start, name } = await sourceIn(place);
      if (holdsArrays(everywhere, start, name)) return (await labelsIn(await open(place), keys, options)) as Labels;
      if (isNamedUnread({ start })) throw unknownFile(place, { start, name }, everywhere);
      return textLabels(bytes, { ...options, column: keys.labels });
    },
  };
}
