/**
 * A number in [0, 1) for every row of a data set, by the seed: as good as drawn, and the same wherever the row is met. Keeping the rows with the least numbers is drawing without replacement, and what is kept
 * depends neither on the order nor on the blocks or shards in which rows come by (bottom-k sampling).
 */
export function priority(seed: number, row: number): number {
  const words = [seed, Math.floor(seed / 2 ** 32), row, Math.floor(row / 2 ** 32)];
  return ((mixed(words, 0x9e3779b9) >>> 5) * 2 ** 26 + (mixed(words, 0x85ebca6b) >>> 6)) / 2 ** 53;
}

/** MurmurHash3 of four words (Austin Appleby): mixing of each word, then the finalizer, which lets every bit reach every other. */
function mixed(words: readonly number[], start: number): number {
  let h = start | 0;
  for (const word of words) {
    let w = Math.imul(word | 0, 0xcc9e2d51);
    w = (w << 15) | (w >>> 17);
    h ^= Math.imul(w, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
