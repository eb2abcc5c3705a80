import { expect, test } from "vitest";
import { decayLook } from "../../src/endings/index.ts";

const row = (...x: number[]): Float64Array => Float64Array.from(x);

test("scale and shift beside the head: the ratio and what it looks like", () => {
  const norms = [
    { scale: row(1, 2), shift: row(0, 2) },
    { scale: row(3, 0), shift: null },
  ];
  expect(decayLook({ norms, headSquares: 18 })).toEqual({ normSquares: 18, headSquares: 18, ratio: 1, looks: "decayed" });
  expect(decayLook({ norms, headSquares: 9 }).looks).toBe("decayed");
  expect(decayLook({ norms, headSquares: 8.9 }).looks).toBe("unclear");
  expect(decayLook({ norms, headSquares: 37 }).looks).toBe("unclear");
  expect(decayLook({ norms, headSquares: 1.7 }).looks).toBe("spared");
  expect(decayLook({ norms, headSquares: 0 })).toMatchObject({ ratio: null, looks: "unclear" });
  expect(decayLook({ norms: [{ scale: row(1, 1), shift: row(0, 0) }], headSquares: 2 }).looks).toBe("start");
});
