import { DefectError } from "../../errors.ts";
import {
  add,
  below,
  type Code,
  choose,
  count,
  divide,
  get,
  getGlobal,
  int,
  kernelOf,
  loadAllFour,
  loadFour,
  loadInt,
  loadTwo,
  maddFour,
  multiplyInt,
  relaxedMaddFour,
  remainder,
  repeat,
  set,
  storeFour,
  storeInt,
  storeTwo,
  subtract,
  tee,
  zero,
} from "../../wasm/index.ts";
import { lengthOf, type Places, placeOf } from "./places.ts";

/**
 * Products of matrices in float32, as WebAssembly kernels for one shape each:
 *
 *   C[m, n] = sum over k of A(m, k) B(k, n),   m < M, n < N, k < K
 *
 * C lies by rows, B by rows or by columns. Of A only this is asked: the entry (m, k) is `rows(m) + columns(k)` places after its start. So A may be a
 * matrix by rows, one by columns, or the windows of an image that nobody has written out (`pixels`, `taps`): convolution is such a product, and
 * so is the gradient in its kernel.
 *
 * Blocked after Goto and van de Geijn (ACM TOMS 34, 2008), as math/kernels/gemm-module.ts is for float64: a block of B is packed in panels of eight
 * columns; tiles of six rows (four without fused products) by one panel keep their sums in registers. Rows of A that lie in order are read where
 * they are; those that do not are packed a tile at a time.
 *
 * Each entry is summed over k from 0 upwards, whatever the blocks and whatever part of C is asked for: parts computed by several threads have the same bits
 * as the whole.
 */
export interface ProductShape {
  readonly M: number;
  /** A multiple of 8. */
  readonly N: number;
  readonly K: number;
  readonly rows: Places;
  readonly columns: Places;
  readonly B: "rows" | "columns";
}

const PANEL = 8;
const DEPTH = 256;
const WIDTH = 256;
const tileRows = (relaxed: boolean): readonly number[] => (relaxed ? [6, 4, 2, 1] : [4, 2, 1]);

// Scratch memory: a block of B, a tile's rows of A, the places of A's columns.
const AT_TILE = 4 * DEPTH * WIDTH;
const AT_TABLE = AT_TILE + 4 * DEPTH * 6;
/** Bytes that a kernel needs for itself at `env.scratch`. */
export const scratchBytes: number = AT_TABLE + 4 * DEPTH;

/** Whether fused products are there (relaxed SIMD). */
export const hasFusedProducts: boolean = WebAssembly.validate(kernelOf(0, 0, 1, [set(0, relaxedMaddFour(zero, zero, zero))]));

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const least = (a: number, b: Code): Code => choose(below(b, get(a)), set(a, b));
const advance = (local: number, bytes: Code): Code => set(local, add(get(local), bytes));

/** The kernel's module: `kernel(A, B, C, begin, end)`, addresses in bytes, for the rows of C that begin in entries [begin, end). Throws where there is none for such a product: N is not whole panels, or neither the rows of A nor its columns lie in pieces. */
export function productModule(
  shape: ProductShape,
  { relaxed = hasFusedProducts, shared = true }: { relaxed?: boolean; shared?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  const { M, N, K, rows, columns } = shape;
  const pieceOfK = lengthOf(columns, K);
  const direct = pieceOfK > 0;
  const pieceOfM = direct ? M : lengthOf(rows, M);
  if (N % PANEL !== 0 || pieceOfM === 0) throw new DefectError(`no kernel for a product of the form ${JSON.stringify(shape)}`);
  const sizes = tileRows(relaxed);
  const fma = relaxed ? relaxedMaddFour : maddFour;
  const width = PANEL * Math.ceil(N / PANEL / Math.ceil(N / WIDTH));

  const [A, B, C, begin, end] = upTo(5);
  let locals = 5;
  const local = (): number => locals++;
  const [j, w, k, depth, m, last, room] = upTo(7).map(local);
  const [p, t, from, to, b, c, cRow, aOffset, panel, turns] = upTo(10).map(local);
  const base = upTo(sizes[0]).map(local);
  const moving = upTo(sizes[0]).map(local);
  const integers = locals - 5;
  const [b0, b1, entry] = upTo(3).map(local);
  const sums = upTo(sizes[0]).map(() => [local(), local()]);
  const vectors = locals - 5 - integers;

  const scratch = (offset: number): Code => add(getGlobal(0), int(offset));

  /** B's rows [k, k + depth), columns [j, j + w), panel by panel. */
  const packB: Code =
    shape.B === "rows"
      ? [
          set(to, getGlobal(0)),
          count(
            p,
            get(w),
            [
              set(from, add(get(B), multiplyInt(int(4), add(multiplyInt(get(k), int(N)), add(get(j), get(p)))))),
              count(t, get(depth), [
                storeFour(get(to), 0, loadFour(get(from), 0)),
                storeFour(get(to), 16, loadFour(get(from), 16)),
                advance(to, int(4 * PANEL)),
                advance(from, int(4 * N)),
              ]),
            ],
            int(PANEL),
          ),
        ]
      : count(p, get(w), [
          set(from, add(get(B), multiplyInt(int(4), add(multiplyInt(add(get(j), get(p)), int(K)), get(k))))),
          // Panel p / 8, lane p mod 8.
          set(
            to,
            add(
              getGlobal(0),
              add(
                multiplyInt(divide(get(p), int(PANEL)), multiplyInt(get(depth), int(4 * PANEL))),
                multiplyInt(remainder(get(p), int(PANEL)), int(4)),
              ),
            ),
          ),
          count(t, get(depth), [storeInt(get(to), 0, loadInt(get(from), 0)), advance(to, int(4 * PANEL)), advance(from, int(4))]),
        ]);

  const tabulate: Code = direct
    ? set(aOffset, add(get(A), placeOf(columns, get(k))))
    : count(
        t,
        get(depth),
        storeInt(add(scratch(AT_TABLE), multiplyInt(get(t), int(4))), 0, placeOf(columns, add(get(k), get(t)))),
      );

  const tile = (size: number): Code => {
    const lanes = upTo(size);
    const both = [0, 1];
    const step = (u: number): Code => [
      set(b0, loadFour(get(b), 32 * u)),
      set(b1, loadFour(get(b), 32 * u + 16)),
      lanes.map((i) => [
        set(entry, direct ? loadAllFour(get(moving[i]), 4 * u) : loadAllFour(get(moving[0]), 4 * (u * size + i))),
        both.map((h) => set(sums[i][h], fma(get(entry), get(h === 0 ? b0 : b1), get(sums[i][h])))),
      ]),
    ];
    const steps = (n: number): Code => [
      upTo(n).map(step),
      advance(b, int(32 * n)),
      direct ? lanes.map((i) => advance(moving[i], int(4 * n))) : advance(moving[0], int(4 * size * n)),
    ];
    const loop = (n: number, times: Code): Code => [
      set(turns, times),
      choose(get(turns), repeat(steps(n), tee(turns, subtract(get(turns), int(1))))),
    ];
    const eachRow = (body: (i: number, address: Code) => Code): Code => [
      set(c, get(cRow)),
      lanes.map((i) => [body(i, get(c)), advance(c, int(4 * N))]),
    ];
    return [
      direct
        ? lanes.map((i) =>
            set(
              base[i],
              rows.kind === "even" && i > 0
                ? add(get(base[i - 1]), int(4 * rows.stride))
                : add(get(aOffset), placeOf(rows, add(get(m), int(i)))),
            ),
          )
        : packTile(size),
      set(cRow, add(get(C), multiplyInt(int(4), add(multiplyInt(get(m), int(N)), get(j))))),
      set(b, getGlobal(0)),
      count(
        panel,
        get(w),
        [
          choose(
            get(k),
            eachRow((i, address) => both.map((h) => set(sums[i][h], loadFour(address, 16 * h)))),
            lanes.map((i) => both.map((h) => set(sums[i][h], zero))),
          ),
          direct ? lanes.map((i) => set(moving[i], get(base[i]))) : set(moving[0], scratch(AT_TILE)),
          loop(4, divide(get(depth), int(4))),
          loop(1, remainder(get(depth), int(4))),
          eachRow((i, address) => both.map((h) => storeFour(address, 16 * h, get(sums[i][h])))),
          advance(cRow, int(4 * PANEL)),
        ],
        int(PANEL),
      ),
      advance(m, int(size)),
    ];
  };

  /** Rows [m, m + size) of A, whose entries of one column lie next to each other, for the columns in the table. */
  const packTile = (size: number): Code => [
    set(aOffset, add(get(A), placeOf(rows, get(m)))),
    set(to, scratch(AT_TILE)),
    count(t, get(depth), [
      set(from, add(get(aOffset), loadInt(add(scratch(AT_TABLE), multiplyInt(get(t), int(4))), 0))),
      size >= 4 ? storeFour(get(to), 0, loadFour(get(from), 0)) : [],
      size % 4 >= 2 ? storeTwo(get(to), size === 6 ? 16 : 0, loadTwo(get(from), size === 6 ? 16 : 0)) : [],
      size === 1 ? storeInt(get(to), 0, loadInt(get(from), 0)) : [],
      advance(to, int(4 * size)),
    ]),
  ];

  /** The largest tile that there is room for: in C, and in the piece of A that begins at row m. */
  const anyTile: Code = [
    set(room, subtract(get(last), get(m))),
    pieceOfM < M ? least(room, subtract(int(pieceOfM), remainder(get(m), int(pieceOfM)))) : [],
    sizes.reduceRight<Code>(
      (smaller, size) => (size === 1 ? tile(1) : choose(below(get(room), int(size)), smaller, tile(size))),
      [],
    ),
  ];

  const blockOfK: Code = [
    set(depth, subtract(int(K), get(k))),
    direct && pieceOfK < K ? least(depth, subtract(int(pieceOfK), remainder(get(k), int(pieceOfK)))) : [],
    least(depth, int(DEPTH)),
    packB,
    tabulate,
    set(m, divide(add(get(begin), int(N - 1)), int(N))),
    choose(below(get(m), get(last)), repeat(anyTile, below(get(m), get(last)))),
  ];

  const body: Code = [
    set(last, divide(add(get(end), int(N - 1)), int(N))),
    count(
      j,
      int(N),
      [
        set(w, subtract(int(N), get(j))),
        least(w, int(width)),
        set(k, int(0)),
        repeat(blockOfK, below(tee(k, add(get(k), get(depth))), int(K))),
      ],
      int(width),
    ),
  ];
  return kernelOf(5, integers, vectors, body, { shared });
}
