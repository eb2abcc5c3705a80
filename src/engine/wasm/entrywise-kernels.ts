import {
  aboveFour,
  add,
  below,
  bothBits,
  type Code,
  choose,
  count,
  divide,
  fourOf,
  get,
  int,
  kernelOf,
  loadAllFour,
  loadFour,
  maxFour,
  minusFour,
  multiplyInt,
  overFour,
  plusFour,
  repeat,
  rootFour,
  sameFour,
  set,
  span,
  storeFour,
  tee,
  timesFour,
} from "../../wasm/index.ts";
import { type Expression, operationsIn } from "../expression.ts";
import type { Placement } from "../graph.ts";

/**
 * Kernels for maps and for sums over rows, four float32 at a time. What they fit: expressions without exp and log, and a last axis of a multiple of four unless every input has the same shape or is one
 * number. All take the addresses of their inputs, then of their output, then which part of the work: [begin, end).
 */
export function fitsKernel(expression: Expression, placements: readonly Placement[], C: number): boolean {
  const operations = operationsIn(expression);
  return !operations.has("exp") && !operations.has("log") && (isFlat(placements) || C % 4 === 0);
}

/** Whether rows need not be told apart. */
export const isFlat = (placements: readonly Placement[]): boolean => placements.every((p) => p === "full" || p === "scalar");

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The expression on four numbers, whose inputs are in the vector locals `values`. */
function codeOf(expression: Expression, values: readonly number[]): Code {
  if (expression.op === "input") return get(values[expression.index]);
  if (expression.op === "number") return fourOf(expression.value);
  const [a, b] = expression.of.map((part) => codeOf(part, values));
  switch (expression.op) {
    case "add":
      return plusFour(a, b);
    case "subtract":
      return minusFour(a, b);
    case "multiply":
      return timesFour(a, b);
    case "divide":
      return overFour(a, b);
    case "max":
      return maxFour(a, b);
    case "equal":
      return bothBits(sameFour(a, b), fourOf(1));
    case "positive":
      return bothBits(aboveFour(a, fourOf(0)), fourOf(1));
    case "sqrt":
      return rootFour(a);
    default:
      throw new Error(`no kernel has ${expression.op}`);
  }
}

/** A map in which every input has the output's shape or is one number; the parts are fours of numbers. */
export function flatMap(expression: Expression, placements: readonly Placement[], shared: boolean): Uint8Array<ArrayBuffer> {
  const inputs = upTo(placements.length);
  const [out, begin, end, at, last] = upTo(5).map((i) => inputs.length + i);
  const values = inputs.map((i) => inputs.length + 5 + i);
  const body: Code = [
    inputs.map((i) => (placements[i] === "scalar" ? set(values[i], loadAllFour(get(i), 0)) : [])),
    set(at, multiplyInt(get(begin), int(16))),
    set(last, multiplyInt(get(end), int(16))),
    choose(
      below(get(at), get(last)),
      repeat(
        [
          inputs.map((i) => (placements[i] === "full" ? set(values[i], loadFour(add(get(i), get(at)), 0)) : [])),
          storeFour(add(get(out), get(at)), 0, codeOf(expression, values)),
        ],
        below(tee(at, add(get(at), int(16))), get(last)),
      ),
    ),
  ];
  return kernelOf(inputs.length + 3, 2, inputs.length, body, { shared });
}

/** A map over rows of C numbers; the parts are rows. `pixels`: rows an image. */
export function rowMap(
  expression: Expression,
  placements: readonly Placement[],
  { C, pixels }: { C: number; pixels: number },
  shared: boolean,
): Uint8Array<ArrayBuffer> {
  const inputs = upTo(placements.length);
  const n = inputs.length;
  const [out, begin, end, r, c, at] = upTo(6).map((i) => n + i);
  const bases = inputs.map((i) => n + 6 + i);
  const values = inputs.map((i) => 2 * n + 6 + i);
  const rowBytes = int(4 * C);
  const body: Code = [
    inputs.map((i) => (placements[i] === "scalar" ? set(values[i], loadAllFour(get(i), 0)) : [])),
    span(r, get(begin), get(end), [
      set(at, multiplyInt(get(r), rowBytes)),
      inputs.map((i) => {
        if (placements[i] === "column") return set(values[i], loadAllFour(add(get(i), multiplyInt(get(r), int(4))), 0));
        if (placements[i] === "pixel") return set(bases[i], add(get(i), multiplyInt(divide(get(r), int(pixels)), rowBytes)));
        return placements[i] === "full" ? set(bases[i], add(get(i), get(at))) : [];
      }),
      set(at, add(get(out), get(at))),
      count(
        c,
        rowBytes,
        [
          inputs.map((i) => {
            if (placements[i] === "row") return set(values[i], loadFour(add(get(i), get(c)), 0));
            const moving = placements[i] === "full" || placements[i] === "pixel";
            return moving ? set(values[i], loadFour(add(get(bases[i]), get(c)), 0)) : [];
          }),
          storeFour(add(get(at), get(c)), 0, codeOf(expression, values)),
        ],
        int(16),
      ),
    ]),
  ];
  return kernelOf(n + 3, 3 + n, n, body, { shared });
}

/**
 * Sums (or maxima) of an expression over rows, `each` rows after one another to one row of C numbers; the parts are such rows. Sixteen columns at a time, a whole cache line, in four registers. The order
 * within a part is that of the rows, so that it does not matter who computes which part.
 */
export function rowReduce(
  expression: Expression,
  placements: readonly Placement[],
  { C, rows, each, by, pixels }: { C: number; rows: number; each: number; by: "sum" | "max"; pixels: number },
  shared: boolean,
): Uint8Array<ArrayBuffer> {
  const inputs = upTo(placements.length);
  const n = inputs.length;
  const [out, begin, end, part, r, last, c] = upTo(7).map((i) => n + i);
  const bases = inputs.map((i) => n + 7 + i);
  const vectors = 2 * n + 7;
  const values = inputs.map((i) => vectors + i);
  const sums = upTo(4).map((i) => vectors + n + i);
  const rowBytes = int(4 * C);
  const start = fourOf(by === "sum" ? 0 : Number.NEGATIVE_INFINITY);
  const join = by === "sum" ? plusFour : maxFour;
  const columns = (fours: number): Code => [
    upTo(fours).map((u) => set(sums[u], start)),
    set(r, multiplyInt(get(part), int(each))),
    set(last, add(get(r), int(each))),
    choose(below(int(rows), get(last)), set(last, int(rows))),
    inputs.map((i) => {
      if (placements[i] === "full") return set(bases[i], add(add(get(i), multiplyInt(get(r), rowBytes)), get(c)));
      if (placements[i] === "row") return set(bases[i], add(get(i), get(c)));
      return [];
    }),
    repeat(
      [
        inputs.map((i) => {
          if (placements[i] === "column") return set(values[i], loadAllFour(add(get(i), multiplyInt(get(r), int(4))), 0));
          if (placements[i] === "pixel")
            return set(bases[i], add(add(get(i), multiplyInt(divide(get(r), int(pixels)), rowBytes)), get(c)));
          return [];
        }),
        upTo(fours).map((u) => [
          inputs.map((i) =>
            placements[i] === "scalar" || placements[i] === "column" ? [] : set(values[i], loadFour(get(bases[i]), 16 * u)),
          ),
          set(sums[u], join(get(sums[u]), codeOf(expression, values))),
        ]),
        inputs.map((i) => (placements[i] === "full" ? set(bases[i], add(get(bases[i]), rowBytes)) : [])),
      ],
      below(tee(r, add(get(r), int(1))), get(last)),
    ),
    upTo(fours).map((u) => storeFour(add(add(get(out), multiplyInt(get(part), rowBytes)), get(c)), 16 * u, get(sums[u]))),
  ];
  const body: Code = [
    inputs.map((i) => (placements[i] === "scalar" ? set(values[i], loadAllFour(get(i), 0)) : [])),
    span(part, get(begin), get(end), [
      set(c, int(0)),
      choose(below(int(15), int(C)), repeat([columns(4), set(c, add(get(c), int(64)))], below(get(c), int(4 * (C - (C % 16)))))),
      choose(below(get(c), rowBytes), repeat([columns(1), set(c, add(get(c), int(16)))], below(get(c), rowBytes))),
    ]),
  ];
  return kernelOf(n + 3, 4 + n, n + 4, body, { shared });
}
