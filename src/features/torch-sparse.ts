import { inputError } from "../errors.ts";
import { bytesOf } from "./array.ts";
import type { ArrayValue } from "./array-value.ts";
import { lazyBytes } from "./memory-bytes.ts";
import { isKind, itemsOf, nameOf, type Pickled } from "./pickle-values.ts";
import { arrayOf, type Part } from "./pickled-arrays.ts";
import { contiguous, readWhole, sizeOf } from "./stored-array.ts";

/** How many numbers all sparse tensors of a file may have when they are written out with their zeros: 128 MB, whatever the file's size. */
const most = 2 ** 24;

/**
 * Sparse tensors, written out with their zeros when they are first read. Coordinates (COO): indices (axes x entries), values (entries x the other
 * axes), where values at the same place add up; compressed rows or columns (CSR, CSC): where each row begins, the column of each entry, values.
 * `room.left` is what others have left of the file's numbers.
 */
export function sparseTensor(what: string, [layout, data]: Pickled[], room: { left: number }): ArrayValue {
  const kind = layoutName(layout);
  const items = itemsOf(data) ?? [];
  const coordinates = kind === "sparse_coo";
  if (!coordinates && kind !== "sparse_csr" && kind !== "sparse_csc")
    return { is: "unread", why: `a sparse tensor of layout ${kind.slice(0, 40)} (save x.to_dense())` };
  const size = itemsOf(items[coordinates ? 2 : 3]);
  const shape = (size ?? []) as number[];
  if (!size?.every((n) => typeof n === "number")) throw inputError(`${what}: sparse tensor`, "a size", nameOf(data));
  const dense = sizeOf(shape, what);
  if (dense > room.left)
    return {
      is: "unread",
      why: `a sparse tensor of ${shape.join(" x ")} numbers with its zeros; at most ${most} of a file are written out`,
    };
  const parts = items.slice(0, coordinates ? 2 : 3).map((part) => partOf(what, part));
  const fill = coordinates ? coordinateFilling(what, parts, shape) : compressedFilling(what, parts, shape, kind === "sparse_csc");
  room.left -= dense;
  const bytes = lazyBytes(what, 8 * dense, async () => {
    const numbers = new Float64Array(dense);
    await fill(numbers);
    return bytesOf(numbers);
  });
  return { is: "array", array: { shape, type: "f8", littleEndian: true, strides: contiguous(shape), bytes, offset: 0 } };
}

/** Room for one file. */
export function sparseRoom(): { left: number } {
  return { left: most };
}

/** PyTorch names a layout by a function of its name. */
function layoutName(layout: Pickled | undefined): string {
  const name = isKind(layout, "object") ? layout.args[0] : layout;
  return nameOf(name).replace(/^torch\./, "");
}

function partOf(what: string, value: Pickled): Part {
  const array = arrayOf(value);
  if (!array) throw inputError(`${what}: sparse tensor`, "indices and values that are read", nameOf(value));
  return array;
}

type Filling = (numbers: Float64Array) => Promise<void>;

function coordinateFilling(what: string, [indices, values]: Part[], shape: readonly number[]): Filling {
  const axes = indices.shape[0] ?? 0;
  const entries = indices.shape[1] ?? 0;
  const block = shape.slice(axes);
  const fits = indices.shape.length === 2 && axes <= shape.length && `${values.shape}` === `${[entries, ...block]}`;
  if (!fits)
    throw inputError(
      `${what}: sparse tensor`,
      `axes x entries indices and entries x ${block.join(" x ") || 1} values`,
      `${indices.shape.join(" x ")} and ${values.shape.join(" x ")}`,
    );
  const width = block.reduce((product, n) => product * n, 1);
  return async (numbers) => {
    const where = (await readWhole({ ...indices, what })).data;
    const added = (await readWhole({ ...values, what })).data;
    for (let e = 0; e < entries; e++) {
      let place = 0;
      for (let k = 0; k < axes; k++) place = place * shape[k] + inRange(what, where[k * entries + e], shape[k]);
      for (let j = 0; j < width; j++) numbers[place * width + j] += added[e * width + j];
    }
  };
}

function compressedFilling(what: string, [starts, others, values]: Part[], shape: readonly number[], columns: boolean): Filling {
  const [rows, d] = shape;
  const lines = columns ? d : rows;
  const entries = others.shape[0];
  if (
    shape.length !== 2 ||
    `${starts.shape}` !== `${lines + 1}` ||
    others.shape.length !== 1 ||
    `${values.shape}` !== `${entries}`
  )
    throw inputError(
      `${what}: sparse tensor`,
      "a matrix with a start for each row, a column and a value for each entry",
      `${shape.join(" x ")} with ${starts.shape.join(" x ")}, ${others.shape.join(" x ")}, ${values.shape.join(" x ")}`,
    );
  return async (numbers) => {
    const [begin, other, value] = [
      (await readWhole({ ...starts, what })).data,
      (await readWhole({ ...others, what })).data,
      (await readWhole({ ...values, what })).data,
    ];
    for (let line = 0; line < lines; line++) {
      const end = inRange(what, begin[line + 1], entries + 1);
      for (let e = inRange(what, begin[line], entries + 1); e < end; e++) {
        const across = inRange(what, other[e], columns ? rows : d);
        numbers[columns ? across * d + line : line * d + across] += value[e];
      }
    }
  };
}

function inRange(what: string, index: number, n: number): number {
  if (!(index >= 0 && index < n)) throw inputError(`${what}: sparse tensor`, `indices from 0 to ${n - 1}`, index);
  return index;
}
