import {
  add,
  atLeastPair,
  below,
  both,
  bothBits,
  bothOf,
  type Code,
  choose,
  differ,
  divide,
  get,
  int,
  kernelOf,
  load,
  loadBoth,
  loadInt,
  loadNumber,
  madd,
  maxNumber,
  maxPair,
  minusPair,
  multiplyInt,
  numberOf,
  oneOf,
  plusNumber,
  plusPair,
  plusPairOfIntegers,
  relaxedMadd,
  repeat,
  set,
  shiftPairLeft,
  store,
  storeNumber,
  subtract,
  tee,
  timesPair,
  zero,
} from "../../wasm/index.ts";
import { DEPTH } from "./gemm.ts";
import { tileRows } from "./gemm-module.ts";

/**
 * Two kernels over shared memory for products whose result stays where it is, block after block of rows: no block of it is copied in or out. Operands are packed as in gemm-module.ts, but in panels of their whole
 * depth; C is dense, its rows and columns filled up to whole tiles.
 */

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const advance = (local: number, bytes: Code): Code => set(local, add(get(local), bytes));

/** Columns of a tile, as in gemm-module.ts. */
export const columnsOfTile = 4;
/** Terms after which a sum is cut: about as many as in gemm.ts, of which a panel of B stays in the first-level cache, and all parts alike. */
export const partOf = (depth: number): number => Math.ceil(depth / Math.max(1, Math.round(depth / DEPTH)));

/**
 * C += A B, or C = A B where ONTO is 0, tile by tile. Parameters: A, B, C (addresses), TERMS, ROW_TILES, COLUMN_TILES, STRIDE (bytes of a row of C), ONTO, MOST (`partOf` the terms).
 */
export function onPlaceModule(relaxed: boolean): Uint8Array<ArrayBuffer> {
  const rows = upTo(tileRows(relaxed));
  const vectors = [0, 1];
  const [A, B, C, TERMS, ROW_TILES, COLUMN_TILES, STRIDE, ONTO, MOST] = upTo(9);
  const [a, b, bEnd, c, left, part, panelA, panelB, rowTiles, columnTiles, stripeC] = upTo(11).map((i) => 9 + i);
  const firstVector = 20;
  const piece = (j: number): number => firstVector + j;
  const entry = firstVector + 2;
  const sum = (i: number, j: number): number => entry + 1 + 2 * i + j;
  const fma = relaxed ? relaxedMadd : madd;
  const rowBytes = 8 * rows.length;
  const columnBytes = 8 * columnsOfTile;
  const step: Code = [
    vectors.map((j) => set(piece(j), load(get(b), 16 * j))),
    rows.map((i) => [
      set(entry, loadBoth(get(a), 8 * i)),
      vectors.map((j) => set(sum(i, j), fma(get(entry), get(piece(j)), get(sum(i, j))))),
    ]),
    advance(a, int(rowBytes)),
  ];
  const stored = (onto: boolean): Code => [
    rows.map((i) => [
      vectors.map((j) => store(get(c), 16 * j, onto ? plusPair(load(get(c), 16 * j), get(sum(i, j))) : get(sum(i, j)))),
      i + 1 < rows.length ? advance(c, get(STRIDE)) : [],
    ]),
  ];
  const tile: Code = [
    rows.map((i) => vectors.map((j) => set(sum(i, j), zero))),
    set(a, get(panelA)),
    set(b, get(panelB)),
    set(bEnd, add(get(panelB), multiplyInt(get(part), int(columnBytes)))),
    repeat(step, below(tee(b, add(get(b), int(columnBytes))), get(bEnd))),
    choose(get(ONTO), stored(true), stored(false)),
    advance(c, get(STRIDE)),
    advance(panelA, multiplyInt(get(TERMS), int(rowBytes))),
  ];
  const columnOfTiles: Code = [
    set(panelA, get(A)),
    set(c, get(stripeC)),
    set(rowTiles, get(ROW_TILES)),
    repeat(tile, tee(rowTiles, subtract(get(rowTiles), int(1)))),
    advance(stripeC, int(columnBytes)),
    advance(panelB, multiplyInt(get(TERMS), int(columnBytes))),
  ];
  const partOfDepth: Code = [
    choose(below(get(left), get(MOST)), set(part, get(left)), set(part, get(MOST))),
    set(panelB, get(B)),
    set(stripeC, get(C)),
    set(columnTiles, get(COLUMN_TILES)),
    repeat(columnOfTiles, tee(columnTiles, subtract(get(columnTiles), int(1)))),
    set(ONTO, int(1)),
    advance(A, multiplyInt(get(part), int(rowBytes))),
    advance(B, multiplyInt(get(part), int(columnBytes))),
  ];
  const body: Code = [set(left, get(TERMS)), repeat(partOfDepth, tee(left, subtract(get(left), get(part))))];
  return kernelOf(9, 11, 3 + 2 * rows.length, body);
}

/** ln 2 in two parts, the first of which times a whole number of up to 2^20 is exact (fdlibm). */
const [ln2, ln2Rest] = [0.6931471803691238, 1.9082149292705877e-10];
/** 1.5 2^52: added to a number of up to 2^51 it leaves the nearest whole number in the last bits. */
const shifter = 1.5 * 2 ** 52;
/** Below this an exponential is taken as 0: below -708.4 it has no whole exponent. */
const least = -708;
const degree = 13;
const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

/**
 * The constants that `logSumModule` reads, 8 bytes each, in this order. The remainder of the Taylor series is below (ln 2 / 2)^14 / 14! = 5e-18 of the sum, a twentieth of half a unit in the last place.
 */
export const expConstants: Float64Array = Float64Array.of(
  least,
  Math.LOG2E,
  shifter,
  ln2,
  ln2Rest,
  ...upTo(degree + 1).map((n) => 1 / factorial(n)),
);
const LEAST = 0;
const LOG2E = 8;
const SHIFTER = 16;
const LN2 = 24;
const LN2_REST = 32;
const seriesAt = (n: number): number => 40 + 8 * n;

const negativeInfinity: Code = [0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0xff];
const one: Code = [0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f];

/** Numbers that `logSumModule` gives of a row: the largest logit, the sum of exp(logit - largest) over all others, the logit of the row's label, the first class with the largest. */
export const numbersOfRow = 4;

/**
 * Of rows of logits without their bias: `numbersOfRow` each, and the row becomes exp(logit - largest). Parameters: C (address), STRIDE (bytes of a row), ROWS, COLUMNS (a multiple of 4, with a bias of -Infinity where there is no
 * class), BIAS, LABELS (32-bit integers), OUT, CONSTANTS (`expConstants`).
 */
export function logSumModule(): Uint8Array<ArrayBuffer> {
  const [C, STRIDE, ROWS, COLUMNS, BIAS, LABELS, OUT, CONSTANTS] = upTo(8);
  const [c, b, end, best] = [8, 9, 10, 11];
  const firstVector = 12;
  const vectors = [0, 1];
  const [top, shift] = [firstVector, firstVector + 1];
  const [value, whole, power, result, there, square, even] = upTo(7).map(
    (i) =>
      (j: number): number =>
        firstVector + 2 + 2 * i + j,
  );
  const constant = (at: number): Code => loadBoth(get(CONSTANTS), at);
  const across = (of: (a: Code, b: Code) => Code, pair: number): Code => of(oneOf(get(pair), 0), oneOf(get(pair), 1));

  const addBias: Code = [
    vectors.map((j) => [
      set(value(j), plusPair(load(get(c), 16 * j), load(get(b), 16 * j))),
      store(get(c), 16 * j, get(value(j))),
      set(result(j), maxPair(get(result(j)), get(value(j)))),
    ]),
    advance(b, int(32)),
  ];
  // exp(x) = 2^n exp(x - n ln 2), n the nearest whole number to x / ln 2; 2^n by its bits.
  const exponentials: Code = [
    vectors.map((j) => [
      set(value(j), minusPair(load(get(c), 16 * j), get(top))),
      set(there(j), atLeastPair(get(value(j)), constant(LEAST))),
      set(value(j), maxPair(get(value(j)), constant(LEAST))),
      set(whole(j), madd(get(value(j)), constant(LOG2E), constant(SHIFTER))),
      set(power(j), shiftPairLeft(get(whole(j)), 52)),
      set(whole(j), minusPair(get(whole(j)), constant(SHIFTER))),
      set(
        value(j),
        minusPair(
          minusPair(get(value(j)), timesPair(get(whole(j)), constant(LN2))),
          timesPair(get(whole(j)), constant(LN2_REST)),
        ),
      ),
      set(square(j), timesPair(get(value(j)), get(value(j)))),
      set(whole(j), constant(seriesAt(degree))),
      set(even(j), constant(seriesAt(degree - 1))),
    ]),
    // Odd and even powers side by side, neither of which waits for the other: exp(r) = 1 + (r + r^2 (1/2 + r/6 + ...)).
    upTo(degree - 3)
      .filter((n) => n % 2 === 0)
      .map((n) =>
        vectors.map((j) => [
          set(whole(j), madd(get(whole(j)), get(square(j)), constant(seriesAt(degree - 2 - n)))),
          set(even(j), madd(get(even(j)), get(square(j)), constant(seriesAt(degree - 3 - n)))),
        ]),
      ),
    vectors.map((j) => [
      set(whole(j), madd(get(whole(j)), get(value(j)), get(even(j)))),
      set(whole(j), madd(get(whole(j)), get(square(j)), get(value(j)))),
      set(whole(j), plusPair(get(whole(j)), constant(seriesAt(0)))),
    ]),
    vectors.map((j) => [
      set(power(j), plusPairOfIntegers(get(power(j)), constant(seriesAt(0)))),
      set(whole(j), bothBits(timesPair(get(whole(j)), get(power(j))), get(there(j)))),
      store(get(c), 16 * j, get(whole(j))),
      set(result(j), plusPair(get(result(j)), get(whole(j)))),
    ]),
  ];
  const next: Code = below(tee(c, add(get(c), int(32))), get(end));
  const row: Code = [
    set(end, add(get(C), multiplyInt(get(COLUMNS), int(8)))),
    set(c, get(C)),
    set(b, get(BIAS)),
    vectors.map((j) => set(result(j), bothOf(negativeInfinity))),
    repeat(addBias, next),
    set(shift, maxPair(get(result(0)), get(result(1)))),
    set(top, bothOf(across(maxNumber, shift))),
    storeNumber(get(OUT), 0, oneOf(get(top), 0)),
    storeNumber(get(OUT), 16, loadNumber(add(get(C), multiplyInt(loadInt(get(LABELS), 0), int(8))), 0)),
    set(c, subtract(get(C), int(8))),
    repeat(advance(c, int(8)), both(differ(loadNumber(get(c), 0), oneOf(get(top), 0)), below(get(c), get(end)))),
    set(best, get(c)),
    // The largest is left out of the sum, where its 1 would hide the others.
    storeNumber(get(best), 0, negativeInfinity),
    storeNumber(get(OUT), 24, numberOf(divide(subtract(get(c), get(C)), int(8)))),
    set(c, get(C)),
    vectors.map((j) => set(result(j), zero)),
    repeat(exponentials, next),
    set(shift, plusPair(get(result(0)), get(result(1)))),
    storeNumber(get(OUT), 8, across(plusNumber, shift)),
    storeNumber(get(best), 0, one),
    advance(C, get(STRIDE)),
    advance(LABELS, int(4)),
    advance(OUT, int(8 * numbersOfRow)),
  ];
  return kernelOf(8, 4, 16, repeat(row, tee(ROWS, subtract(get(ROWS), int(1)))));
}
