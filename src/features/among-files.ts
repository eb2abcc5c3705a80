import { inputError } from "../errors.ts";
import { blobBytes } from "./blob-bytes.ts";
import type { Bytes } from "./bytes.ts";
import { everywhere } from "./formats/everywhere.ts";
import type { Labels } from "./labels/labels.ts";
import { holdsArrays, labelsIn } from "./labels/labels-in.ts";
import { textLabels } from "./labels/text-labels.ts";
import type { Opener } from "./opener.ts";
import { pageHost } from "./page-host.ts";
import { readSource, sourceOf } from "./read-source.ts";
import { isNamedUnread, unknownFile } from "./unknown-file.ts";

/** The files that a page was given, by their names; each is read by slices, in the formats that a page reads. */
export function amongFiles(files: ReadonlyMap<string, Blob>): Opener {
  const bytesOf = (name: string): Bytes => {
    const blob = files.get(name);
    if (!blob) throw inputError(name, `one of the files that were given: ${[...files.keys()].join(", ")}`, "none of them");
    return blobBytes(blob, name);
  };
  return {
    async arrays(name) {
      const found = await readSource(await sourceOf(bytesOf(name), name, pageHost), everywhere);
      return { ...found, close: async () => {} };
    },
    async labels(place, keys, options, open) {
      const bytes = bytesOf(place);
      const { start } = await sourceOf(bytes, place, pageHost);
      if (holdsArrays(everywhere, start, place)) return (await labelsIn(await open(place), keys, options)) as Labels;
      if (isNamedUnread({ start })) throw unknownFile(place, { start, name: place }, everywhere);
      return textLabels(bytes, { ...options, column: keys.labels });
    },
  };
}
