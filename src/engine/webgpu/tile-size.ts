/** Sizes of a tile: of the product, of a slice, of what a thread computes. Both slices together fit in the 16 KiB that every device has, and there is a thread for each of their 4 x 4 blocks. */
export interface Tile {
  rows: number;
  columns: number;
  depth: number;
  threadRows: 4 | 8;
  threadColumns: 4 | 8;
  /** Products a second beside those of the largest tile: a thread with more values reads less for each. An estimate. */
  speed: number;
}

const tiles: readonly Tile[] = [
  { rows: 128, columns: 128, depth: 16, threadRows: 8, threadColumns: 8, speed: 1 },
  { rows: 128, columns: 64, depth: 16, threadRows: 8, threadColumns: 4, speed: 0.8 },
  { rows: 64, columns: 128, depth: 16, threadRows: 4, threadColumns: 8, speed: 0.8 },
  { rows: 64, columns: 64, depth: 32, threadRows: 4, threadColumns: 4, speed: 0.6 },
  { rows: 32, columns: 32, depth: 16, threadRows: 4, threadColumns: 4, speed: 0.35 },
];

/** Rows and columns of the smallest tile. */
const least = 32;
/** Threads that a large graphics processor computes with at once in these kernels: some 130 multiprocessors, two groups of 256 each. */
const atOnce = 65_536;
/** Products that could be computed in the time in which memory gives or takes one number. */
const productsANumber = 32;

/**
 * The tile, and in how many parts the depth is cut so that enough groups of threads work, by an estimate of the time on a large graphics processor: waves of groups, and for parts the numbers written and read
 * once more. It depends on the shapes alone, so that every device adds in the same order.
 */
export function tileFor({ rows, columns, depth, phases }: { rows: number; columns: number; depth: number; phases: number }): {
  tile: Tile;
  parts: number;
} {
  let best = { tile: tiles[0], parts: 1, time: Number.POSITIVE_INFINITY };
  // A small product needs no large tile: half of it would be empty.
  const fitting = (of: number, size: number): boolean => size === least || size < 2 * of;
  for (const tile of tiles.filter((t) => fitting(rows, t.rows) && fitting(columns, t.columns))) {
    const slices = Math.ceil(depth / tile.depth);
    const threads = (tile.rows * tile.columns) / (tile.threadRows * tile.threadColumns);
    const groups = Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) * phases;
    for (let wanted = 1; wanted < 2 * Math.min(slices, 256); wanted *= 2) {
      const each = Math.ceil(slices / wanted);
      const parts = Math.ceil(slices / each);
      const waves = Math.ceil((groups * parts * threads) / atOnce);
      // Products of a thread, over all its waves.
      const computing = (waves * each * tile.depth * tile.threadRows * tile.threadColumns) / tile.speed;
      const again = parts === 1 ? 0 : 2000 + ((parts + 1) * rows * phases * columns * productsANumber) / atOnce;
      const time = computing + again;
      if (time < best.time) best = { tile, parts, time };
    }
  }
  return best;
}
