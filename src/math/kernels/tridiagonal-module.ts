import {
  add,
  below,
  type Code,
  choose,
  get,
  int,
  load,
  loadBoth,
  loadNumber,
  madd,
  minusNumber,
  minusPair,
  moduleOf,
  oneOf,
  plusNumber,
  plusPair,
  repeat,
  set,
  store,
  storeNumber,
  subtract,
  tee,
  timesNumber,
  timesPair,
  zero,
} from "../../wasm/index.ts";

/**
 * The pass over the matrix of a step of `tridiagonalize`, two rows at a time: A <- A - w p' - p w' and q <- q + A u, of which the lower triangle is stored. Parameters: A (address), ROW (bytes of a row), W, P, U, Q, PAIRS (of rows, from the first
 * on).
 */
export function tridiagonalModule(pages: number): Uint8Array<ArrayBuffer> {
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  const [A, ROW, W, P, U, Q, PAIRS, b, k, end, at] = upTo(11);
  const [wa, wb, pa, pb, ua, ub, sumA, sumB, x, y, wk, pk, uk] = upTo(13).map((i) => 11 + i);
  const fromPlace = (base: number, place: number): Code => add(get(base), get(place));
  const updated = (to: number, row: number, w: number, p: number): Code => [
    set(to, minusPair(load(fromPlace(row, k), 0), madd(get(w), get(pk), timesPair(get(p), get(wk))))),
    store(fromPlace(row, k), 0, get(to)),
  ];
  const inner: Code = [
    set(wk, load(fromPlace(W, k), 0)),
    set(pk, load(fromPlace(P, k), 0)),
    set(uk, load(fromPlace(U, k), 0)),
    updated(x, A, wa, pa),
    updated(y, b, wb, pb),
    set(sumA, madd(get(x), get(uk), get(sumA))),
    set(sumB, madd(get(y), get(uk), get(sumB))),
    set(at, fromPlace(Q, k)),
    store(get(at), 0, plusPair(load(get(at), 0), madd(get(x), get(ua), timesPair(get(y), get(ub))))),
  ];
  // The corner on the diagonal: x and y below each other, z beside y.
  const one = (pair: number): Code => oneOf(get(pair), 0);
  const corner = (row: number, offset: number, w: number, p: number, otherW: number, otherP: number): Code =>
    minusNumber(
      loadNumber(fromPlace(row, end), offset),
      plusNumber(timesNumber(one(w), one(otherP)), timesNumber(one(p), one(otherW))),
    );
  const total = (pair: number): Code => plusNumber(oneOf(get(pair), 0), oneOf(get(pair), 1));
  const cornerAt = (row: number, offset: number): Code => loadNumber(fromPlace(row, end), offset);
  const addTo = (offset: number, sum: number, left: Code, right: Code): Code => [
    storeNumber(
      fromPlace(Q, end),
      offset,
      plusNumber(
        loadNumber(fromPlace(Q, end), offset),
        plusNumber(total(sum), plusNumber(timesNumber(left, one(ua)), timesNumber(right, one(ub)))),
      ),
    ),
  ];
  const pair: Code = [
    set(b, add(get(A), get(ROW))),
    [
      [wa, W, 0],
      [wb, W, 8],
      [pa, P, 0],
      [pb, P, 8],
      [ua, U, 0],
      [ub, U, 8],
    ].map(([to, from, offset]) => set(to, loadBoth(fromPlace(from, end), offset))),
    set(sumA, zero),
    set(sumB, zero),
    set(k, int(0)),
    choose(get(end), repeat(inner, below(tee(k, add(get(k), int(16))), get(end)))),
    storeNumber(fromPlace(A, end), 0, corner(A, 0, wa, pa, wa, pa)),
    storeNumber(fromPlace(b, end), 0, corner(b, 0, wb, pb, wa, pa)),
    storeNumber(fromPlace(b, end), 8, corner(b, 8, wb, pb, wb, pb)),
    addTo(0, sumA, cornerAt(A, 0), cornerAt(b, 0)),
    addTo(8, sumB, cornerAt(b, 0), cornerAt(b, 8)),
    set(A, add(get(b), get(ROW))),
    set(end, add(get(end), int(16))),
  ];
  return moduleOf(pages, 7, 4, 13, [set(end, int(0)), repeat(pair, tee(PAIRS, subtract(get(PAIRS), int(1))))]);
}
