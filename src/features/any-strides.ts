import { InputError, inputError } from "../errors.ts";
import { numbersOf, widthOf } from "./elements.ts";
import type { Rows, StoredArray } from "./stored-array.ts";

/**
 * Rows of a view whose axes lie in any order: convolutions that were permuted before they were saved, `channels_last`, every other column,
 * `expand`. Of a block of rows the axes with the smallest strides are read together, a run, as long as the gaps between their entries are few;
 * the others are gone through one position after the other.
 */
export async function* anyRows(array: StoredArray, from: number, to: number, step: number): AsyncGenerator<Rows> {
  const { what, type, littleEndian, bytes, offset, strides } = array;
  if (!strides.every((stride) => stride >= 0)) throw inputError(`${what}: strides`, "rows or columns, none backwards", strides);
  if (!bytes.readAt) throw new InputError(`${what}: expected rows one after the other, got columns in a compressed file`);
  const width = widthOf(type);
  const planOf = (n: number): Plan => blockPlan([n, ...array.shape.slice(1)], strides, width);
  let plan = planOf(Math.min(step, to - from));
  for (let first = from; first < to; first += step) {
    const n = Math.min(step, to - first);
    if (n !== plan.n) plan = planOf(n);
    const { length, inside, outside, size } = plan;
    const out = new Float64Array(size);
    for (let p = 0; p < outside.from.length; p++) {
      // A fresh buffer: numbers may be views of it.
      const buffer = new Uint8Array(length * width);
      await bytes.readAt(offset + (first * strides[0] + outside.from[p]) * width, buffer);
      const numbers = numbersOf(buffer, type, littleEndian);
      for (let e = 0; e < inside.from.length; e++) out[outside.to[p] + inside.to[e]] = numbers[inside.from[e]];
    }
    yield { first, n, values: out };
  }
  await bytes.verify?.();
}

/** How a block of n rows is read: runs of `length` elements, where the entries of a run are, where the runs begin. */
interface Plan {
  n: number;
  length: number;
  inside: Positions;
  outside: Positions;
  size: number;
}

interface Positions {
  from: Float64Array;
  to: Float64Array;
}

function blockPlan(shape: readonly number[], strides: readonly number[], width: number): Plan {
  const axes = axesOf(shape, strides);
  const run = runOf(axes, width);
  const [inside, outside] = [positions(axes.slice(0, run.axes)), positions(axes.slice(run.axes))];
  return { n: shape[0], length: run.length, inside, outside, size: inside.from.length * outside.from.length };
}

/** An axis of a block: its length, its step in the file and in the block. */
interface Axis {
  n: number;
  from: number;
  to: number;
}

/** Those longer than 1, the smallest step in the file first. */
function axesOf(shape: readonly number[], strides: readonly number[]): Axis[] {
  const axes: Axis[] = [];
  let to = 1;
  for (let k = shape.length - 1; k >= 0; k--) {
    if (shape[k] > 1) axes.push({ n: shape[k], from: strides[k], to });
    to *= shape[k];
  }
  return axes.sort((a, b) => a.from - b.from);
}

/** What is read whatever the gaps: 64 kB. */
const short = 2 ** 16;

/** How many of the axes are one run, and its elements with the gaps: at most four times what is wanted of them, so that memory follows the block. */
function runOf(axes: readonly Axis[], width: number): { axes: number; length: number } {
  let [length, wanted] = [1, 1];
  for (const [k, { n, from }] of axes.entries()) {
    const longer = length + (n - 1) * from;
    wanted *= n;
    if (longer * width > short && longer > 4 * wanted) return { axes: k, length };
    length = longer;
  }
  return { axes: axes.length, length };
}

/** Where the entries of some axes are, in the file and in the block. */
function positions(axes: readonly Axis[]): Positions {
  const size = axes.reduce((product, { n }) => product * n, 1);
  const [from, to] = [new Float64Array(size), new Float64Array(size)];
  let known = 1;
  for (const axis of axes) {
    // The entries so far, once for each position along the axis; those at 0 are there already.
    for (let e = known; e < known * axis.n; e++) {
      from[e] = from[e - known] + axis.from;
      to[e] = to[e - known] + axis.to;
    }
    known *= axis.n;
  }
  return { from, to };
}
