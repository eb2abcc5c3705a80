import { type Format, isZip } from "../format.ts";
import { npzArrays } from "../read-npz.ts";
import { contiguous, type StoredArray } from "../stored-array.ts";

/** NumPy's zip of .npy files; any zip that is nothing else. */
export const npz: Format = {
  kind: "npz",
  endings: [".npz"],
  ordered: true,
  sniff: isZip,
  async open({ bytes, members, host }) {
    return npzArrays(bytes.what, await members(), async (array, { compressed }) =>
      compressed && inColumns(array) ? { ...array, bytes: await host.anywhere(array.bytes) } : array,
    );
  },
};

function inColumns({ shape, strides }: StoredArray): boolean {
  const rows = contiguous(shape);
  return shape.some((n, axis) => n > 1 && strides[axis] !== rows[axis]);
}
