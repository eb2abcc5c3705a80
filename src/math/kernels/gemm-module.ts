import {
  add,
  below,
  type Code,
  get,
  int,
  load,
  loadBoth,
  madd,
  moduleOf,
  multiply,
  relaxedMadd,
  repeat,
  set,
  store,
  subtract,
  tee,
  zero,
} from "./emit.ts";

/**
 * The inner part of a blocked matrix product, C = A B on packed operands in WebAssembly memory, after Goto and van de Geijn, "Anatomy of
 * high-performance matrix multiplication" (ACM TOMS 34, 2008).
 *
 * A is packed in panels of `tileRows` rows, each stored column by column; B in panels of COLUMNS columns, each stored row by row; both are
 * filled up with zeros to whole panels. One tile of C stays in registers while its panels stream by: its accumulators, a row piece of B and
 * one broadcast entry of A fill the 16 vector registers of x86-64.
 *
 * C is written densely (row stride = its true number of columns) by whole tiles. What a tile at the right edge writes too much lands in the
 * first columns of later rows; the tiles run from the right to the left and from the top down, and store their rows in that order, so those
 * places are written again, rightly, afterwards. Memory after C takes what is left over.
 */
export const COLUMNS = 4;

/** Twelve accumulators with fused products; eight without, where each product needs a register of its own before it is added. */
export const tileRows = (relaxed: boolean): number => (relaxed ? 6 : 4);

// Parameters (addresses in bytes) and locals of the function.
const [A, B, C, DEPTH, ROW_TILES, COLUMN_TILES, STRIDE] = [0, 1, 2, 3, 4, 5, 6];
const [panelA, panelB, rowTiles, b, bEnd, bPanelBytes, c] = [7, 8, 9, 10, 11, 12, 13];
const FIRST_VECTOR = 14;
const PAIRS = COLUMNS / 2;
const piece = (j: number): number => FIRST_VECTOR + j;
const entry = FIRST_VECTOR + PAIRS;
const accumulator = (i: number, j: number): number => entry + 1 + i * PAIRS + j;

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const advance = (local: number, bytes: Code): Code => set(local, add(get(local), bytes));

export function gemmModule(pages: number, relaxed: boolean): Uint8Array<ArrayBuffer> {
  const fma = relaxed ? relaxedMadd : madd;
  const rows = upTo(tileRows(relaxed));
  const pairs = upTo(PAIRS);

  const step: Code = [
    pairs.map((j) => set(piece(j), load(get(b), 16 * j))),
    rows.map((i) => [
      set(entry, loadBoth(get(panelA), 8 * i)),
      pairs.map((j) => set(accumulator(i, j), fma(get(entry), get(piece(j)), get(accumulator(i, j))))),
    ]),
    advance(panelA, int(8 * rows.length)),
  ];

  const tile: Code = [
    rows.map((i) => pairs.map((j) => set(accumulator(i, j), zero))),
    set(b, get(panelB)),
    repeat(step, below(tee(b, add(get(b), int(8 * COLUMNS))), get(bEnd))),
    rows.map((i) => [pairs.map((j) => store(get(c), 16 * j, get(accumulator(i, j)))), advance(c, get(STRIDE))]),
  ];

  // Panels of A follow each other in memory, so that panelA is at the next one when a tile is done; so is c.
  const columnOfTiles: Code = [
    set(COLUMN_TILES, subtract(get(COLUMN_TILES), int(1))),
    set(panelB, add(get(B), multiply(get(COLUMN_TILES), get(bPanelBytes)))),
    set(bEnd, add(get(panelB), get(bPanelBytes))),
    set(c, add(get(C), multiply(get(COLUMN_TILES), int(8 * COLUMNS)))),
    set(panelA, get(A)),
    set(rowTiles, get(ROW_TILES)),
    repeat(tile, tee(rowTiles, subtract(get(rowTiles), int(1)))),
  ];

  const body: Code = [set(bPanelBytes, multiply(get(DEPTH), int(8 * COLUMNS))), repeat(columnOfTiles, get(COLUMN_TILES))];
  return moduleOf(pages, 7, 7, PAIRS + 1 + rows.length * PAIRS, body);
}
