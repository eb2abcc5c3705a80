import {
  add,
  below,
  type Code,
  get,
  int,
  kernelOf,
  load,
  loadAllFour,
  loadBoth,
  loadFour,
  madd,
  maddFour,
  moduleOf,
  multiplyInt,
  relaxedMadd,
  relaxedMaddFour,
  repeat,
  set,
  store,
  storeFour,
  subtract,
  tee,
  zero,
} from "../../wasm/index.ts";

/**
 * The inner part of a blocked matrix product, C = A B on packed operands in WebAssembly memory, after Goto and van de Geijn, "Anatomy of
 * high-performance matrix multiplication" (ACM TOMS 34, 2008).
 *
 * A is packed in panels of `tileRows` rows, each stored column by column; B in panels of `tileColumns` columns, each stored row by row; both are
 * filled up with zeros to whole panels. One tile of C stays in registers while its panels stream by: its accumulators, a row piece of B and
 * one broadcast entry of A fill the 16 vector registers of x86-64.
 *
 * C is written densely (row stride = its true number of columns) by whole tiles. What a tile at the right edge writes too much lands in the
 * first columns of later rows; the tiles run from the right to the left and from the top down, and store their rows in that order, so those
 * places are written again, rightly, afterwards. Memory after C takes what is left over.
 */
export const tileColumns = (precision: Precision): number => 2 * arithmetic[precision].lanes;

/** Of the numbers in WebAssembly memory and of the sums. */
export type Precision = "double" | "single";

const arithmetic = {
  double: { lanes: 2, load, loadBoth, store, madd, relaxedMadd },
  single: { lanes: 4, load: loadFour, loadBoth: loadAllFour, store: storeFour, madd: maddFour, relaxedMadd: relaxedMaddFour },
};

/** Twelve accumulators with fused products; eight without, where each product needs a register of its own before it is added. */
export const tileRows = (relaxed: boolean): number => (relaxed ? 6 : 4);

// Parameters (addresses in bytes) and locals of the function.
const [A, B, C, DEPTH, ROW_TILES, COLUMN_TILES, STRIDE] = [0, 1, 2, 3, 4, 5, 6];
const [panelA, panelB, rowTiles, b, bEnd, bPanelBytes, c] = [7, 8, 9, 10, 11, 12, 13];
const FIRST_VECTOR = 14;
/** Vectors in a row of a tile. */
const VECTORS = 2;
const piece = (j: number): number => FIRST_VECTOR + j;
const entry = FIRST_VECTOR + VECTORS;
const accumulator = (i: number, j: number): number => entry + 1 + i * VECTORS + j;

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const advance = (local: number, bytes: Code): Code => set(local, add(get(local), bytes));

/** `pages`: of the module's own memory, or "shared" for one that is imported (`kernelOf`), by several threads maybe. */
export function gemmModule(pages: number | "shared", relaxed: boolean, precision: Precision = "double"): Uint8Array<ArrayBuffer> {
  const { lanes, load, loadBoth, store, ...kind } = arithmetic[precision];
  const fma = relaxed ? kind.relaxedMadd : kind.madd;
  const bytes = 16 / lanes;
  const columns = tileColumns(precision);
  const rows = upTo(tileRows(relaxed));
  const vectors = upTo(VECTORS);

  const step: Code = [
    vectors.map((j) => set(piece(j), load(get(b), 16 * j))),
    rows.map((i) => [
      set(entry, loadBoth(get(panelA), bytes * i)),
      vectors.map((j) => set(accumulator(i, j), fma(get(entry), get(piece(j)), get(accumulator(i, j))))),
    ]),
    advance(panelA, int(bytes * rows.length)),
  ];

  const tile: Code = [
    rows.map((i) => vectors.map((j) => set(accumulator(i, j), zero))),
    set(b, get(panelB)),
    repeat(step, below(tee(b, add(get(b), int(bytes * columns))), get(bEnd))),
    rows.map((i) => [vectors.map((j) => store(get(c), 16 * j, get(accumulator(i, j)))), advance(c, get(STRIDE))]),
  ];

  // Panels of A follow each other in memory, so that panelA is at the next one when a tile is done; so is c.
  const columnOfTiles: Code = [
    set(COLUMN_TILES, subtract(get(COLUMN_TILES), int(1))),
    set(panelB, add(get(B), multiplyInt(get(COLUMN_TILES), get(bPanelBytes)))),
    set(bEnd, add(get(panelB), get(bPanelBytes))),
    set(c, add(get(C), multiplyInt(get(COLUMN_TILES), int(bytes * columns)))),
    set(panelA, get(A)),
    set(rowTiles, get(ROW_TILES)),
    repeat(tile, tee(rowTiles, subtract(get(rowTiles), int(1)))),
  ];

  const body: Code = [set(bPanelBytes, multiplyInt(get(DEPTH), int(bytes * columns))), repeat(columnOfTiles, get(COLUMN_TILES))];
  const registers = VECTORS + 1 + rows.length * VECTORS;
  return pages === "shared" ? kernelOf(7, 7, registers, body) : moduleOf(pages, 7, 7, registers, body);
}
