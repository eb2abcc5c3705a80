import { inputError } from "../../errors.ts";
import { findArray, onlyArray, openArrays, rowBlocks, rowsOf } from "../../features/index.ts";
import { parseKeys } from "../../inputs/index.ts";
import { addToOodMean, type MeasureOptions } from "../../measure/index.ts";
import type { Values } from "../command.ts";

/** The mean of features from elsewhere, for nc5: rows of `d` numbers in a file, read in blocks; of length 1 each for a normalized head. Throws InputError. */
async function meanOfRows(file: string, d: number, { keys, unit }: { keys?: string; unit: boolean }): Promise<Float64Array> {
  const arrays = await openArrays(file);
  try {
    const found = findArray(arrays, "features", parseKeys(keys)) ?? onlyArray(arrays, "features");
    const { n, d: width } = rowsOf(found);
    if (found.shape.length < 2 || n === 0 || width !== d)
      throw inputError(`${found.what}: shape`, `rows of ${d} numbers, as the features have`, found.shape.join(" x ") || "()");
    const mean = new Float64Array(d);
    for await (const { n: rows, first, values } of rowBlocks(found, 0, n, 1024))
      addToOodMean(mean, values.subarray(0, rows * d), { n, d, unit }, found.what, first);
    return mean;
  } finally {
    await arrays.close();
  }
}

/** With the mean of what --ood names, rows of `d` numbers. */
export async function withOod(options: Values, d: number, wanted: MeasureOptions): Promise<MeasureOptions> {
  const file = options.text("ood");
  if (file === undefined) return wanted;
  return {
    ...wanted,
    oodMean: await meanOfRows(file, d, { keys: options.text("keys"), unit: options.text("head") === "cosine" }),
  };
}
