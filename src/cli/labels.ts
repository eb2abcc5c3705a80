import { unusedIgnore } from "../documents/index.ts";
import { InputError } from "../errors.ts";
import { type ArrayFile, type Keys, type LabelOptions, openArrays, openLabels } from "../features/index.ts";
import { presentCounts } from "../problem/index.ts";

/** Class counts from the labels at a place: whatever `nclab measure` reads as labels, or a folder with one sub-folder a class. */
export async function countLabels(
  place: string,
  keys: Keys,
  options: LabelOptions,
): Promise<{ counts: number[]; names: string[] | null }> {
  let opened: ArrayFile | undefined;
  try {
    const labels = await openLabels(place, keys, options, async (file) => {
      opened = await openArrays(file);
      return opened;
    });
    const unused = unusedIgnore(`--labels ${labels.what}`, labels.ignored, options.ignore);
    if (unused) console.error(unused);
    const counts = presentCounts(labels.counts, `--labels ${labels.what}`, labels.how);
    return { counts, names: labels.names === null ? null : [...labels.names].slice(0, counts.length) };
  } catch (error) {
    if (!(error instanceof InputError) || error.message.startsWith("--labels")) throw error;
    throw new InputError(`--labels ${error.message}`);
  } finally {
    await opened?.close();
  }
}
