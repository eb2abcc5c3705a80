import { inputError } from "../../errors.ts";
import { rowBlocks, rowsOf, type StoredArray } from "../stored-array.ts";
import { type LabelOptions, type Labels, severalOnes } from "./labels.ts";
import { Tally } from "./tally.ts";

/**
 * Labels from an array: a column (or a row) of whole numbers of any type, or one-hot rows. Reads it through once; memory does not grow with it.
 */
export async function arrayLabels(array: StoredArray, options: LabelOptions = {}): Promise<Labels> {
  const { what, shape } = array;
  const { mostBytes = Number.POSITIVE_INFINITY } = options;
  if (array.bytes.length > mostBytes) throw inputError(what, `at most ${mostBytes} bytes here`, array.bytes.length);
  const flat = shape.length > 1 && shape[0] === 1 ? { ...array, shape: shape.slice(1), strides: array.strides.slice(1) } : array;
  const { n, d } = rowsOf(flat);
  const { name } = options;
  // What `--keys` takes: a column of the array, or of what lies below its first axes.
  const column =
    name === undefined ? null : `--keys labels=${name}[${flat.shape.map((_, axis) => (axis === 0 ? ":" : 0)).join(",")}]`;
  if (d === 0 || (d > 1 && flat.shape.length !== 2))
    throw inputError(
      `${what}: shape`,
      `one label a sample${column && d > 0 ? ` (in measure, ${column} takes one)` : ""}`,
      array.shape,
    );
  const label = d === 1 ? (values: ArrayLike<number>, i: number): number => values[i] : hot(what, d, column);
  const tally = new Tally(options);
  const step = Math.max(1, Math.floor((1 << 16) / d));
  for await (const { first, n: rows, values } of rowBlocks(flat, 0, n, step))
    for (let i = 0; i < rows; i++) tally.add(label(values, i, first), () => `${what}[${first + i}]`);
  if (d > 1) tally.atLeast(d);
  const { classes, counts, ignored } = tally.finish();
  const ignore = ignored > 0 ? Number(options.ignore) : Number.NaN;
  return {
    what,
    n,
    classes,
    counts,
    ignored,
    names: options.names && options.names.length >= classes ? options.names : null,
    order: null,
    how: d === 1 ? "a number a sample" : `one-hot rows of ${d} classes`,
    async *blocks(from, to, wanted) {
      for await (const { values, n: rows, first } of rowBlocks(flat, from, to, wanted)) {
        if (d === 1 && ignored === 0) yield values;
        else
          yield Int32Array.from({ length: rows }, (_, i) => {
            const k = label(values, i, first);
            return k === ignore ? -1 : k;
          });
      }
    },
  };
}

/** The place of the single 1 in a row of zeros. Throws InputError where a row is anything else: the largest of several is no label. */
function hot(what: string, d: number, column: string | null): (values: ArrayLike<number>, i: number, first: number) => number {
  return (values, i, first) => {
    let at = -1;
    let ones = 0;
    for (let j = 0; j < d; j++) {
      const x = values[i * d + j];
      if (x === 0) continue;
      if (x === 1) ones++;
      else ones = d + 1;
      at = j;
    }
    if (ones !== 1) {
      const row = Array.from({ length: d }, (_, j) => values[i * d + j]);
      throw inputError(
        `${what}[${first + i}]`,
        `one label a sample: a class number, or a one-hot row of ${d} with a single 1${wayOut(row, column)}`,
        row.slice(0, 10),
      );
    }
    return at;
  };
}

/** Columns of several tasks or labels, as a row shows them; nothing for what are no class numbers. */
function wayOut(row: readonly number[], column: string | null): string {
  if (column === null || !row.every((x) => Number.isInteger(x))) return "";
  const takes = `of several tasks or labels, ${column} takes in measure the first of ${row.length} columns`;
  return row.every((x) => x === 0 || x === 1) ? ` (${takes}; ${severalOnes})` : ` (${takes})`;
}
