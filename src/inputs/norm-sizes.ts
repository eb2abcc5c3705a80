import type { CheckpointEnding } from "../endings/index.ts";
import { InputError } from "../errors.ts";
import { readWhole, type StoredArray } from "../features/browser.ts";
import { alignedBranches, type ScaleAndShift } from "../measure/index.ts";

/** Scale and shift of the normalizations that end a network, from the arrays of its checkpoint. */
export async function normSizes(
  arrays: ReadonlyMap<string, StoredArray>,
  norms: CheckpointEnding["norms"],
): Promise<ScaleAndShift[]> {
  const read = async (name: string | null): Promise<Float64Array | null> => {
    const array = name === null ? undefined : arrays.get(name);
    if (!array) return null;
    const { data } = await readWhole(array);
    if (!data.every(Number.isFinite)) throw new InputError(`${array.what}: expected finite numbers, got others`);
    return data;
  };
  const sizes: ScaleAndShift[] = [];
  for (const { scale, shift } of norms) sizes.push({ scale: await read(scale), shift: await read(shift) });
  return sizes;
}

/** The most that J can be at a minimum: 1 where the features are no sum of batch-normalized branches, else by the sizes of these. */
export const branchesAtMost = ({ mostBranches }: CheckpointEnding, sizes: readonly ScaleAndShift[]): number =>
  mostBranches > 1 ? alignedBranches(sizes) : 1;
