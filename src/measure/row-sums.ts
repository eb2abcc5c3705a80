import { gramOfColumns, gramSum, norm2 } from "../math/index.ts";
import { eachBlock, type Rows } from "../row-store.ts";

/** Sums over matrices by rows, a block of rows at a time. */

/** |row|^2 of each; with `images`, the rows times a matrix G, in the metric of G. */
export function squaredNormsOf(rows: Rows, images: Rows = rows): Float64Array {
  const squares = new Float64Array(rows.n);
  eachBlock(rows, (block, from, count) => {
    const image = images === rows ? block : images.read(from, from + count, 1);
    for (let i = 0, e = 0; i < count; i++) {
      let sum = 0;
      for (const end = e + rows.d; e < end; e++) sum += block[e] * image[e];
      squares[from + i] = sum;
    }
  });
  return squares;
}

/** The Frobenius norm. */
export function lengthOfRows(rows: Rows): number {
  const lengths: number[] = [];
  eachBlock(rows, (block) => lengths.push(norm2(block)));
  return lengths.length === 1 ? lengths[0] : norm2(Float64Array.from(lengths));
}

/** From so many multiplications on sums of products are kept where the threads compute them. */
export const fewestResident: number = 2 ** 24;

/** X'X (d x d) of the rows X. */
export function gramOf(rows: Rows): Float64Array {
  const { n, d } = rows;
  const sum = n * d * d < fewestResident ? null : gramSum(d);
  if (sum) {
    try {
      eachBlock(rows, (block, _, count) => sum.add(block, count));
    } catch (error) {
      sum.total();
      throw error;
    }
    return sum.total();
  }
  const G = new Float64Array(d * d);
  eachBlock(rows, (block, _, count) => gramOfColumns(G, block, count, d, true));
  return G;
}
