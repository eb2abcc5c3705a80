import { statSync } from "node:fs";
import type { ArrayFile } from "../array-file.ts";
import type { Keys } from "../find.ts";
import { formats } from "../formats/all.ts";
import { openSource, startOf } from "../open-source.ts";
import { isNamedUnread, unknownFile } from "../unknown-file.ts";
import { folderLabels } from "./class-folders.ts";
import type { LabelOptions, Labels } from "./labels.ts";
import { holdsArrays, labelsIn } from "./labels-in.ts";
import { textLabels } from "./text-labels.ts";

/**
 * The labels at a place that a person names: a folder of class folders, a file of arrays, or a text; by content, not by name. A file of arrays is
 * opened by `open`, whose caller closes it: labels are read from it as long as they are asked for.
 */
export async function openLabels(
  place: string,
  keys: Keys,
  options: LabelOptions,
  open: (file: string) => Promise<ArrayFile>,
): Promise<Labels> {
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory()) return folderLabels(place);
  const { start, name } = await startOf(place);
  if (holdsArrays(formats, start, name)) return labelsIn(await open(place), keys, options) as Promise<Labels>;
  if (isNamedUnread({ start })) throw unknownFile(place, { start, name }, formats);
  const source = await openSource(place);
  try {
    return await textLabels(source.bytes, { ...options, column: keys.labels });
  } finally {
    await source.close();
  }
}
